import { metricName } from '../../src/terms/goals.ts';
import type { DiffView } from '../../src/protocol/views.ts';
import { FromTo } from '../components/number.tsx';
import { amount, change, milliseconds, percent, points, size } from '../format.ts';
import { t } from '../strings.ts';

type Metric = DiffView['metrics'][number];
type Cost = DiffView['costs'][number];
type About = DiffView['about'][number];

/** What two networks can do, how they came about, and what they cost: in the order in which it matters. */
export function Figures({ diff }: { diff: DiffView }) {
  const { metrics, costs, about } = diff;
  return (
    <div class="figures">
      {metrics.length > 0 ? (
        <dl class="stats metrics" aria-label={t('Accuracy and latency')}>
          {metrics.map((row) => (
            <MetricCard key={row.id} row={row} />
          ))}
        </dl>
      ) : (
        <p class="dim none-known">{t('No accuracy is recorded on either side.')}</p>
      )}
      {about.length > 0 && (
        <dl class="about-sides">
          {about.map((row) => (
            <AboutSides key={row.id} row={row} />
          ))}
        </dl>
      )}
      <dl class="stats cost-figures" aria-label={t('Cost')}>
        {costs.map((row) => (
          <CostCard key={row.id} row={row} />
        ))}
      </dl>
    </div>
  );
}

function MetricCard({ row }: { row: Metric }) {
  const { id, unit, split, a, b, verdict, why } = row;
  const name = {
    test: t('Test accuracy'),
    fineTuned: t('Fine-tuned'),
    recalibrated: t('Recalibrated'),
    cut: t('After cutting'),
    latency: t('Latency'),
  }[id];
  const on = split === null ? null : { validation: t('on validation'), test: t('on test') }[split];
  const say = (value: number | null) =>
    value === null ? '–' : unit === 'ms' ? milliseconds(value) : percent(value);
  const by = a === null || b === null ? null : unit === 'ms' ? change(a, b) : points(a, b);
  return (
    <div class="stat">
      <dt class="dim">
        {name}
        {on && id !== 'test' && ` · ${on}`}
      </dt>
      <dd>
        <FromTo before={say(a)} after={say(b)} big />{' '}
        {why === null ? (
          by !== null && <By verdict={verdict}>{by}</By>
        ) : (
          <span class="dim">
            {
              {
                'other-measure': t('one is accuracy, the other agreement'),
                'other-images': t('measured on other images'),
                'other-machine': t('measured on another machine'),
              }[why]
            }
          </span>
        )}
      </dd>
    </div>
  );
}

function CostCard({ row }: { row: Cost }) {
  const { id, a, b, verdict } = row;
  const say = id === 'bytes' || id === 'memory' ? size : amount;
  return (
    <div class="stat">
      <dt class="dim">{metricName(id, t)}</dt>
      <dd>
        <FromTo before={say(a)} after={say(b)} big /> <By verdict={verdict}>{change(a, b)}</By>
      </dd>
    </div>
  );
}

/** A difference, coloured by its verdict alone: a smaller number is no gain in itself. */
function By({ verdict, children }: { verdict: Metric['verdict']; children: string }) {
  const kind = verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'dim';
  return <span class={`number ${kind}`}>{children}</span>;
}

function AboutSides({ row: { id, a, b, differs } }: { row: About }) {
  const name = {
    measure: t('Accuracy is'),
    method: t('Method'),
    seed: t('Seed'),
    effort: t('Effort'),
    settings: t('Settings'),
    goal: t('Goal'),
    images: t('Images'),
    digest: t('Digest of the images'),
    preprocessing: t('Preprocessing'),
    splits: t('Split'),
  }[id];
  // a digest is told apart by its beginning
  const say = (value: string | null) => (value === null ? '–' : id === 'digest' ? value.slice(0, 12) : value);
  return (
    <div class={differs ? 'differs' : ''}>
      <dt class="dim">{name}</dt>
      <dd>
        {differs ? (
          <>
            <span title={a ?? undefined}>{say(a)}</span> <span aria-label={t('against')}>→</span>{' '}
            <span title={b ?? undefined}>{say(b)}</span>
          </>
        ) : (
          <span title={a ?? undefined}>{say(a)}</span>
        )}
      </dd>
    </div>
  );
}
