import { useLayoutEffect, useRef } from 'preact/hooks';
import { change, percent } from '../format.ts';
import { run } from '../state.ts';
import { t } from '../strings.ts';
import type { Box } from '../charts/labels.ts';
import { boardNow, costKey, isStarred, ranking, ys, xs } from '../candidates/state.ts';
import { accuracyName, accuracyText, costFormat, costName, rewardText } from '../candidates/words.ts';
import { accuracyKeys } from '../../src/terms/scores.ts';

/** A candidate in one sentence. */
export function pointWords(index: number): string {
  const one = boardNow.value?.columns.candidates[index];
  if (!one) return '';
  return t(
    'candidate {0} ({1}), {2} at {3} {4}, reward {5}',
    one.id,
    one.origin,
    percent(ys.value[index]),
    costFormat(costKey.value)(xs.value[index]),
    costName(costKey.value),
    rewardText(ranking.value?.rewards[index]),
  );
}

/** What a point is, beside it. */
export function PointTip({ index, at, area }: { index: number; at: { x: number; y: number }; area: Box }) {
  const element = useRef<HTMLDivElement>(null);
  const one = boardNow.value!.columns.candidates[index];
  const errors = boardNow.value!.errors.get(index);
  const key = costKey.value;
  const original = run.value?.cost && key !== 'latency' ? run.value.cost[key] : undefined;
  useLayoutEffect(() => {
    const { offsetWidth: width, offsetHeight: height, style } = element.current!;
    const y = Math.min(at.y, area.bottom);
    const left = at.x + 14 + width > area.right ? at.x - 14 - width : at.x + 14;
    const top = Math.max(area.top, Math.min(area.bottom - height, y - height / 2));
    style.transform = `translate(${Math.round(Math.max(0, left))}px, ${Math.round(top)}px)`;
  });
  const rank = ranking.value ? ranking.value.ranks[index] + 1 : 0;
  return (
    <div ref={element} class="tip" aria-hidden="true">
      <p>
        <b>
          {isStarred(one) && '★ '}
          {t('Candidate {0}', one.id)}
        </b>{' '}
        <span class="dim">{one.origin}</span>
      </p>
      <dl>
        <dt>{t('reward')}</dt>
        <dd>
          {rewardText(ranking.value?.rewards[index])} <span class="dim">{t('no. {0}', rank)}</span>
        </dd>
        <dt>{costName(key)}</dt>
        <dd>
          {costFormat(key)(xs.value[index])}{' '}
          {original !== undefined && <span class="dim">{change(original, xs.value[index])}</span>}
        </dd>
        {accuracyKeys.map((which) =>
          one.accuracies[which] === undefined ? null : (
            <>
              <dt>{accuracyName(which)}</dt>
              <dd>{accuracyText(one.accuracies[which], errors?.[which])}</dd>
            </>
          ),
        )}
      </dl>
    </div>
  );
}
