import { useEffect, useState } from 'preact/hooks';
import type { Assessment, TargetView } from '../../src/protocol/plan.ts';
import { Check, Cross } from '../components/icons.tsx';
import { PanelCard } from '../components/panel-card.tsx';
import { significant } from '../format.ts';
import { loaded } from '../load.ts';
import { draft, network } from '../state.ts';
import { t } from '../strings.ts';
import { Button, Dropdown, TextField } from '../ui.tsx';
import { assessed, pending } from './assess-store.ts';
import { change } from './draft.ts';
import { metricName, nearest, parsed, shown, typed, type Metric } from './goal.ts';

const METRICS: readonly Metric[] = ['macs', 'params', 'bytes', 'memory', 'latency', 'script'];

/** What the pruned network may cost at most; all goals must hold. */
export function GoalCard() {
  const targets = draft.value?.targets ?? [];
  const free = METRICS.filter(
    (metric) => metric === 'script' || !targets.some((one) => one.metric === metric),
  );
  const set = (index: number, target: TargetView) =>
    change({ targets: targets.map((one, at) => (at === index ? target : one)) });
  const about = assessed.value;
  // an answer about other goals says nothing of these
  const answers = about?.of.targets.length === targets.length ? about.answer.targets : [];
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
          metrics={METRICS.filter((metric) => metric === target.metric || free.includes(metric))}
          answer={answers[index]}
          stale={about?.of !== draft.value}
          onChange={(next) => set(index, next)}
          {...(targets.length > 1
            ? { onRemove: () => change({ targets: targets.filter((_, at) => at !== index) }) }
            : {})}
        />
      ))}
    </PanelCard>
  );
}

interface GoalProps {
  readonly target: TargetView;
  readonly metrics: readonly Metric[];
  readonly answer: Assessment['targets'][number] | undefined;
  readonly stale: boolean;
  readonly onChange: (target: TargetView) => void;
  readonly onRemove?: () => void;
}

function Goal({ target, metrics, answer, stale, onChange, onRemove }: GoalProps) {
  const { metric, value, relative } = target;
  const given = typed(metric, value, relative);
  const [text, setText] = useState(given);
  useEffect(() => {
    if (parsed(metric, text, relative) !== value) setText(given);
  }, [given, metric, relative]);
  const read = parsed(metric, text, relative);
  const original = answer?.original ?? originalOf(metric);
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
          options={metrics.map((one) => ({ value: one, label: metricName(one) }))}
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
            aria-label={t('{0}, percent of the original', metricName(metric))}
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
      <p class={`goal-answer${stale ? ' stale' : ''}`} role="status">
        {read === null ? (
          <span class="bad sign-text">
            <Cross />{' '}
            {relative
              ? t('Write a number between 0 and 100.')
              : t('Write a number, with a unit where you like: 20M, 1.5 MB, 0.9 ms.')}
          </span>
        ) : (
          <Answer target={target} answer={answer} onTake={(next) => onChange({ ...target, value: next })} />
        )}
      </p>
    </div>
  );
}

/** Whether the goal can be reached; else what is nearest, to be taken by a click. */
function Answer({
  target,
  answer,
  onTake,
}: {
  target: TargetView;
  answer: GoalProps['answer'];
  onTake: (value: number) => void;
}) {
  if (!answer)
    return <span class="dim">{pending.value !== null ? t('Can it be reached? Looking…') : '\u00a0'}</span>;
  const { metric } = target;
  const { reachable, message, limit, original, least } = answer;
  const near = reachable ? null : nearest(target, least, original);
  return (
    <>
      <span class={`sign-text ${reachable ? 'good' : 'bad'}`}>
        {reachable ? <Check /> : <Cross />} {reachable ? t('Can be reached') : t('Can’t be reached')}
      </span>
      <span class="dim number">
        {original !== null &&
          limit !== null &&
          ` · ${shown(metric, original)} → ${t('at most {0}', shown(metric, limit))}`}
        {least !== null && ` · ${t('least {0}', shown(metric, least))}`}
        {least !== null && original ? ` (${significant((100 * least) / original, 2)}\u202f%)` : ''}
      </span>
      {message && <span class={reachable ? 'dim' : ''}> {message}</span>}{' '}
      {near !== null && (
        <button type="button" class="plain link" onClick={() => onTake(near)}>
          {t('Take the nearest: {0}', target.relative ? `${near}\u202f%` : shown(metric, near))}
        </button>
      )}
    </>
  );
}

function originalOf(metric: Metric): number | null {
  const cost = loaded(network.value.value)?.cost;
  if (!cost) return null;
  if (metric === 'memory') return cost.peakActivationBytes;
  return metric === 'macs' || metric === 'params' || metric === 'bytes' ? cost[metric] : null;
}
