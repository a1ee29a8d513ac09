import { GraphBuilder } from '../support/builder.ts';
import { Random } from '../../src/graph/random.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';
import type { ImageSet, Split } from '../../src/data/types.ts';
import type { Batch } from '../../src/runtime/types.ts';

/** A residual block, a depthwise layer, a concat and a flatten, in little. Input [6, 6, 1], three classes. */
export function smallNet(seed = 3, width = 8): { graph: Graph; weights: Weights } {
  const b = new GraphBuilder({ seed, lively: true });
  const x = b.input([6, 6, 1]);
  const stem = b.relu(b.batchNorm(b.conv(x, width, 3, { bias: false, name: 'stem' }), { name: 'stem_bn' }));
  let h = b.relu(b.batchNorm(b.conv(stem, width + 2, 3, { bias: false, name: 'mid' })));
  h = b.batchNorm(b.conv(h, width, 3, { bias: false, name: 'back' }));
  h = b.relu(b.merge('add', [stem, h]));
  h = b.relu(b.batchNorm(b.depthwise(h, 3, { stride: 2, bias: false, name: 'depthwise' })));
  const side = b.relu(b.conv(h, 4, 1, { name: 'side' }));
  h = b.flatten(b.concat([h, side]));
  return b.build(b.softmax(b.dense(h, 3, { name: 'classifier' })));
}

/** Three classes of noisy images: where the bright third is. */
export function batchOf(seed: number, n = 16): Batch {
  const random = new Random(seed);
  const x = new Float32Array(n * 36);
  const y = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    y[i] = random.integer(0, 2);
    for (let p = 0; p < 36; p++)
      x[i * 36 + p] = random.normal() * 0.5 + (Math.floor((p % 6) / 2) === y[i] ? 1 : 0);
  }
  return { n, x, y };
}

/** The same as an image set in memory, uint8. */
export function imageSet(train: number, validation: number): ImageSet {
  const split = (name: Split['name'], size: number, seed: number): Split => {
    const { x, y } = batchOf(seed, size);
    const bytes = Uint8Array.from(x, (v) => Math.max(0, Math.min(255, Math.round(64 * (v + 1.5)))));
    return {
      name,
      size,
      labels: y,
      height: 6,
      width: 6,
      channels: 1,
      read: async (indices, out) => {
        for (let i = 0; i < indices.length; i++)
          out.set(bytes.subarray(indices[i] * 36, (indices[i] + 1) * 36), i * 36);
      },
    };
  };
  return {
    path: 'memory',
    form: 'npz',
    classes: ['left', 'middle', 'right'],
    height: 6,
    width: 6,
    channels: 1,
    digest: '',
    train: split('train', train, 1),
    validation: split('validation', validation, 2),
    broken: [],
    close: async () => {},
  };
}

export const unit = { name: 'unit', scale: [1 / 255], offset: [0], bgr: false };
