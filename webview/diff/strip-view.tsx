import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { DiffLayerView } from '../../src/protocol/views.ts';
import { palette } from '../charts/palette.ts';
import { t } from '../strings.ts';
import { drawStrip } from './draw.ts';
import { cellAt, cells, describe } from './strip.ts';
import type { Cell } from './strip.ts';

/** pixels */
const STRIP_HEIGHT = 14;

/** A layer's channels in words. */
function stripWords({ layer, channels, width }: DiffLayerView): string {
  if (channels === null)
    return t('{0}: {1} channels, then {2}; they can’t be matched one by one', layer, width.a, width.b);
  const words = { k: t('kept'), r: t('removed'), a: t('added'), x: t('on neither side') };
  return `${layer}: ${describe(channels, words)}`;
}

export interface StripProps {
  readonly layer: DiffLayerView;
  /** pixels */
  readonly width: number;
  readonly heights: boolean;
  /** channel under the keyboard, -1 for none */
  readonly cursor: number;
  readonly onHover: (cell: Cell | null, event: PointerEvent) => void;
}

/** One layer's channels, each a cell. */
export function Strip({ layer, width, heights, cursor, onHover }: StripProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = palette.value;
  const made = useMemo(
    () => (layer.channels === null ? [] : cells(layer.channels, width, layer.importance)),
    [layer, width],
  );
  const words = useMemo(() => stripWords(layer), [layer]);
  useEffect(() => {
    const ratio = window.devicePixelRatio;
    const element = canvas.current!;
    element.width = Math.max(1, Math.round(width * ratio));
    element.height = Math.round(STRIP_HEIGHT * ratio);
    const context = element.getContext('2d')!;
    context.scale(ratio, ratio);
    if (layer.channels === null) drawWidths(context, layer.width, width, colours.dim);
    else drawStrip(context, made, STRIP_HEIGHT, colours, heights, cursor);
  }, [made, width, heights, cursor, colours, layer]);
  return (
    <span class="strip">
      <canvas
        ref={canvas}
        role="img"
        aria-label={words}
        onPointerMove={(event) => onHover(cellAt(made, event.offsetX) ?? null, event)}
        onPointerLeave={(event) => onHover(null, event)}
      />
    </span>
  );
}

/** Two widths one above the other, for layers whose channels can't be matched. */
function drawWidths(
  context: CanvasRenderingContext2D,
  { a, b }: { readonly a: number; readonly b: number },
  width: number,
  colour: string,
): void {
  const most = Math.max(a, b, 1);
  context.fillStyle = colour;
  context.globalAlpha = 0.4;
  context.fillRect(0, 1, (width * a) / most, 5);
  context.globalAlpha = 0.9;
  context.fillRect(0, 8, (width * b) / most, 5);
}
