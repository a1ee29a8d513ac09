import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { palette } from '../charts/palette.ts';
import type { Palette } from '../charts/palette.ts';
import { PanelCard } from '../components/panel-card.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { percent } from '../format.ts';
import { hoveredGroup, litGroup } from '../state.ts';
import { t } from '../strings.ts';
import { sampled } from './series.ts';
import type { Heat } from './series.ts';

/** pixels */
const ROW = 13;
const COLUMNS_OF_TABLE = 10;

/** The chosen widths of the groups over time: the fuller a cell, the more of its channels a group keeps. */
export function HeatCard({ heat, names }: { heat: Heat; names: readonly string[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const at = useSignal<{ group: number; step: number } | null>(null);
  const colours = palette.value;
  const lit = litGroup.value;
  const { steps, sizes, widths } = heat;
  const groups = widths.length;
  const draw = () => {
    const element = canvas.current;
    if (element) paint(element, heat, colours, at.value, lit);
  };
  useEffect(() => {
    draw();
    const watcher = new ResizeObserver(draw);
    watcher.observe(canvas.current!);
    return () => watcher.disconnect();
  }, [heat, colours, at.value, lit]);
  useEffect(() => () => void (hoveredGroup.value = null), []);
  const words = (group: number, step: number) =>
    t(
      '{0}, step {1}: {2} of {3} channels ({4})',
      names[group],
      steps[step],
      widths[group][step],
      sizes[group],
      percent((100 * widths[group][step]) / sizes[group], 0),
    );
  const go = (group: number, step: number) => {
    at.value = {
      group: Math.max(0, Math.min(groups - 1, group)),
      step: Math.max(0, Math.min(steps.length - 1, step)),
    };
  };
  const open = useSignal(false);
  const shown = useMemo(() => sampled(steps.length, COLUMNS_OF_TABLE), [steps.length]);
  const last = steps.length - 1;
  return (
    <PanelCard
      class="heat-card"
      title={t('Widths')}
      hint={t('share of its channels that each group keeps, by step')}
      actions={
        <span class="ramp dim" aria-hidden="true">
          0 % <i /> 100 %
        </span>
      }
    >
      <div class="heat">
        <ul class="heat-names mono" aria-hidden="true">
          {names.slice(0, groups).map((name, g) => (
            <li key={g} class={g === lit ? 'lit' : ''} title={name}>
              {name}
            </li>
          ))}
        </ul>
        <div
          class="heat-field"
          role="group"
          tabIndex={0}
          aria-label={t(
            'Widths of {0} groups over {1} steps: the arrows go through them',
            groups,
            steps.length,
          )}
          ref={(element) => element?.style.setProperty('height', `${groups * ROW}px`)}
          onPointerMove={(event) => {
            const box = canvas.current!.getBoundingClientRect();
            go(
              Math.floor((event.clientY - box.top) / ROW),
              Math.floor(((event.clientX - box.left) / box.width) * steps.length),
            );
            hoveredGroup.value = at.value!.group;
          }}
          onPointerLeave={() => {
            at.value = null;
            hoveredGroup.value = null;
          }}
          onBlur={() => (at.value = null)}
          onKeyDown={(event) => {
            const { group, step } = at.value ?? { group: 0, step: last };
            const to: Readonly<Record<string, readonly [number, number]>> = {
              ArrowUp: [group - 1, step],
              ArrowDown: [group + 1, step],
              ArrowLeft: [group, step - 1],
              ArrowRight: [group, step + 1],
              Home: [group, 0],
              End: [group, last],
            };
            if (!(event.key in to)) return;
            event.preventDefault();
            if (at.value) go(...to[event.key]);
            else go(group, step);
          }}
        >
          <canvas
            ref={canvas}
            role="img"
            aria-label={t(
              'Widths of {0} groups; at the last step {1} of {2} channels are kept.',
              groups,
              widths.reduce((sum, row) => sum + row[last], 0),
              sizes.reduce((sum, size) => sum + size, 0),
            )}
          />
        </div>
      </div>
      <p class="curve-line dim number" role="status">
        {at.value ? words(at.value.group, at.value.step) : '\u00a0'}
      </p>
      <details onToggle={(event) => (open.value = event.currentTarget.open)}>
        <summary>{t('Table')}</summary>
        {open.value && (
          <div class="curve-table">
            <VirtualList
              label={t('Widths')}
              rows={widths}
              rowHeight={20}
              columns={[
                { key: 'group', label: t('group'), width: 'minmax(120px, 2fr)', long: true },
                { key: 'size', label: t('channels'), width: 'minmax(64px, 1fr)', align: 'end' },
                ...shown.map((k) => ({
                  key: String(k),
                  label: t('step {0}', steps[k]),
                  width: 'minmax(64px, 1fr)',
                  align: 'end' as const,
                })),
              ]}
              cells={(row, g) => [names[g], sizes[g], ...shown.map((k) => row[k])]}
            />
          </div>
        )}
      </details>
    </PanelCard>
  );
}

function paint(
  canvas: HTMLCanvasElement,
  { steps, sizes, widths }: Heat,
  colours: Palette,
  at: { group: number; step: number } | null,
  lit: number | null,
): void {
  const ratio = window.devicePixelRatio;
  const width = canvas.clientWidth;
  const height = widths.length * ROW;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  const columns = Math.max(1, Math.min(steps.length, Math.floor(width)));
  const cell = width / columns;
  context.fillStyle = colours.accent;
  for (let g = 0; g < widths.length; g++)
    for (let k = 0; k < columns; k++) {
      // of several steps in one pixel the last is shown
      const share = widths[g][Math.floor(((k + 1) * steps.length) / columns) - 1] / sizes[g];
      if (!Number.isFinite(share)) continue;
      context.globalAlpha = 0.06 + 0.94 * Math.max(0, Math.min(1, share)) ** 1.5;
      const x = Math.round(k * cell);
      context.fillRect(x, g * ROW, Math.round((k + 1) * cell) - x - (cell > 6 ? 1 : 0), ROW - 1);
    }
  context.globalAlpha = 1;
  context.strokeStyle = colours.text;
  if (lit !== null && lit < widths.length) {
    context.lineWidth = 1;
    context.strokeRect(0.5, lit * ROW - 0.5, width - 1, ROW);
  }
  if (at) {
    context.lineWidth = 2;
    const one = width / steps.length;
    context.strokeRect(at.step * one, at.group * ROW, Math.max(3, one), ROW - 1);
  }
}
