import { useSignal, effect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { LinePlot } from '../charts/line-plot.ts';
import type { Line, LineScene } from '../charts/line-plot.ts';
import { palette } from '../charts/palette.ts';
import { PanelCard } from '../components/panel-card.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { accuracyTitle, significant } from '../format.ts';
import { stageName } from '../model/stages.ts';
import { run } from '../state.ts';
import { plural, t } from '../strings.ts';
import { nearest, tableOf, thin } from './series.ts';
import type { Curve, Series } from './series.ts';

/** More points a line are not seen. */
const MOST = 800;

function titleOf({ name }: Curve): string {
  const known: Readonly<Record<string, string>> = {
    loss: t('Loss'),
    accuracy: accuracyTitle(run.value?.measure),
    'best reward': t('Best reward'),
    reward: t('Reward'),
    cost: t('Cost against the budget'),
    multiplier: t('Multiplier'),
    entropy: t('Entropy'),
    reconstruction: t('Reconstruction error'),
    critic: t('Critics’ error'),
    kl: t('Divergence from the policy before'),
    alignment: t('Distance to the chosen widths'),
  };
  return known[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function unitOf(of: Curve['of']): string {
  return { stage: t('epoch'), generation: t('generation'), metric: t('step') }[of];
}

/** A line's name: what sets it apart from the chart's others. */
function lineNames(series: readonly Series[]): string[] {
  const arms = new Set(series.map(({ arm }) => arm));
  const parts = new Set(series.map(({ part }) => part));
  return series.map(({ arm, part }) => {
    if (parts.size > 1 && arms.size > 1) return `${part} (${arm})`;
    return parts.size > 1 ? part : arms.size > 1 ? arm : part || arm;
  });
}

export interface CurveCardProps {
  readonly curve: Curve;
  readonly reference?: LineScene['reference'];
  readonly formatY?: (value: number) => string;
}

const plain = (value: number) => significant(value, 4);

/** One chart of a run's curves, with its table. */
export function CurveCard({ curve, reference = null, formatY = plain }: CurveCardProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const plot = useRef<LinePlot | null>(null);
  const at = useSignal<number | null>(null);
  const names = useMemo(() => lineNames(curve.series), [curve]);
  const lines = useMemo<readonly Line[]>(
    () => curve.series.map(({ points }, k) => ({ label: names[k], points: thin(points, MOST) })),
    [curve, names],
  );
  const given = useSignal<{ lines: readonly Line[]; reference: LineScene['reference'] }>({
    lines,
    reference,
  });
  useEffect(() => {
    given.value = { lines, reference };
  }, [lines, reference?.y, reference?.label]);
  useEffect(() => {
    const made = new LinePlot(canvas.current!);
    plot.current = made;
    let request = 0;
    const stop = effect(() => {
      const scene = { ...given.value, formatY, at: at.value };
      const colours = palette.value;
      cancelAnimationFrame(request);
      request = requestAnimationFrame(() => made.show(scene, colours));
    });
    return () => {
      stop();
      cancelAnimationFrame(request);
      made.destroy();
    };
  }, []);

  const title = titleOf(curve);
  const unit = unitOf(curve.of);
  const steps = useMemo(
    () => [...new Set(curve.series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b),
    [curve],
  );
  const words = (x: number) =>
    `${unit} ${x}: ${curve.series
      .map(({ points }, k) => ({ point: points.find((point) => point.x === x), name: names[k] }))
      .filter(({ point }) => point)
      .map(({ point, name }) =>
        curve.series.length > 1 ? `${name} ${formatY(point!.y)}` : formatY(point!.y),
      )
      .join(', ')}`;
  const label = curve.series
    .map(({ points }, k) => {
      const [first, last] = [points[0], points[points.length - 1]];
      return t(
        '{0}: from {1} to {2} over {3}.',
        names[k] || title,
        formatY(first.y),
        formatY(last.y),
        plural(points.length, '{0} point', '{0} points'),
      );
    })
    .join(' ');
  const move = (by: number) => {
    const index = at.value === null ? (by > 0 ? -1 : steps.length) : steps.indexOf(at.value);
    at.value = steps[Math.max(0, Math.min(steps.length - 1, index + by))] ?? null;
  };
  return (
    <PanelCard
      class="curve-card"
      title={title}
      hint={[curve.stage && stageName(curve.stage), t('by {0}', unit)].filter(Boolean).join(' · ')}
    >
      <div
        class="curve"
        role="group"
        tabIndex={0}
        aria-label={t('{0} by {1}: left and right go through the values', title, unit)}
        onPointerMove={(event) => {
          const x = plot.current!.valueAt(event.offsetX);
          let best: number | null = null;
          for (const { points } of lines) {
            const found = nearest(points, x);
            if (found && (best === null || Math.abs(found.x - x) < Math.abs(best - x))) best = found.x;
          }
          at.value = best;
        }}
        onPointerLeave={() => (at.value = null)}
        onBlur={() => (at.value = null)}
        onKeyDown={(event) => {
          const moves: Readonly<Record<string, number>> = {
            ArrowRight: 1,
            ArrowLeft: -1,
            Home: -Infinity,
            End: Infinity,
          };
          if (event.key === 'Escape') at.value = null;
          else if (event.key in moves) move(moves[event.key]);
          else return;
          event.preventDefault();
        }}
      >
        <canvas ref={canvas} role="img" aria-label={`${title}. ${label}`} />
      </div>
      <p class="curve-line dim number" role="status">
        {at.value === null ? '\u00a0' : words(at.value)}
      </p>
      <CurveTable title={title} unit={unit} names={names} series={curve.series} formatY={formatY} />
    </PanelCard>
  );
}

/** The chart's values in a table, made when it is opened. */
function CurveTable({
  title,
  unit,
  names,
  series,
  formatY,
}: {
  title: string;
  unit: string;
  names: readonly string[];
  series: readonly Series[];
  formatY: (value: number) => string;
}) {
  const open = useSignal(false);
  const rows = useMemo(() => (open.value ? tableOf(series) : []), [open.value, series]);
  return (
    <details onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{t('Table')}</summary>
      {open.value && (
        <div class="curve-table">
          <VirtualList
            label={title}
            rows={rows}
            rowHeight={20}
            columns={[
              { key: 'x', label: unit, width: 'minmax(60px, 1fr)' },
              ...names.map((name, k) => ({
                key: String(k),
                label: name || title,
                width: 'minmax(80px, 1fr)',
                align: 'end' as const,
              })),
            ]}
            cells={({ x, values }) => [
              x,
              ...values.map((value) => (value === undefined ? '–' : formatY(value))),
            ]}
          />
        </div>
      )}
    </details>
  );
}
