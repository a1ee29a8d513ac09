import { Change, FromTo } from '../components/number.tsx';
import { PanelCard } from '../components/panel-card.tsx';
import { RunNotes } from '../components/run-notes.tsx';
import { RunVerdict } from '../components/run-verdict.tsx';
import { change, milliseconds, percent, whole } from '../format.ts';
import type { RunData } from '../../src/terms/run-data.ts';
import { whatIsWritten } from '../model/written.ts';
import { busy, candidateRef, mainArm, run, trusted } from '../state.ts';
import { t } from '../strings.ts';
import { Button } from '../ui.tsx';
import {
  chooseSecond,
  commit,
  compareTwo,
  compareWithFile,
  fineTune,
  star,
  write,
} from '../candidates/actions.ts';
import { Beside, Others } from './beside.tsx';
import {
  best,
  boardNow,
  chosenIndex,
  chosenScores,
  comparing,
  front,
  pick,
  isStarred,
  ranking,
  second,
  secondIndex,
  xs,
  ys,
} from '../candidates/state.ts';
import { accuracyName, costFormat, costName, rewardText } from '../candidates/words.ts';
import { extraArm, pointOfArm } from '../../src/terms/candidates.ts';
import type { RunCandidate } from '../../src/terms/candidates.ts';
import { costKeys } from '../../src/terms/cost.ts';
import { accuracyKeys } from '../../src/terms/scores.ts';

/** The candidate that the panel is about: what it costs, how good it is, what it stands beside, what can be done. */
export function CandidateCard() {
  const now = boardNow.value;
  const index = chosenIndex.value;
  const one = now?.columns.candidates[index];
  const shown = run.value;
  if (!now || !shown || !one)
    return (
      <PanelCard class="candidate-card" title={t('Candidate')}>
        <p class="dim">
          {t('Pick a point of the chart or a row of the table: its costs and accuracies are here.')}
        </p>
      </PanelCard>
    );
  const ref = candidateRef.value!;
  const starred = isStarred(one);
  const point = pointOfArm(one.arm);
  return (
    <PanelCard
      class="candidate-card"
      title={t('Candidate {0}', one.id)}
      hint={
        <>
          {index === best.value && <span class="chip">{t('best reward')}</span>}{' '}
          {mainArm.value?.chosen?.id === one.id && mainArm.value.arm === one.arm && (
            <span class="chip">{t('the run’s choice')}</span>
          )}{' '}
          {now.columns.control[index] === 1 && <span class="chip">{t('control arm')}</span>}{' '}
          {point && <span class="chip">{t('point {0}', percent(point.percent))}</span>} {one.origin}
        </>
      }
      actions={
        <button
          type="button"
          class={`plain star${starred ? ' on' : ''}`}
          aria-pressed={starred}
          aria-label={t('Star candidate {0}', one.id)}
          title={starred ? t('Take the star away') : t('Star')}
          onClick={() => star(ref)}
        >
          {starred ? '★' : '☆'}
        </button>
      }
    >
      <Costs one={one} shown={shown} />
      <Accuracies one={one} shown={shown} />
      <Others />
      <Beside />
      <Neighbours />
      <Second />
      <Actions one={one} shown={shown} />
      <RunVerdict />
      <RunNotes />
    </PanelCard>
  );
}

function Costs({ one, shown }: { one: RunCandidate; shown: RunData }) {
  const cost = shown.cost!;
  const latency = latencyOf(shown, one);
  const index = chosenIndex.value;
  return (
    <dl class="costs">
      {costKeys.map((key, i) => (
        <>
          <dt class="dim">{costName(key)}</dt>
          <dd>
            <FromTo
              before={costFormat(key)(cost[key])}
              after={costFormat(key)(one.cost[key])}
              big={i === 0}
            />
          </dd>
          <dd>
            <Change before={cost[key]} after={one.cost[key]} />
          </dd>
        </>
      ))}
      {latency && (
        <>
          <dt class="dim" title={t('Measured on {0}', latency.machine)}>
            {t('Latency')}
          </dt>
          <dd>
            <FromTo before={milliseconds(latency.before)} after={milliseconds(latency.after)} />
          </dd>
          <dd>
            <Change before={latency.before} after={latency.after} />
          </dd>
        </>
      )}
      <dt class="dim">{t('Reward')}</dt>
      <dd class="number">{rewardText(ranking.value?.rewards[index])}</dd>
      <dd class="number dim">
        {ranking.value &&
          t('no. {0} of {1}', ranking.value.ranks[index] + 1, whole(ranking.value.order.length))}
      </dd>
    </dl>
  );
}

