import { PanelCard } from '../components/panel-card.tsx';
import { accuracyTitle, percent, whole as wholeNumber } from '../format.ts';
import { run } from '../state.ts';
import { plural, t } from '../strings.ts';
import { Button, Dropdown } from '../ui.tsx';
import { TradeoffChart, zoomBy } from './chart.tsx';
import { bars } from './compose-marks.ts';
import { below, home, isoFits, whole, zoomed } from './compose-scene.ts';
import { TargetHandles } from './target-handles.tsx';
import { Sliders } from './sliders.tsx';
import { accuracyKey, boardNow, costKey, costChoices, front, view, xs, ys } from '../candidates/state.ts';
import type { CostChoice } from '../candidates/state.ts';
import { accuracyName, costName } from '../candidates/words.ts';
import { accuracyKeys, isAgreement } from '../../src/terms/scores.ts';

/** Fits the axes to the front, which is where one chooses. */
function fitFront(): void {
  const line = front.value;
  if (line.length < 2) return;
  const x = line.map((i) => xs.value[i]);
  const y = line.map((i) => ys.value[i]);
  const [x0, x1, y0, y1] = [x[0], x[x.length - 1], y[0], y[y.length - 1]];
  const [dx, dy] = [(x1 - x0) * 0.05 || x0 * 0.05, (y1 - y0) * 0.08 || 1];
  zoomed.value = { x: [x0 - dx, x1 + dx], y: [Math.max(0, y0 - dy), Math.min(100, y1 + dy)] };
}

/** The chart, what is on its axes, and the coefficients below it. */
export function ChartCard() {
  const size = boardNow.value?.columns.size ?? 0;
  const measured = (key: CostChoice) =>
    key !== 'latency' || run.value?.latency != null || run.value?.arms.some((arm) => arm.latency);
  const hidden = below.value;
  const stage = run.value?.stage;
  return (
    <PanelCard
      class="chart-card"
      title={t('{0} against {1}', accuracyTitle(run.value?.measure), costName(costKey.value))}
      hint={plural(size, '{0} candidate', '{0} candidates', wholeNumber(size))}
      actions={
        <>
          <Dropdown
            label={t('Cost on the horizontal axis')}
            value={costKey.value}
            options={costChoices
              .filter(measured)
              .map((value) => ({ value, label: t('x: {0}', costName(value)) }))}
            onChange={(cost) => {
              zoomed.value = null;
              view.value = { ...view.value, cost };
            }}
          />
          <Dropdown
            label={
              isAgreement(run.value?.measure)
                ? t('Agreement on the vertical axis')
                : t('Accuracy on the vertical axis')
            }
            value={accuracyKey.value}
            options={accuracyKeys.map((value) => ({ value, label: t('y: {0}', accuracyName(value)) }))}
            onChange={(accuracy) => {
              zoomed.value = null;
              view.value = { ...view.value, accuracy };
            }}
          />
          <button
            type="button"
            class="chip"
            aria-pressed={view.value.log}
            onClick={() => {
              zoomed.value = null;
              view.value = { ...view.value, log: !view.value.log };
            }}
          >
            {t('log')}
          </button>
        </>
      }
    >
      <div class="plot-frame">
        <TradeoffChart />
        <TargetHandles />
        <span class="zoom" role="group" aria-label={t('Zoom')}>
          <Button kind="icon" label={t('Zoom in')} onClick={() => zoomBy(1 / 1.5)}>
            <span aria-hidden="true">+</span>
          </Button>
          <Button
            kind="icon"
            label={t('Zoom out')}
            disabled={(zoomed.value ?? home.value) === whole.value}
            onClick={() => zoomBy(1.5)}
          >
            <span aria-hidden="true">−</span>
          </Button>
          <Button kind="icon" label={t('Fit the front')} disabled={front.value.length < 2} onClick={fitFront}>
            <span aria-hidden="true">⌜⌟</span>
          </Button>
          <Button
            kind="icon"
            label={t('Show all')}
            disabled={(zoomed.value ?? home.value) === whole.value}
            onClick={() => (zoomed.value = home.value === whole.value ? null : whole.value)}
          >
            <span aria-hidden="true">⤢</span>
          </Button>
        </span>
        {size === 0 && (
          <p class="plot-note dim" role="status">
            {run.value?.done
              ? t('This run proposed no candidates.')
              : t('Candidates appear here as they are found.')}{' '}
            {!run.value?.done && stage?.message}
          </p>
        )}
      </div>
      <p class="legend dim" aria-hidden="true">
        <span class="key dot" /> {t('within the budget')} <span class="key hollow" /> {t('over it')}{' '}
        <span class="key front" /> {t('front')} <span class="key diamond" /> {t('control arm')}{' '}
        {isoFits.value && (
          <>
            <span class="key dashed" /> {t('equal reward')}
          </>
        )}
        {bars.value.length > 0 && (
          <>
            <span class="key whisker" /> {t('standard error')}
          </>
        )}
        <span class="grow" />
        {hidden > 0 && (
          <button
            type="button"
            class="plain link"
            onClick={() => (zoomed.value = { x: whole.value.x, y: [0, whole.value.y[1]] })}
          >
            {plural(
              hidden,
              '{0} candidate below {1}: show',
              '{0} candidates below {1}: show',
              String(hidden),
            ).replace('{1}', percent(whole.value.y[0], 0))}
          </button>
        )}
        {hidden === 0 && <span class="hint">{t('Drag or Ctrl and wheel: zoom')}</span>}
      </p>
      <Sliders />
    </PanelCard>
  );
}
