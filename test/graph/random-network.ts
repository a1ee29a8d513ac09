import { GraphBuilder } from '../support/builder.ts';
import { Random } from '../../src/graph/random.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';

/**
 * A network of random steps, each on random earlier values, whatever fits; then all loose ends meet in a dense layer.
 * Nothing about groups is known here: only that pruning must equal zeroing, and permutations change nothing.
 */
export function randomNetwork(seed: number, steps: number): { graph: Graph; weights: Weights } {
  const random = new Random(seed);
  const b = new GraphBuilder({ seed, lively: true });
  const values = [b.input([4, 4, 2])];
  const unread = new Set<string>();
  if (random.uniform() < 0.3) values.push(b.input([4, 4, 3]));
  const convolutions: string[] = [];
  const width = () => random.pick([2, 4, 6, 8]);
  const channels = (id: string) => b.shape(id).at(-1)!;
  const twin = (x: string): string => {
    const same = values.filter((v) => b.shape(v).join() === b.shape(x).join() && v !== x);
    return same.length > 0 && random.uniform() < 0.7 ? random.pick(same) : b.conv(x, channels(x), 1);
  };
  const makers: ((x: string) => string)[] = [
    (x) => b.conv(x, width(), random.pick([1, 3])),
    (x) => {
      const y = b.conv(x, width(), 3, { bias: random.uniform() < 0.5 });
      convolutions.push(y);
      return y;
    },
    (x) => {
      const fitting = convolutions.filter((c) => channels(inputs.get(c)!) === channels(x));
      return fitting.length > 0 ? b.conv(x, 1, 3, { share: random.pick(fitting) }) : b.batchNorm(x);
    },
    (x) => {
      const y = b.conv(x, channels(x), 3);
      return b.merge('add', [y, b.conv(b.relu(y), channels(x), 3, { share: y })]);
    },
    (x) => {
      const y = b.conv(x, width(), 3);
      const z = b.conv(twin(x), 1, 3, { share: y });
      return random.uniform() < 0.5 ? b.concat([y, z]) : z;
    },
    (x) => b.depthwise(x, 3, { multiplier: random.pick([1, 2]) }),
    (x) => {
      const groups = random.pick([2, channels(x)]);
      return channels(x) % groups === 0 ? b.conv(x, groups * random.pick([1, 2]), 3, { groups }) : b.relu(x);
    },
    (x) => b.convTranspose(x, width(), 3),
    (x) => b.batchNorm(x, { scale: random.uniform() < 0.5, center: random.uniform() < 0.5 }),
    (x) => b.activation(x, random.pick(['relu', 'swish', 'sigmoid', 'elu'])),
    (x) => b.prelu(x),
    (x) => b.layerNorm(x),
    (x) => {
      const count = random.pick([1, 2, channels(x)]);
      if (channels(x) % count !== 0) return b.relu(x);
      const op = {
        kind: 'groupNorm',
        epsilon: 1e-3,
        fixed: random.pick(['groups', 'channels'] as const),
        count,
      } as const;
      return b.add(op, [x], {}, { gamma: [[channels(x)], 'ones'], beta: [[channels(x)], 'zeros'] });
    },
    (x) => b.add({ kind: 'unitNorm', axes: [2], least: 1e-6 }, [x]),
    (x) => (channels(x) % 2 === 0 && channels(x) > 2 ? b.add({ kind: 'glu', axis: 2 }, [x]) : b.relu(x)),
    (x) => {
      const c = [channels(x)];
      const scaled = b.add({ kind: 'scale' }, [x], {}, { gamma: [c, 'ones'] });
      const op = { kind: 'normalize', axes: [2], invert: random.uniform() < 0.5 } as const;
      return b.add(op, [scaled], {}, { mean: [c, 'zeros'], variance: [c, 'ones'] });
    },
    (x) => {
      const how = random.pick(['mean', 'max'] as const);
      return b.merge('multiply', [x, b.add({ kind: 'reduce', how, axes: [2], keepDims: true }, [x])]);
    },
    (x) => b.merge(random.pick(['add', 'multiply', 'maximum', 'average']), [x, twin(x)]),
    (x) => b.merge('add', [twin(x), x, twin(x)]),
    (x) => b.concat([x, random.pick(values)]),
    (x) => b.concat([x, x]),
    (x) => b.concat([random.pick(values), x, b.conv(x, width(), 1)]),
    (x) => {
      const s = b.dense(b.globalPool(x), width());
      return b.merge('multiply', [x, b.reshape(b.dense(s, channels(x)), [1, 1, channels(x)])]);
    },
    (x) => b.merge('multiply', [x, b.conv(x, 1, 1)]),
    (x) => {
      const n = channels(x);
      if (n % 2 === 1) return b.dense(x, n);
      const parts = b.permute(b.reshape(x, [4, 4, 2, n / 2]), [0, 1, 3, 2]);
      return b.reshape(parts, [4, 4, n]);
    },
    (x) => b.reshape(b.reshape(x, [16, channels(x)]), [4, 4, channels(x)]),
    (x) => b.reshape(b.dense(b.flatten(x), 16 * 2), [4, 4, 2]),
    (x) => b.pool('maxPool', x, 3, { stride: 1, padding: 'same' }),
    (x) => b.softmax(x),
    (x) => b.permute(x, [1, 0, 2]),
    (x) => {
      const all = Array.from({ length: channels(x) }, (_, c) => c);
      const positions = random.pick([
        all.toReversed(),
        all.slice(all.length >> 1),
        random.shuffle(all).slice(0, width()),
        [...all, ...all],
      ]);
      return b.add({ kind: 'gather', axis: 2, positions }, [x]);
    },
    (x) => {
      const step = random.pick([2, -2, 3]);
      const far = Array.from({ length: channels(x) }, (_, c) => c).filter((c) => c % Math.abs(step) === 0);
      if (far.length < 2) return b.relu(x);
      const positions = step < 0 ? far.toReversed() : far;
      return b.add({ kind: 'gather', axis: 2, positions, step }, [x]);
    },
    (x) => b.crop(b.zeroPad(x, [1, 0, 2, 0]), [0, 1, 1, 1]),
  ];
  const inputs = new Map<string, string>();
  for (let i = 0; i < steps; i++) {
    const x = random.pick(values.slice(-6));
    if (channels(x) > 24) continue;
    const y = random.pick(makers)(x);
    inputs.set(y, x);
    values.push(y);
    unread.delete(x);
    unread.add(y);
  }
  const ends = [...unread].map((x) => (random.uniform() < 0.5 ? b.flatten(x) : b.globalPool(x)));
  const joined = ends.length > 1 ? b.concat(ends) : (ends[0] ?? b.flatten(values[0]));
  return b.build(b.dense(joined, 3));
}
