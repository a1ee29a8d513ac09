import type { Box } from '../../charts/labels.ts';
import type { Palette } from '../../charts/palette.ts';
import type { Pixel, Scene } from './scene.ts';

/** Half of the stroke at a whisker's ends, pixels. */
const CAP = 3;

/** Standard errors as thin whiskers, in the colours of their points. */
export function drawBars(
  context: CanvasRenderingContext2D,
  { bars }: Scene,
  colours: Palette,
  area: Box,
  pixel: Pixel,
): void {
  const colour = { own: colours.accent, control: colours.removed, original: colours.text };
  context.lineWidth = 1.25;
  for (const { x, y, error, of } of bars) {
    const [high, low] = [pixel(x, y + error), pixel(x, y - error)];
    if (high.x < area.left || high.x > area.right || high.y > area.bottom) continue;
    context.strokeStyle = colour[of];
    context.beginPath();
    context.moveTo(high.x, high.y);
    context.lineTo(low.x, low.y);
    for (const end of [high, low]) {
      context.moveTo(end.x - CAP, end.y);
      context.lineTo(end.x + CAP, end.y);
    }
    context.stroke();
  }
}
