import { effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { palette } from '../charts/palette.ts';
import { accuracyTitle, percent } from '../format.ts';
import { run } from '../state.ts';
import { t } from '../strings.ts';
import { pan, zoom } from '../charts/axes.ts';
import type { Range } from '../charts/axes.ts';
import { PointTip, pointWords } from './point-tip.tsx';
import { Plot } from './plot/plot.ts';
import { kneeIndex, namedMarks } from './compose-marks.ts';
import { axes, box, cursor, scene, whole, zoomed } from './compose-scene.ts';
import {
  accuracyKey,
  boardNow,
  chosenIndex,
  costKey,
  front,
  hovered,
  pick,
  ranking,
  refOf,
  toggleStar,
  xs,
  ys,
} from '../candidates/state.ts';
import { accuracyName, costFormat, costName } from '../candidates/words.ts';

/** Zooms about a point of the axes; the middle where none is given. */
export function zoomBy(factor: number, about?: { x: number; y: number }): void {
  const { xRange, yRange, log } = scene.peek();
  const full = whole.peek();
  const centre = about ?? {
    x: log ? Math.sqrt(xRange[0] * xRange[1]) : (xRange[0] + xRange[1]) / 2,
    y: (yRange[0] + yRange[1]) / 2,
  };
  const x = zoom(xRange, factor, centre.x, full.x, log);
  const y = zoom(yRange, factor, centre.y, [Math.min(0, full.y[0]), Math.max(100, full.y[1])]);
  const wide = x[0] <= full.x[0] && x[1] >= full.x[1] && y[1] - y[0] >= full.y[1] - full.y[0];
  zoomed.value = wide ? full : { x, y };
}

function panBy(x: number, y: number): void {
  const { xRange, yRange, log } = scene.peek();
  const full = whole.peek();
  zoomed.value = {
    x: pan(xRange, x, full.x, log),
    y: pan(yRange, y, [Math.min(0, full.y[0]), Math.max(100, full.y[1])]),
  };
}

/** What the chart says to those who don't see it. */
function chartLabel(): string {
  const key = costKey.value;
  const format = costFormat(key);
  const line = front.value;
  const parts = [
    t(
      '{0} ({1}) against {2}, {3} candidates.',
      accuracyTitle(run.value?.measure),
      accuracyName(accuracyKey.value),
      costName(key),
      ys.value.reduce((n, value) => n + Number(!Number.isNaN(value)), 0),
    ),
  ];
  if (line.length > 0) {
    const [a, b] = [line[0], line[line.length - 1]];
    parts.push(
      t(
        'The front goes from {0} at {1} to {2} at {3}.',
        percent(ys.value[a]),
        format(xs.value[a]),
        percent(ys.value[b]),
        format(xs.value[b]),
      ),
    );
  }
  for (const { label, x, y } of namedMarks.value)
    parts.push(t('{0}: {1} at {2}.', label, percent(y), format(x)));
  const bend = kneeIndex.value;
  if (bend >= 0)
    parts.push(t('{0}: {1} at {2}.', t('knee'), percent(ys.value[bend]), format(xs.value[bend])));
  const chosen = chosenIndex.value;
  if (chosen >= 0) parts.push(t('Chosen: {0}.', pointWords(chosen)));
  return parts.join(' ');
}

/** The next point for an arrow key: left and right along the front, up and down by reward. */
function step(key: string, from: number): number {
  const line = front.peek();
  const order = ranking.peek()?.order ?? [];
  const ranks = ranking.peek()?.ranks;
  const at = from >= 0 ? from : chosenIndex.peek();
  if (at < 0) return line[0] ?? order[0] ?? -1;
  const x = xs.peek()[at];
  switch (key) {
    case 'ArrowRight':
      return line.find((i) => xs.peek()[i] > x) ?? at;
    case 'ArrowLeft':
      return line.findLast((i) => xs.peek()[i] < x) ?? at;
    case 'ArrowUp':
      return order[Math.max(0, (ranks?.[at] ?? 0) - 1)] ?? at;
    case 'ArrowDown':
      return order[Math.min(order.length - 1, (ranks?.[at] ?? 0) + 1)] ?? at;
    case 'Home':
      return line[0] ?? at;
    default:
      return line.at(-1) ?? at;
  }
}

/** The chart with its pointer and keyboard. */
export function TradeoffChart() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [heard, setHeard] = useState('');

  useEffect(() => {
    const made = new Plot(canvas.current!, (drawn) => {
      if (JSON.stringify(drawn) !== JSON.stringify(axes.peek())) axes.value = drawn;
    });
    plot.current = made;
    let frameRequest = 0;
    const stop = effect(() => {
      // read now, so that the effect knows what it depends on; drawn once a frame
      const [now, colours] = [scene.value, palette.value];
      cancelAnimationFrame(frameRequest);
      frameRequest = requestAnimationFrame(() => made.show(now, colours));
    });
    const element = frame.current!;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const at = where(event);
      zoomBy(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.004))), made.value(at.x, at.y));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      stop();
      cancelAnimationFrame(frameRequest);
      element.removeEventListener('wheel', wheel);
      made.destroy();
      axes.value = null;
      hovered.value = -1;
      cursor.value = -1;
    };
  }, []);

  const where = (event: MouseEvent) => {
    const bounds = canvas.current!.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  };
  const drag = useRef<{ x: number; y: number; pan: boolean; moved: boolean } | null>(null);

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    drag.current = { ...where(event), pan: event.altKey, moved: false };
    frame.current!.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent) => {
    const at = where(event);
    const from = drag.current;
    const { left, right, top, bottom } = plot.current!.area;
    if (from && (from.moved || Math.hypot(at.x - from.x, at.y - from.y) > 5)) {
      from.moved = true;
      hovered.value = -1;
      if (from.pan) {
        panBy((from.x - at.x) / (right - left), (at.y - from.y) / (bottom - top));
        drag.current = { ...at, pan: true, moved: true };
      } else {
        const clampX = (x: number) => Math.max(left, Math.min(right, x));
        const clampY = (y: number) => Math.max(top, Math.min(bottom, y));
        box.value = {
          x0: clampX(Math.min(from.x, at.x)),
          x1: clampX(Math.max(from.x, at.x)),
          y0: clampY(Math.min(from.y, at.y)),
          y1: clampY(Math.max(from.y, at.y)),
        };
      }
      return;
    }
    hovered.value = plot.current!.nearest(at.x, at.y);
  };
  const onPointerUp = (event: PointerEvent) => {
    const from = drag.current;
    const drawn = box.value;
    drag.current = null;
    box.value = null;
    if (!from) return;
    if (from.moved) {
      if (drawn && drawn.x1 - drawn.x0 > 8 && drawn.y1 - drawn.y0 > 8) {
        const a = plot.current!.value(drawn.x0, drawn.y1);
        const b = plot.current!.value(drawn.x1, drawn.y0);
        zoomed.value = { x: [a.x, b.x] as Range, y: [a.y, b.y] as Range };
      }
      return;
    }
    const found = plot.current!.nearest(from.x, from.y);
    if (found < 0) return;
    pick(found, event.shiftKey);
    cursor.value = -1;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey) return;
    const arrows = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
    const at = cursor.value >= 0 ? cursor.value : chosenIndex.value;
    if (event.shiftKey && arrows.includes(event.key)) {
      const by = 0.15;
      panBy(
        event.key === 'ArrowLeft' ? -by : event.key === 'ArrowRight' ? by : 0,
        event.key === 'ArrowDown' ? -by : event.key === 'ArrowUp' ? by : 0,
      );
    } else if (arrows.includes(event.key) || event.key === 'Home' || event.key === 'End') {
      cursor.value = step(event.key, cursor.value);
      if (cursor.value >= 0) setHeard(pointWords(cursor.value));
    } else if (event.key === '+' || event.key === '=') zoomBy(1 / 1.4);
    else if (event.key === '-') zoomBy(1.4);
    else if (event.key === '0') zoomed.value = null;
    else if (event.key === 'Escape' && (cursor.value >= 0 || box.value)) {
      cursor.value = -1;
      box.value = null;
      drag.current = null;
    } else if ((event.key === 'Enter' || event.key === ' ') && at >= 0) {
      pick(at);
      setHeard(t('Chosen: {0}.', pointWords(at)));
    } else if (event.key === 'c' && at >= 0) pick(at, true);
    else if (event.key === 's' && at >= 0) void toggleStar(refOf(at)!);
    else return;
    event.preventDefault();
  };

  const shown = hovered.value >= 0 ? hovered.value : cursor.value;
  const size = boardNow.value?.columns.size ?? 0;
  return (
    <div
      ref={frame}
      class="plot"
      role="group"
      tabIndex={0}
      aria-label={t(
        'Trade-off chart: left and right follow the front, up and down the reward, Enter chooses',
      )}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerLeave={() => (hovered.value = -1)}
      onPointerCancel={() => {
        drag.current = null;
        box.value = null;
      }}
      onDblClick={() => (zoomed.value = null)}
      onBlur={() => (cursor.value = -1)}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} role="img" aria-label={chartLabel()} />
      {shown >= 0 && shown < size && plot.current && (
        <PointTip
          index={shown}
          at={plot.current.pixel(xs.value[shown], ys.value[shown])}
          area={plot.current.area}
        />
      )}
      <span class="only-heard" aria-live="polite">
        {heard}
      </span>
    </div>
  );
}
