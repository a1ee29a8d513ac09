import { batches } from '../src/data/batches.ts';
import { PREPROCESSES } from '../src/data/pixels/preprocess.ts';
import type { Split } from '../src/data/types.ts';
import { GraphBuilder } from '../test/support/builder.ts';
import { findGroups } from '../src/graph/channels.ts';
import { Random } from '../src/graph/random.ts';

/** Seeded noise in memory. */
function noiseSplit(size: number, side: number, channels: number): Split {
  const random = new Random(11);
  const image = side * side * channels;
  const pixels = Uint8Array.from({ length: size * image }, () => random.uint32() & 255);
  return {
    name: 'train',
    size,
    height: side,
    width: side,
    channels,
    labels: new Int32Array(size),
    async read(indices, out) {
      for (let k = 0; k < indices.length; k++)
        out.set(pixels.subarray(indices[k] * image, (indices[k] + 1) * image), k * image);
    },
  };
}

/** Processor milliseconds of the quickest of five runs, after one to warm up. */
async function quickest(work: () => unknown): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < 6; i++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    if (i) best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

async function main(): Promise<void> {
  for (const [side, channels] of [
    [28, 1],
    [32, 3],
  ]) {
    const split = noiseSplit(1024, side, channels);
    const preprocess = PREPROCESSES[channels === 3 ? 'imagenet' : 'unit'];
    const milliseconds = await quickest(async () => {
      const augmentation = { flip: true, shift: 4 };
      const order = new Random(1);
      for await (const batch of batches(split, preprocess, { batchSize: 128, order, augmentation }))
        void batch;
    });
    const rate = Math.round((1024 / milliseconds) * 1000);
    console.log(`batches of ${side} x ${side} x ${channels}, augmented: ${rate} images a second`);
  }
  const b = new GraphBuilder();
  let x = b.conv(b.input([4, 4, 3]), 64, 1);
  for (let i = 0; i < 1000; i++) x = b.merge('add', [x, b.relu(b.batchNorm(b.conv(b.relu(x), 64, 1)))]);
  const { graph } = b.build(b.dense(b.globalPool(x), 10));
  const milliseconds = await quickest(() => findGroups(graph));
  console.log(`channel groups of 1,000 layers, ${graph.nodes.length} nodes: ${milliseconds.toFixed(0)} ms`);
}

void main();
