import { useEffect, useState } from 'preact/hooks';
import { costOf, limitOf, type Reached } from '../../src/protocol/reach.ts';
import { Check, Cross } from '../components/icons.tsx';
import { PanelCard } from '../components/panel-card.tsx';
import { significant } from '../format.ts';
import { loaded } from '../load.ts';
import { draft, network } from '../state.ts';
import { t } from '../strings.ts';
import { Button, Checkbox, Dropdown, TextField } from '../ui.tsx';
import { view } from './data-store.ts';
import { change, firstTarget } from './draft.ts';
import { parsed, shown, typed } from './goal.ts';
import { NumberField } from './number-field.tsx';
import { reached, table } from './reach-store.ts';
import { DEAREST, metricName } from '../../src/terms/goals.ts';
import type { Metric, Target } from '../../src/terms/goals.ts';
import { metric as metrics } from '../../src/terms/goals.ts';

/** What the pruned network may cost at most; all goals must hold. */
export function GoalCard() {
  const targets = draft.value?.targets ?? [];
  const free = metrics.options.filter(
    (metric) => metric === 'script' || !targets.some((one) => one.metric === metric),
  );
  const set = (index: number, target: Target) =>
    change({ targets: targets.map((one, at) => (at === index ? target : one)) });
  const now = reached.value;
  return (
    <PanelCard
      title={t('Goal')}
      hint={targets.length > 1 ? t('all must hold') : undefined}
      actions={
        free.length > 0 && (
          <Button
            onClick={() =>
              change({
                targets: [...targets, { metric: free[0], value: 50, relative: free[0] !== 'script' }],
              })
            }
          >
            {t('Add a goal')}
          </Button>
        )
      }
    >
      {targets.length === 0 && <p class="dim">{t('Say what the pruned network may cost at most.')}</p>}
      {targets.map((target, index) => (
        <Goal
          // the same field stays while its goal changes
          key={index}
          target={target}
          metrics={metrics.options.filter((metric) => metric === target.metric || free.includes(metric))}
          said={now?.targets[index]}
          roundTo={now?.roundTo}
          onChange={(next) => set(index, next)}
          {...(targets.length > 1
            ? { onRemove: () => change({ targets: targets.filter((_, at) => at !== index) }) }
            : {})}
        />
      ))}
      <AccuracyGoal />
    </PanelCard>
  );
}

/** How much accuracy may be lost: the cheapest such network is then looked for below the other goals. */
function AccuracyGoal() {
  const { accuracyDrop, targets = [] } = draft.value ?? {};
  const [only] = targets;
  const alike = view.value?.unlabelled === true;
  const { metric, value } = firstTarget;
  const untouched = targets.length === 1 && only.metric === metric && only.relative && only.value === value;
  return (
    <div class="goal">
      <div class="goal-line">
        <Checkbox
          checked={accuracyDrop !== undefined}
          label={t('Look for the cheapest network that is accurate enough')}
          onChange={(on) =>
            change({
              accuracyDrop: on ? 1 : undefined,
              // room to look in
              ...(on && untouched ? { targets: [DEAREST] } : {}),
            })
          }
        >
          {alike ? t('Lose little agreement') : t('Lose little accuracy')}
        </Checkbox>
        {accuracyDrop !== undefined && (
          <>
            <span aria-hidden="true">≤</span>
            <NumberField
              label={
                alike ? t('Points of agreement that may be lost') : t('Points of accuracy that may be lost')
              }
              value={accuracyDrop}
              most={99}
              fractional
              onChange={(points) => points !== undefined && change({ accuracyDrop: points })}
            />
            <span class="dim">{t('points')}</span>
          </>
        )}
      </div>
      {accuracyDrop !== undefined && (
        <p class="goal-answer dim">
          {t(
            'Networks of several costs, at most the goal above, are searched and trained; the result is the cheapest that loses no more than this on the validation images.',
          )}
        </p>
      )}
    </div>
  );
}

interface GoalProps {
  readonly target: Target;
  readonly metrics: readonly Metric[];
  /** undefined while it isn't known */
  readonly said: Reached | undefined;
  readonly roundTo: number | undefined;
  readonly onChange: (target: Target) => void;
  readonly onRemove?: () => void;
}