function latencyOf(shown: RunData, one: RunCandidate) {
  const extra = shown.arms.find(({ arm }) => arm === extraArm(one.arm, one.id));
  if (extra?.latency) return extra.latency;
  const arm = shown.arms.find(({ arm, chosen }) => arm === one.arm && chosen?.id === one.id);
  return arm?.latency ?? (arm && !arm.control ? shown.latency : null);
}

function Accuracies({ one, shown }: { one: RunCandidate; shown: RunData }) {
  const test = chosenScores.value?.test?.accuracy ?? null;
  const original = shown.scores.validation.original?.accuracy;
  return (
    <>
      <dl class="steps">
        {accuracyKeys.map((key) => (
          <div key={key} class={one.accuracies[key] === undefined ? '' : 'on'}>
            <dt class="dim">{accuracyName(key)}</dt>
            <dd>
              {one.accuracies[key] === undefined ? (
                <span class="dim">{t('not yet')}</span>
              ) : (
                <b class="number">{percent(one.accuracies[key])}</b>
              )}
            </dd>
          </div>
        ))}
        {test !== null && (
          <div class="on">
            <dt class="dim">{t('test')}</dt>
            <dd>
              <b class="number">{percent(test)}</b>
            </dd>
          </div>
        )}
      </dl>
      <p class="dim note">
        {stopped(shown, one)} {raced(shown, one)}{' '}
        {shown.data && t('Validation, {0} images never trained on.', whole(shown.data.validation))}{' '}
        {test !== null &&
          shown.data &&
          t('Test, {0} images that the search never saw.', whole(shown.data.test))}{' '}
        {original !== undefined && t('Original {0}', percent(original))}
        {original !== undefined &&
          shown.scores.test !== null &&
          t(' ({0} on test)', percent(shown.scores.test.accuracy))}
        {original !== undefined && '.'}
      </p>
    </>
  );
}

/** That its search ended before its time. */
function stopped(shown: RunData, { arm }: RunCandidate): string | null {
  const early = shown.arms.find((one) => one.arm === arm)?.stopped;
  if (!early) return null;
  const { scored, of, rule } = early;
  return t(
    'The search ended after {0} of {1} candidates, since nothing was ahead of {2} by more than the noise.',
    whole(scored),
    whole(of),
    rule,
  );
}

/** How it did in the race with the baselines' networks, as far as it came. */
function raced(shown: RunData, { arm, id }: RunCandidate): string | null {
  const turns = shown.arms.find((one) => one.arm === arm)?.raced.filter((turn) => turn.id === id) ?? [];
  const last = turns.at(-1);
  if (!last) return null;
  return t(
    'In the race with the plain rules: {0} in round {1} of {2}, its loss {3}.',
    percent(last.score.accuracy),
    last.round,
    last.of,
    last.score.loss.toFixed(3),
  );
}

/** What is worth a step along the front: a twentieth less cost, half a point more accuracy. */
const FEWER = 0.05;
const MORE = 0.5;

/** Where to go from here along the front: the next smaller and the next better. */
function Neighbours() {
  const now = boardNow.value;
  const at = chosenIndex.value;
  const x = xs.value[at];
  if (!now || Number.isNaN(x)) return null;
  const y = ys.value[at];
  const line = front.value;
  const found = [
    { name: t('smaller'), index: line.findLast((i) => xs.value[i] <= x * (1 - FEWER)) },
    { name: t('better'), index: line.find((i) => ys.value[i] >= y + MORE) },
  ].filter((one): one is { name: string; index: number } => one.index !== undefined);
  if (found.length === 0) return null;
  return (
    <dl class="neighbours">
      {found.map(({ name, index }) => (
        <>
          <dt class="dim">{t('next {0}', name)}</dt>
          <dd>
            <button type="button" class="plain link" onClick={() => pick(index)}>
              {t('candidate {0}', now.columns.candidates[index].id)}
            </button>
          </dd>
          <dd class="number">{change(x, xs.value[index])}</dd>
          <dd class="number">{pointsText(ys.value[index] - y)}</dd>
        </>
      ))}
    </dl>
  );
}

