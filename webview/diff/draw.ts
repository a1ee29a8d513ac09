import type { Palette } from '../charts/palette.ts';
import type { Cell } from './strip.ts';

/**
 * Draws a strip: kept cells are filled, removed ones are outlined and hatched, added ones have a plus; so they are
 * told apart without colour. With `heights` the fill's height is the channel's importance.
 *
 * @param context scaled to CSS pixels
 * @param cursor channel under the keyboard or the pointer, -1 for none
 */
export function drawStrip(
  context: CanvasRenderingContext2D,
  cells: readonly Cell[],
  height: number,
  colours: Palette,
  heights: boolean,
  cursor: number,
): void {
  for (const cell of cells) {
    const gap = cell.width >= 3.5 ? 1 : 0;
    const x = Math.round(cell.x);
    const width = Math.max(1, Math.round(cell.x + cell.width) - x - gap);
    const removedTop = height * (cell.removed + (1 - cell.removed - cell.kept - cell.added));
    if (cell.removed > 0) removed(context, x, width, height * cell.removed, colours, !heights);
    if (cell.kept > 0) kept(context, x, width, removedTop, height, cell, colours, heights);
    if (cell.added > 0) added(context, x, width, height - height * cell.added, height, colours);
    if (heights && cell.importance !== null && cell.kept === 0 && cell.removed > 0) {
      context.fillStyle = colours.removed;
      context.globalAlpha = 0.55;
      const tall = Math.max(1, Math.round((height - 2) * cell.importance));
      context.fillRect(x + 1, height - 1 - tall, Math.max(1, width - 2), tall);
      context.globalAlpha = 1;
    }
    if (cursor >= cell.first && cursor < cell.end) {
      context.strokeStyle = colours.text;
      context.lineWidth = 2;
      context.strokeRect(x - 0.5, 1, width + 1, height - 2);
    }
  }
}

function kept(
  context: CanvasRenderingContext2D,
  x: number,
  width: number,
  top: number,
  height: number,
  cell: Cell,
  colours: Palette,
  heights: boolean,
): void {
  context.fillStyle = colours.kept;
  const full = height - top;
  if (!heights || cell.importance === null) {
    context.fillRect(x, top, width, full);
    return;
  }
  context.globalAlpha = colours.highContrast ? 0.35 : 0.28;
  context.fillRect(x, top, width, full);
  context.globalAlpha = 1;
  const tall = Math.max(1.5, full * cell.importance);
  context.fillRect(x, height - tall, width, tall);
}

function removed(
  context: CanvasRenderingContext2D,
  x: number,
  width: number,
  height: number,
  colours: Palette,
  hatched: boolean,
): void {
  context.strokeStyle = colours.removed;
  context.fillStyle = colours.removed;
  context.lineWidth = 1;
  if (width < 4) {
    // too narrow for an outline: a thin line above and below, nothing between
    context.globalAlpha = 0.9;
    context.fillRect(x, 0, width, 1);
    context.fillRect(x, Math.max(1, height - 1), width, 1);
    context.globalAlpha = 1;
    return;
  }
  context.globalAlpha = 0.85;
  context.strokeRect(x + 0.5, 0.5, width - 1, height - 1);
  context.globalAlpha = 0.4;
  if (!hatched || width < 6) {
    context.globalAlpha = 1;
    return;
  }
  context.save();
  context.beginPath();
  context.rect(x + 1, 1, width - 2, height - 2);
  context.clip();
  context.beginPath();
  for (let at = x - height; at < x + width; at += 5) {
    context.moveTo(at, height);
    context.lineTo(at + height, 0);
  }
  context.stroke();
  context.restore();
  context.globalAlpha = 1;
}

function added(
  context: CanvasRenderingContext2D,
  x: number,
  width: number,
  top: number,
  height: number,
  colours: Palette,
): void {
  context.fillStyle = colours.accent;
  context.fillRect(x, top, width, height - top);
  if (width < 6 || height - top < 8) return;
  const [cx, cy] = [x + width / 2, (top + height) / 2];
  context.fillStyle = colours.background;
  context.fillRect(cx - 3, cy - 0.75, 6, 1.5);
  context.fillRect(cx - 0.75, cy - 3, 1.5, 6);
}
