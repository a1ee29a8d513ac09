/**
 * How proportions are treated. crop: the largest part of the network's proportions, from the middle. box: the same, but
 * filters see what lies outside of it (PIL's `box`). centre: scaled to 8/7 of the network's size, then the middle of
 * that.
 */
export type Fit = 'stretch' | 'crop' | 'box' | 'centre';

/** What becomes of one direction: the pixels `from` .. `to` become `scaled`, of which `count` from `first` on are shown. */
export interface Axis {
  /** pixels `low` .. `high` may be looked at */
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
  readonly scaled: number;
  readonly first: number;
  readonly count: number;
}

/** Down and across. */
export function axesOf(
  fit: Fit,
  picture: { readonly height: number; readonly width: number },
  height: number,
  width: number,
): [Axis, Axis] {
  const { height: h, width: w } = picture;
  switch (fit) {
    case 'stretch':
      return [whole(h, height), whole(w, width)];
    case 'crop':
    case 'box': {
      const hard = fit === 'crop';
      return [
        cropped(h, Math.max(1, Math.min(h, share(w, height, width, hard))), height, hard),
        cropped(w, Math.max(1, Math.min(w, share(h, width, height, hard))), width, hard),
      ];
    }
    case 'centre': {
      const wanted = Math.round((Math.min(height, width) * 256) / 224);
      const grown = wanted / Math.min(height, width);
      // the side that decides, and the other in its proportion, rounded down
      const byHeight = (height * grown) / h >= (width * grown) / w;
      const tall = byHeight ? Math.round(height * grown) : Math.floor((Math.round(width * grown) * h) / w);
      const wide = byHeight ? Math.floor((Math.round(height * grown) * w) / h) : Math.round(width * grown);
      return [centred(h, Math.max(tall, height), height), centred(w, Math.max(wide, width), width)];
    }
  }
}

function whole(size: number, scaled: number): Axis {
  return { low: 0, high: size, from: 0, to: size, scaled, first: 0, count: scaled };
}

/** How long one side may be beside the other: in single precision as TensorFlow has it, or in whole numbers. */
function share(other: number, wanted: number, otherWanted: number, single: boolean): number {
  const exact = (other * wanted) / otherWanted;
  return Math.floor(single ? Math.fround(exact) : exact);
}

function cropped(size: number, part: number, scaled: number, hard: boolean): Axis {
  const from = Math.floor((size - part) / 2);
  const to = from + part;
  return { low: hard ? from : 0, high: hard ? to : size, from, to, scaled, first: 0, count: scaled };
}

function centred(size: number, scaled: number, count: number): Axis {
  return { ...whole(size, scaled), first: halfToEven((scaled - count) / 2), count };
}

/** As Python rounds. */
function halfToEven(value: number): number {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down & 1) : Math.round(value);
}

/** Where a picture comes to lie between black bars, and how large: tf.image.resize_with_pad, in its single precision. */
export function between(
  picture: { readonly height: number; readonly width: number },
  height: number,
  width: number,
): { top: number; left: number; tall: number; wide: number } {
  const f = Math.fround;
  const ratio = Math.max(f(picture.width / width), f(picture.height / height));
  const [tall, wide] = [f(picture.height / ratio), f(picture.width / ratio)];
  return {
    top: Math.max(0, Math.floor(f(height - tall) / 2)),
    left: Math.max(0, Math.floor(f(width - wide) / 2)),
    tall: Math.max(1, Math.floor(tall)),
    wide: Math.max(1, Math.floor(wide)),
  };
}