/** A difference of accuracies: "+0.3 points". */
function pointsText(points: number): string {
  if (Number.isNaN(points)) return '';
  return t('{0} points', `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`);
}

/** The second candidate of a comparison, or how to get one. */
function Second() {
  const ref = candidateRef.value!;
  if (comparing.value)
    return (
      <p class="second" role="status">
        {t('Pick the other in the chart or the table, or')}{' '}
        <button type="button" class="plain link" onClick={() => void compareWithFile(ref)}>
          {t('a file…')}
        </button>{' '}
        <button type="button" class="plain link" onClick={() => (comparing.value = false)}>
          {t('Cancel')}
        </button>
      </p>
    );
  const other = boardNow.value?.columns.candidates[secondIndex.value];
  const one = boardNow.value?.columns.candidates[chosenIndex.value];
  if (!other || !one || !second.value) return null;
  const to = second.value;
  const points = searched(other) - searched(one);
  return (
    <p class="second">
      <span aria-hidden="true">□ </span>
      {t('Candidate {0}', other.id)}:{' '}
      <span class="number">
        {t('{0} MACs', change(one.cost.macs, other.cost.macs))}
        {!Number.isNaN(points) && `, ${pointsText(points)}`}
      </span>{' '}
      <button type="button" class="plain link" onClick={() => compareTwo(ref, to)}>
        {t('Open channel diff')}
      </button>{' '}
      <button type="button" class="plain" aria-label={t('No comparison')} onClick={() => chooseSecond(null)}>
        ✕
      </button>
    </p>
  );
}

function Actions({ one, shown }: { one: RunCandidate; shown: RunData }) {
  const ref = candidateRef.value!;
  const written = mainArm.value ? whatIsWritten(shown, mainArm.value, one) : undefined;
  const why = reasons(one, shown);
  const said = [...new Set(Object.values(why).filter((text) => text !== null))];
  return (
    <>
      <div class="buttons">
        <Button
          kind={why.fineTune ? 'secondary' : 'primary'}
          disabled={!!why.fineTune}
          onClick={() => void fineTune(ref)}
        >
          {t('Fine-tune')}
        </Button>
        <Button disabled={!!why.write} onClick={() => void write(ref)}>
          {t('Write model…')}
        </Button>
        <Button onClick={() => (comparing.value = !comparing.value)}>{t('Compare with…')}</Button>
        <Button disabled={!!why.commit} onClick={() => void commit(ref, written)}>
          {t('Commit…')}
        </Button>
      </div>
      {said.length > 0 && <p class="dim note">{said.join(' ')}</p>}
    </>
  );
}

/** Why a button can't be used now, one sentence each. */
function reasons(one: RunCandidate, shown: RunData): Record<'fineTune' | 'write' | 'commit', string | null> {
  const untrusted = trusted.value ? null : t('This needs a trusted workspace.');
  const working = (name: 'fineTune' | 'write' | 'commit') => busy.value.get(name)?.what;
  const busyWith = (name: 'fineTune' | 'write' | 'commit') => (working(name) ? `${working(name)}…` : null);
  return {
    fineTune:
      untrusted ??
      busyWith('fineTune') ??
      (one.accuracies.fineTuned !== undefined
        ? t('It is fine-tuned already.')
        : shown.data === null
          ? t('Fine-tuning needs images: this run had none.')
          : null),
    write: untrusted ?? busyWith('write'),
    commit: untrusted ?? busyWith('commit') ?? busyWith('write'),
  };
}

/** What the search knew of it, percent. */
const searched = ({ accuracies: { recalibrated, cut } }: RunCandidate): number => recalibrated ?? cut ?? NaN;
