import { useLayoutEffect, useRef } from 'preact/hooks';
import { shareOf, valueAt } from '../charts/axes.ts';
import { percent } from '../format.ts';
import { t } from '../strings.ts';
import { costKey, front, hold, putBack, under, xs } from '../candidates/state.ts';
import type { Target } from '../candidates/targets.ts';
import { costFormat, costName } from '../candidates/words.ts';
import { axes } from './compose-scene.ts';
import { isHeld, placeOf, targets } from './compose-targets.ts';
import { pointWords } from './point-tip.tsx';
import type { Axes } from './plot/plot.ts';

/** The run's targets as handles on the axis of costs: what fits under the one that is held is the chosen candidate. */
export function TargetHandles() {
  const now = axes.value;
  if (!now) return null;
  return targets.value.map((target) => <Handle key={target.limit} target={target} axes={now} />);
}

/** The next place for a key: the cost of the front's next point; undefined for keys that move nothing. */
function step(key: string, at: number): number | undefined {
  const line = front.peek();
  const place = line.indexOf(under(at));
  const to = (i: number) => xs.peek()[line[Math.max(0, Math.min(line.length - 1, i))]];
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return to(place + 1);
    case 'ArrowLeft':
    case 'ArrowDown':
      return to(place - 1);
    case 'Home':
      return to(0);
    case 'End':
      return to(line.length - 1);
    default:
      return undefined;
  }
}

function Handle({ target, axes: { left, right, bottom, xRange, log } }: { target: Target; axes: Axes }) {
  const element = useRef<HTMLDivElement>(null);
  const drag = useRef<{ from: number; x: number; at: number } | null>(null);
  const at = placeOf(target);
  const pixel = (cost: number) => left + shareOf(cost, xRange, log) * (right - left);
  useLayoutEffect(() => {
    // one that lies beyond what is seen stays at the edge, where it can still be caught
    const x = Math.max(left, Math.min(right, pixel(at)));
    element.current!.style.transform = `translate(${x.toFixed(1)}px, ${bottom.toFixed(1)}px)`;
  });
  const { limit, original, goal } = target;
  const share = percent(at === limit ? target.percent : (100 * at) / original);
  const found = under(at);
  const [least] = front.value;

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0 || least === undefined) return;
    element.current!.setPointerCapture(event.pointerId);
    drag.current = { from: event.clientX, x: Math.max(left, Math.min(right, pixel(at))), at };
    if (found >= 0) hold(limit, at);
  };
  const onPointerMove = ({ clientX }: PointerEvent) => {
    const { current } = drag;
    if (!current) return;
    const x = Math.max(left, Math.min(right, current.x + clientX - current.from));
    // back at its beginning it is exactly there, where a point's own cost may be
    const to = clientX === current.from ? current.at : valueAt((x - left) / (right - left), xRange, log);
    // there is always a point under it: it goes no farther than to the cheapest
    hold(limit, Math.max(xs.peek()[least], to));
  };
  const end = () => (drag.current = null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      end();
      putBack();
    } else {
      const to = step(event.key, at);
      if (to === undefined) return;
      hold(limit, to);
    }
    event.preventDefault();
  };

  return (
    <div
      ref={element}
      class={`target${goal ? '' : ' point'}${isHeld(target) ? ' held' : ''}`}
      role="slider"
      tabIndex={0}
      aria-label={t('Target: at most {0} of {1}', percent(target.percent), costName(costKey.value))}
      aria-valuemin={0}
      aria-valuemax={original}
      aria-valuenow={Number(at.toPrecision(6))}
      aria-valuetext={found < 0 ? t('{0}: no candidate fits', share) : `${share}: ${pointWords(found)}`}
      title={t(
        'Target, {0} of {1}: drag it, or press arrow keys, to choose what fits under it. Escape puts it back.',
        percent(target.percent),
        costFormat(costKey.value)(original),
      )}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={end}
      onPointerCancel={end}
      onDblClick={putBack}
      onKeyDown={onKeyDown}
    />
  );
}
