import { effect, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { SensitivityView } from '../../src/protocol/views.ts';
import { LinePlot } from '../charts/line-plot.ts';
import type { LineScene } from '../charts/line-plot.ts';
import { palette } from '../charts/palette.ts';
import { amount, change, percent, points, whole } from '../format.ts';
import { t } from '../strings.ts';
import { linesOf, moved } from './lines.ts';
import type { At, By } from './lines.ts';
import { SensitivityTable } from './table.tsx';
import { kept, lossText, lostText, shareText } from './words.ts';
import { isAgreement } from '../../src/terms/scores.ts';

/** So many groups are drawn in colours, named and listed: the palette has no more. */
const NAMED = 5;
const EIGHTHS = [100, 87.5, 75, 62.5, 50, 37.5, 25, 12.5];

/** A line a group, the most sensitive in colours; with a list of those, and a table of all numbers. */
export function SensitivityChart({
  view,
  by,
  cost,
}: {
  view: SensitivityView;
  by: By;
  /** of the whole network */
  cost: { readonly macs: number; readonly params: number };
}) {
  const lines = useMemo(() => linesOf(view, by, cost), [view, by, cost]);
  const at = useSignal<At | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const plot = useRef<LinePlot | null>(null);
  const formatY =
    by === 'loss' ? lossText : (value: number) => percent(value, Number.isInteger(value) ? 0 : 1);
  const scene = useMemo<LineScene>(
    () => ({
      lines: lines.map(({ id, points }, k) => ({
        label: id,
        points: points.map((one) => ({ x: one.share, y: one[by] })),
        quiet: k >= NAMED,
      })),
      reference: { y: view.whole[by], label: t('whole network {0}', formatY(view.whole[by])) },
      formatY,
      x: { ticks: EIGHTHS, format: shareText, falls: true },
      at: null,
    }),
    [lines, view, by],
  );
  const given = useSignal(scene);
  useEffect(() => {
    given.value = scene;
    // the lines may stand in another order
    at.value = null;
  }, [scene]);
  useEffect(() => {
    const made = new LinePlot(canvas.current!);
    plot.current = made;
    let request = 0;
    const stop = effect(() => {
      const now = { ...given.value, lit: at.value };
      const colours = palette.value;
      cancelAnimationFrame(request);
      request = requestAnimationFrame(() => made.show(now, colours));
    });
    return () => {
      stop();
      cancelAnimationFrame(request);
      made.destroy();
    };
  }, []);
  const words = ({ line, point }: At): string => {
    const group = lines[line];
    const one = group.points[point];
    return [
      `${group.id}: ${kept(one, group)}`,
      isAgreement(view.measure)
        ? t('agreement {0} ({1})', percent(one.accuracy), points(view.whole.accuracy, one.accuracy))
        : t('accuracy {0} ({1})', percent(one.accuracy), points(view.whole.accuracy, one.accuracy)),
      t('loss {0}', lossText(one.loss)),
      t('{0} MACs ({1})', amount(one.macs), change(cost.macs, one.macs)),
    ].join(', ');
  };
  const now = at.value && lines[at.value.line]?.points[at.value.point] ? at.value : null;
  const most = lines.slice(0, NAMED);
  const title =
    by === 'loss'
      ? t('Validation loss by share of one group’s channels kept')
      : isAgreement(view.measure)
        ? t('Agreement on validation by share of one group’s channels kept')
        : t('Validation accuracy by share of one group’s channels kept');
  const summary = most.map((line) => `${line.id} ${lostText(line, by)}`).join(', ');
  return (
    <>
      <p class="dim small">
        {t(
          'By share of one group’s channels kept, everything else whole; on {0} validation images, batch norms measured afresh on {1}.',
          whole(view.images),
          whole(view.recalibrated),
        )}
      </p>
      <div
        class="sensitivity-chart"
        role="group"
        tabIndex={0}
        aria-label={t(
          '{0}: left and right go through a group’s widths, up and down through the groups',
          title,
        )}
        onPointerMove={(event) => (at.value = plot.current!.nearestTo(event.offsetX, event.offsetY))}
        onPointerLeave={() => (at.value = null)}
        onBlur={() => (at.value = null)}
        onKeyDown={(event) => {
          const next = event.key === 'Escape' ? null : moved(lines, now, event.key);
          if (next === undefined) return;
          at.value = next;
          event.preventDefault();
        }}
      >
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${title}. ${t('Most sensitive, as the mean over the widths: {0}.', summary)}`}
        />
      </div>
      <p class="sensitivity-line number" role="status">
        {now ? words(now) : <span class="dim">{t('Point at a line for its numbers.')}</span>}
      </p>
      <h3>{t('Most sensitive')}</h3>
      <ol class="sensitive">
        {most.map((line, k) => (
          <li
            key={line.id}
            class={now?.line === k ? 'lit' : ''}
            onPointerEnter={() => (at.value = { line: k, point: line.points.length - 1 })}
            onPointerLeave={() => (at.value = null)}
          >
            <span class="mono ellipsis">{line.id}</span>
            <span class="dim number">{t('{0} on average', lostText(line, by))}</span>
          </li>
        ))}
      </ol>
      <SensitivityTable title={title} view={view} lines={lines} cost={cost} />
    </>
  );
}
