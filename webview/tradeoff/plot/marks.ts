import { place } from '../../charts/labels.ts';
import type { Box } from '../../charts/labels.ts';
import type { Palette } from '../../charts/palette.ts';
import { drawBars } from './bars.ts';
import type { NamedMark, Pixel, Scene } from './scene.ts';
import { drawTargets } from './target-lines.ts';

const FONT = 11;

/** What stands above the points: targets, errors, original, controls with their names, stars, the chosen, the second, the cursor. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  scene: Scene,
  colours: Palette,
  area: Box,
  pixel: Pixel,
): void {
  context.save();
  context.font = `${FONT}px ${colours.font}`;
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  const taken = drawTargets(context, scene, colours, area, pixel);
  context.save();
  context.beginPath();
  context.rect(area.left - 8, area.top - 8, area.right - area.left + 16, area.bottom - area.top + 12);
  context.clip();
  drawBars(context, scene, colours, area, pixel);
  for (const i of scene.starred) {
    const at = point(scene, i, pixel, area);
    if (at) star(context, at.x, at.y, colours);
  }
  drawNamed(context, scene, colours, area, pixel, taken);
  const ring = (i: number, radius: number, width: number, colour: string) => {
    const at = point(scene, i, pixel, area);
    if (!at) return;
    for (const [line, stroke] of [
      [width + 2, colours.background],
      [width, colour],
    ] as const) {
      context.lineWidth = line;
      context.strokeStyle = stroke;
      context.beginPath();
      context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
      context.stroke();
    }
  };
  if (scene.hovered >= 0) ring(scene.hovered, 5, 1, colours.text);
  if (scene.second >= 0) {
    const at = point(scene, scene.second, pixel, area);
    if (at) {
      context.strokeStyle = colours.text;
      context.lineWidth = 2;
      context.strokeRect(at.x - 6, at.y - 6, 12, 12);
    }
  }
  if (scene.chosen >= 0) {
    ring(scene.chosen, 7, 2, colours.text);
    const at = point(scene, scene.chosen, pixel, area);
    if (at) {
      context.fillStyle = colours.text;
      context.beginPath();
      context.arc(at.x, at.y, 2.2, 0, 2 * Math.PI);
      context.fill();
    }
  }
  if (scene.cursor >= 0) ring(scene.cursor, 10, 1.5, colours.accent);
  context.restore();
  if (scene.box) {
    const { x0, y0, x1, y1 } = scene.box;
    context.fillStyle = colours.accent;
    context.strokeStyle = colours.accent;
    context.globalAlpha = 0.15;
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    context.globalAlpha = 1;
    context.lineWidth = 1;
    context.strokeRect(x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0);
  }
  context.restore();
}

/** Pixels of a candidate; what lies below the axis stands on its edge. */
function point(scene: Scene, i: number, pixel: Pixel, area: Box): { x: number; y: number } | null {
  if (!Number.isFinite(scene.x[i]) || !Number.isFinite(scene.y[i])) return null;
  const at = pixel(scene.x[i], scene.y[i]);
  return { x: at.x, y: Math.min(at.y, area.bottom - 3) };
}

function drawNamed(
  context: CanvasRenderingContext2D,
  scene: Scene,
  colours: Palette,
  area: Box,
  pixel: Pixel,
  taken: Box[],
): void {
  const shown = scene.marks
    .map((mark) => ({ ...mark, at: pixel(mark.x, mark.y) }))
    // dearer than the axis shows: on its edge, with an arrow (the original, when one looks closely)
    .map((mark) =>
      mark.kind === 'original' && mark.at.x > area.right
        ? { ...mark, label: `${mark.label} →`, at: { x: area.right, y: mark.at.y } }
        : mark,
    )
    .filter(
      ({ at }) =>
        at.x >= area.left - 1 && at.x <= area.right + 1 && at.y >= area.top - 6 && at.y <= area.bottom + 1,
    );
  const chosen = scene.chosen >= 0 ? point(scene, scene.chosen, pixel, area) : null;
  if (chosen)
    taken.push({ left: chosen.x - 9, right: chosen.x + 9, top: chosen.y - 9, bottom: chosen.y + 9 });
  const labels = shown.map(({ label, named, at }) => ({
    ...at,
    width: named ? Math.ceil(context.measureText(label).width) : 0,
    height: named ? FONT + 3 : 0,
  }));
  const bounds = { left: area.left, top: area.top - 6, right: area.right + 8, bottom: area.bottom };
  const places = place(labels, bounds, 10, taken);
  const colourOf: Readonly<Record<NamedMark['kind'], string>> = {
    original: colours.text,
    control: colours.removed,
    own: colours.kept,
  };
  shown.forEach((mark, i) => {
    const colour = colourOf[mark.kind];
    const { left, top, far } = places[i];
    const y = top + labels[i].height / 2;
    if (far && mark.named) {
      context.strokeStyle = colour;
      context.lineWidth = 0.75;
      context.beginPath();
      context.moveTo(mark.at.x, mark.at.y);
      context.lineTo(left < mark.at.x ? left + labels[i].width + 2 : left - 2, y);
      context.stroke();
    }
    context.fillStyle = mark.kind === 'original' ? colour : colours.background;
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    if (mark.kind === 'control') diamond(context, mark.at.x, mark.at.y, 5);
    else context.arc(mark.at.x, mark.at.y, 5, 0, 2 * Math.PI);
    // a ring about a point of the front, which stays to be seen
    if (mark.kind !== 'own') context.fill();
    context.stroke();
    if (!mark.named) return;
    context.lineWidth = 3;
    context.strokeStyle = colours.background;
    context.strokeText(mark.label, left, y);
    context.fillStyle = colour;
    context.fillText(mark.label, left, y);
  });
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.moveTo(x, y - radius);
  context.lineTo(x + radius, y);
  context.lineTo(x, y + radius);
  context.lineTo(x - radius, y);
  context.closePath();
}

function star(context: CanvasRenderingContext2D, x: number, y: number, colours: Palette): void {
  context.beginPath();
  for (let k = 0; k < 10; k++) {
    const radius = k % 2 ? 2.6 : 6;
    const angle = (Math.PI * k) / 5 - Math.PI / 2;
    context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  context.closePath();
  context.fillStyle = colours.warning;
  context.strokeStyle = colours.background;
  context.lineWidth = 1;
  context.fill();
  context.stroke();
}
