import type { Numbering } from '../classes.ts';
import type { Shape } from '../pixels/decode.ts';
import type { Item } from '../source.ts';
import type { Split } from '../types.ts';
import type { SplitName } from '../../terms/scores.ts';

/** The images of these numbers, as `read` gives them, their classes numbered as a network's outputs. */
export function splitOf(
  name: SplitName,
  indices: Int32Array,
  items: readonly Item[],
  { outputs }: Pick<Numbering, 'outputs'>,
  shape: Shape,
  read: Reader,
): Split {
  const labels = Int32Array.from(indices, (i) => outputs[items[i].label]);
  return new ReadySplit(name, indices, labels, shape, read);
}

/** Reads images by their numbers; `among` are those that may stand in for a broken one. */
export type Reader = (indices: number[], out: Uint8Array, among: Int32Array) => Promise<void>;

class ReadySplit implements Split {
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;

  constructor(
    readonly name: SplitName,
    private readonly indices: Int32Array,
    readonly labels: Int32Array,
    shape: Shape,
    private readonly reader: Reader,
  ) {
    this.size = indices.length;
    this.height = shape.height;
    this.width = shape.width;
    this.channels = shape.channels;
  }

  async read(indices: ArrayLike<number>, out: Uint8Array): Promise<void> {
    const own = new Array<number>(indices.length);
    for (let k = 0; k < own.length; k++) {
      const index = this.indices[indices[k]];
      if (index === undefined) throw new RangeError(`No image ${indices[k]} in a split of ${this.size}.`);
      own[k] = index;
    }
    const bytes = own.length * this.height * this.width * this.channels;
    if (out.length < bytes) throw new RangeError(`${bytes} bytes don't fit ${out.length}.`);
    await this.reader(own, out, this.indices);
  }
}