function Goal({ target, metrics, said, roundTo, onChange, onRemove }: GoalProps) {
  const { metric, value, relative } = target;
  const given = typed(metric, value, relative);
  const [text, setText] = useState(given);
  useEffect(() => {
    if (parsed(metric, text, relative) !== value) setText(given);
  }, [given, metric, relative]);
  const read = parsed(metric, text, relative);
  const original = said?.original ?? originalOf(metric);
  const toUnit = (next: boolean) => {
    if (next === relative) return;
    const turned = original ? (next ? (100 * value) / original : (value * original) / 100) : null;
    const fits = turned !== null && (!next || turned < 100);
    onChange({ ...target, relative: next, value: fits ? Number(turned.toPrecision(4)) : next ? 50 : value });
  };
  return (
    <div class="goal">
      <div class="goal-line">
        <Dropdown
          label={t('What is limited')}
          value={metric}
          options={metrics.map((one) => ({ value: one, label: metricName(one, t) }))}
          onChange={(next) =>
            onChange({
              metric: next,
              value: next === 'script' ? 100 : 50,
              relative: next !== 'script',
              ...(next === 'script' ? { command: target.command ?? '' } : {}),
            })
          }
        />
        <span aria-hidden="true">≤</span>
        <TextField
          class="short"
          label={t('At most')}
          value={text}
          invalid={read === null}
          onInput={(now) => {
            setText(now);
            const number = parsed(metric, now, relative);
            if (number !== null && number !== value) onChange({ ...target, value: number });
          }}
        />
        {metric !== 'script' && (
          <span class="chips" role="group" aria-label={t('Unit')}>
            <button type="button" class="chip" aria-pressed={relative} onClick={() => toUnit(true)}>
              {t('% of original')}
            </button>
            <button type="button" class="chip" aria-pressed={!relative} onClick={() => toUnit(false)}>
              {metric === 'latency' ? t('ms') : t('absolute')}
            </button>
          </span>
        )}
        {relative && (
          <input
            type="range"
            class="slider"
            min={1}
            max={99}
            step={1}
            value={Math.round(value)}
            aria-label={t('{0}, percent of the original', metricName(metric, t))}
            onInput={(event) => onChange({ ...target, value: Number(event.currentTarget.value) })}
          />
        )}
        <span class="grow" />
        {onRemove && (
          <Button kind="icon" label={t('Remove this goal')} onClick={onRemove}>
            <Cross />
          </Button>
        )}
      </div>
      {metric === 'script' && (
        <TextField
          class="wide"
          label={t('Command')}
          placeholder={t('python measure.py {model}: prints one number')}
          value={target.command ?? ''}
          invalid={!target.command}
          onInput={(command) => onChange({ ...target, command })}
        />
      )}
      <p class="goal-answer" role="status">
        {read === null ? (
          <span class="bad sign-text">
            <Cross />{' '}
            {relative
              ? t('Write a number between 0 and 100.')
              : t('Write a number, with a unit where you like: 20M, 1.5 MB, 0.9 ms.')}
          </span>
        ) : (
          <Answer
            target={target}
            said={said}
            roundTo={roundTo}
            onTake={(next) => onChange({ ...target, value: next })}
          />
        )}
      </p>
    </div>
  );
}

/** Whether the goal can be reached; else what is nearest, to be taken by a click. What isn't known yet is an ellipsis. */
function Answer({
  target,
  said,
  roundTo,
  onTake,
}: Pick<GoalProps, 'target' | 'said' | 'roundTo'> & { onTake: (value: number) => void }) {
  const { metric } = target;
  if (metric === 'latency' || metric === 'script')
    return (
      <span class="dim">
        {t('Measured when the run starts. A goal that can’t be reached is refused then.')}
      </span>
    );
  const original = said?.original ?? originalOf(metric);
  const limit = original === null ? null : limitOf(target, original);
  const least = said?.least ?? null;
  const near = said?.nearest ?? null;
  return (
    <>
      <Verdict said={said} />
      <span class="dim number">
        {original !== null &&
          limit !== null &&
          ` · ${shown(metric, original)} → ${t('at most {0}', shown(metric, limit))}`}
        {least !== null && original
          ? ` · ${t('least {0}', shown(metric, least))} (${significant((100 * least) / original, 2)}\u202f%)`
          : ` · ${t('least {0}', '…')}`}
      </span>
      {said && (
        <span class="dim">
          {said.because !== null && ` ${t('by {0}', said.because)}`}
          {roundTo !== undefined && roundTo > 1 && ` ${t('in multiples of {0}', roundTo)}`}
        </span>
      )}{' '}
      {said?.verdict === 'within' && t('The network is within it already: ask for less.')}
      {near !== null && (
        <button type="button" class="plain link" onClick={() => onTake(near)}>
          {t('Take the nearest: {0}', target.relative ? `${near}\u202f%` : shown(metric, near))}
        </button>
      )}
    </>
  );
}

function Verdict({ said }: Pick<GoalProps, 'said'>) {
  if (!said)
    return (
      <span class="dim">
        {table.value.value.state === 'error' ? t('Not known') : t('Can it be reached? …')}
      </span>
    );
  const good = said.verdict === 'reachable';
  return (
    <span class={`sign-text ${good ? 'good' : 'bad'}`}>
      {good ? <Check /> : <Cross />}{' '}
      {good ? t('Can be reached') : said.verdict === 'within' ? t('Nothing to prune') : t('Can’t be reached')}
    </span>
  );
}

function originalOf(metric: Metric): number | null {
  const cost = loaded(network.value.value)?.cost;
  return cost ? costOf(cost, metric) : null;
}
