import { overlap } from '../../charts/labels.ts';
import type { Box } from '../../charts/labels.ts';
import type { Palette } from '../../charts/palette.ts';
import type { Pixel, Scene } from './scene.ts';

/** Pixels between two labels. */
const GAP = 8;

/**
 * The run's targets as upright lines with their labels; one that is held is a line of its own, and where it rests is
 * still seen.
 * @returns where the labels are
 */
export function drawTargets(
  context: CanvasRenderingContext2D,
  { targets, yRange }: Scene,
  colours: Palette,
  area: Box,
  pixel: Pixel,
): Box[] {
  const taken: Box[] = [];
  const upright = (cost: number, width: number, dash: readonly number[]) => {
    const { x } = pixel(cost, yRange[1]);
    if (!(x >= area.left && x <= area.right)) return null;
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.beginPath();
    context.moveTo(x, area.top - 8);
    context.lineTo(x, area.bottom);
    context.stroke();
    context.setLineDash([]);
    return x;
  };
  // of labels without room, the one that is held and the goal's stay
  const order = [...targets].sort(
    (a, b) => Number(b.held) - Number(a.held) || Number(b.goal) - Number(a.goal),
  );
  for (const { rests, at, held, goal, label } of order) {
    context.strokeStyle = colours.dim;
    if (at !== rests) upright(rests, 1, [1, 3]);
    context.strokeStyle = colours.warning;
    const x = held ? upright(at, 1.75, []) : upright(at, goal ? 1.25 : 1, goal ? [5, 3] : [2, 4]);
    if (x === null) continue;
    const width = context.measureText(label).width;
    const boxes = [x + 5, x - 5 - width].map((left) => ({
      left,
      top: area.top - 10,
      right: left + width,
      bottom: area.top + 4,
    }));
    const free = boxes.find(
      (box) =>
        box.left >= area.left && box.right <= area.right && !taken.some((other) => overlap(box, other)),
    );
    if (!free) continue;
    context.fillStyle = colours.warning;
    context.fillText(label, free.left, area.top - 3);
    taken.push({ ...free, left: free.left - GAP, right: free.right + GAP });
  }
  return taken;
}
