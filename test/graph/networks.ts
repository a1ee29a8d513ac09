import type { GraphBuilder } from '../support/builder.ts';
import type { GroupOptions } from '../../src/graph/channels.ts';

/** A small network with what must be found in it. */
export interface Case {
  readonly name: string;
  readonly build: (b: GraphBuilder) => string | string[];
  /** group id -> 'size: layers that make its channels', with ' | reason' where it is frozen; all groups, in order */
  readonly groups: Readonly<Record<string, string>>;
  readonly options?: GroupOptions;
  /** holds an op that can't be executed */
  readonly opaque?: boolean;
}

const head = (b: GraphBuilder, x: string) => b.dense(b.globalPool(x), 3, { name: 'fc' });
const gather = (b: GraphBuilder, x: string, positions: readonly number[], step?: number) =>
  b.add({ kind: 'gather', axis: b.shape(x).length - 1, positions, ...(step && { step }) }, [x]);
const fc = { fc: '3: fc | network output' };
const tied = 'all its channels are tied to one another';

export const cases: readonly Case[] = [
  {
    name: 'a plain chain',
    build: (b) => {
      let x = b.relu(b.batchNorm(b.conv(b.input([6, 6, 3]), 8, 3, { name: 'a' })));
      x = b.relu(b.batchNorm(b.conv(x, 12, 3, { name: 'b', stride: 2 })));
      return head(b, x);
    },
    groups: { a: '8: a', b: '12: b', ...fc },
  },
  {
    name: 'an identity shortcut ties its ends',
    build: (b) => {
      const x = b.relu(b.conv(b.input([6, 6, 3]), 8, 3, { name: 'stem' }));
      const y = b.conv(b.relu(b.conv(x, 6, 3, { name: 'mid' })), 8, 3, { name: 'last' });
      return head(b, b.relu(b.merge('add', [x, y])));
    },
    groups: { stem: '8: stem last', mid: '6: mid', ...fc },
  },
  {
    name: 'a projection shortcut ties the two convolutions that meet',
    build: (b) => {
      const x = b.conv(b.input([6, 6, 3]), 8, 3, { name: 'stem' });
      const y = b.batchNorm(b.conv(x, 10, 3, { name: 'main', stride: 2, bias: false }));
      const z = b.batchNorm(b.conv(x, 10, 1, { name: 'projection', stride: 2, bias: false }));
      return head(b, b.merge('add', [y, z]));
    },
    groups: { stem: '8: stem', main: '10: main projection', ...fc },
  },
  {
    name: 'a tensor concatenated with itself',
    build: (b) => {
      const x = b.conv(b.input([5, 5, 3]), 6, 3, { name: 'a' });
      return head(b, b.relu(b.conv(b.concat([x, x]), 4, 3, { name: 'b' })));
    },
    groups: { a: '6: a', b: '4: b', ...fc },
  },
  {
    name: 'A and B concatenated, added to C: C falls in two groups',
    build: (b) => {
      const x = b.input([5, 5, 3]);
      const joined = b.concat([b.conv(x, 4, 3, { name: 'A' }), b.conv(x, 8, 3, { name: 'B' })]);
      return head(b, b.merge('add', [joined, b.conv(x, 12, 1, { name: 'C' })]));
    },
    groups: { A: '4: A C', B: '8: B C', ...fc },
  },
  {
    name: 'a concatenation on its own ties nothing',
    build: (b) => {
      const x = b.input([5, 5, 3]);
      const joined = b.concat([b.conv(x, 4, 3, { name: 'A' }), b.conv(x, 6, 3, { name: 'B' })]);
      return head(b, b.batchNorm(b.conv(b.batchNorm(joined, { scale: false }), 5, 1, { name: 'C' })));
    },
    groups: { A: '4: A', B: '6: B', C: '5: C', ...fc },
  },
  {
    name: 'the same parts concatenated in another order and added tie crosswise',
    build: (b) => {
      const x = b.input([5, 5, 3]);
      const A = b.conv(x, 4, 3, { name: 'A' });
      const B = b.conv(x, 4, 3, { name: 'B' });
      return head(b, b.merge('add', [b.concat([A, B]), b.concat([B, A])]));
    },
    groups: { A: '4: A B', ...fc },
  },
  {
    name: 'a depthwise convolution passes channels on',
    build: (b) => {
      const x = b.relu(b.conv(b.input([6, 6, 3]), 8, 3, { name: 'a' }));
      return head(b, b.conv(b.relu(b.batchNorm(b.depthwise(x, 3))), 5, 1, { name: 'b' }));
    },
    groups: { a: '8: a', b: '5: b', ...fc },
  },
  {
    name: 'a depthwise multiplier makes a run of outputs of each channel',
    build: (b) => {
      const x = b.conv(b.input([6, 6, 3]), 4, 3, { name: 'a' });
      const y = b.batchNorm(b.depthwise(x, 3, { multiplier: 3, stride: 2 }));
      return head(b, b.conv(y, 5, 1, { name: 'b' }));
    },
    groups: { a: '4: a', b: '5: b', ...fc },
  },
  {
    name: 'a depthwise multiplier on the input of an addition',
    build: (b) => {
      const x = b.input([6, 6, 3]);
      const y = b.depthwise(b.conv(x, 4, 3, { name: 'a' }), 3, { multiplier: 2 });
      return head(b, b.merge('add', [y, b.conv(x, 8, 1, { name: 'b' })]));
    },
    groups: { a: '4: a b', ...fc },
  },
  {
    name: 'conv groups stay equally wide, on both sides',
    build: (b) => {
      const x = b.relu(b.conv(b.input([6, 6, 3]), 12, 3, { name: 'a' }));
      return head(b, b.relu(b.conv(x, 8, 3, { name: 'g', groups: 2 })));
    },
    groups: { a: '6: a', g: '4: g', ...fc },
  },
  {
    name: 'grouped convolutions in a row and a shortcut around them',
    build: (b) => {
      const x = b.conv(b.input([5, 5, 3]), 12, 1, { name: 'a' });
      const y = b.conv(b.conv(x, 6, 3, { name: 'g', groups: 3 }), 12, 1, { name: 'h', groups: 2 });
      return head(b, b.merge('add', [x, y]));
    },
    groups: { a: '2: a h', g: `1: g | ${tied}`, ...fc },
  },
  {
    name: 'a convolution with as many groups as channels is depthwise',
    build: (b) => {
      const x = b.conv(b.input([5, 5, 3]), 6, 3, { name: 'a' });
      return head(b, b.batchNorm(b.conv(x, 12, 3, { name: 'g', groups: 6 })));
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'a convolution of one channel is not depthwise',
    build: (b) => head(b, b.conv(b.conv(b.input([5, 5, 1]), 6, 3, { name: 'a' }), 4, 3, { name: 'b' })),
    groups: { a: '6: a', b: '4: b', ...fc },
  },
  {
    name: 'channel shuffle between grouped convolutions',
    build: (b) => {
      let x = b.conv(b.input([4, 4, 3]), 8, 1, { name: 'a' });
      x = b.relu(b.conv(x, 12, 1, { name: 'g', groups: 2 }));
      x = b.reshape(b.permute(b.reshape(x, [4, 4, 2, 6]), [0, 1, 3, 2]), [4, 4, 12]);
      return head(b, b.conv(b.depthwise(x, 3), 5, 1, { name: 'b' }));
    },
    groups: { a: '4: a', g: '6: g', b: '5: b', ...fc },
  },
  {
    name: 'squeeze and excite, by dense layers and a reshape',
    build: (b) => {
      const x = b.conv(b.input([5, 5, 3]), 8, 3, { name: 'a' });
      const s = b.relu(b.dense(b.globalPool(x), 4, { name: 'squeeze' }));
      const e = b.activation(b.dense(s, 8, { name: 'excite' }), 'sigmoid');
      return head(b, b.merge('multiply', [x, b.reshape(e, [1, 1, 8])]));
    },
    groups: { a: '8: a excite', squeeze: '4: squeeze', ...fc },
  },
  {
    name: 'squeeze and excite, by convolutions, with a hard sigmoid',
    build: (b) => {
      const x = b.activation(b.conv(b.input([5, 5, 3]), 8, 3, { name: 'a' }), 'hardSwish');
      const s = b.relu(b.conv(b.globalPool(x, { keepDims: true }), 4, 1, { name: 'squeeze' }));
      const e = b.activation(b.conv(s, 8, 1, { name: 'excite' }), 'hardSigmoid');
      return head(b, b.merge('multiply', [e, x]));
    },
    groups: { a: '8: a excite', squeeze: '4: squeeze', ...fc },
  },
  {
    name: 'a vector added to an image, broadcast over height and width',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' });
      return head(b, b.merge('add', [b.dense(b.input([2]), 6, { name: 'v' }), x]));
    },
    groups: { a: '6: a v', ...fc },
  },
  {
    name: 'flatten: a channel is every so many inputs of the dense layer',
    build: (b) => {
      const x = b.pool('maxPool', b.conv(b.input([6, 6, 3]), 4, 3, { name: 'a' }), 2);
      return b.dense(b.relu(b.dense(b.flatten(x), 7, { name: 'd' })), 3, { name: 'fc' });
    },
    groups: { a: '4: a', d: '7: d', ...fc },
  },
  {
    name: 'a dense layer reshaped to an image ties the units of one channel',
    build: (b) => {
      const x = b.reshape(b.dense(b.input([5]), 24, { name: 'd' }), [2, 2, 6]);
      return head(b, b.conv(b.relu(x), 4, 3, { name: 'a' }));
    },
    groups: { d: '6: d', a: '4: a', ...fc },
  },
  {
    name: 'reshapes in a row that end where they began',
    build: (b) => {
      let x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' });
      x = b.reshape(b.reshape(b.reshape(x, [16, 6]), [2, 8, 6]), [96]);
      return head(b, b.conv(b.reshape(x, [4, 4, 6]), 5, 1, { name: 'b' }));
    },
    groups: { a: '6: a', b: '5: b', ...fc },
  },
  {
    name: 'a reshape across positions and channels ties what falls together',
    build: (b) => {
      const x = b.reshape(b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' }), [4, 8, 3]);
      return head(b, b.conv(x, 5, 1, { name: 'b' }));
    },
    groups: { a: '3: a', b: '5: b', ...fc },
  },
  {
    name: 'a reshape that shears channels freezes them',
    build: (b) => {
      const x = b.reshape(b.conv(b.input([1, 5, 3]), 4, 3, { name: 'a' }), [1, 4, 5]);
      return head(b, b.conv(x, 5, 1, { name: 'b' }));
    },
    groups: {
      a: '4: a | reshaping [1, 5, 4] to [1, 4, 5] in "reshape1" (Reshape) does not keep channels apart',
      b: '5: b',
      ...fc,
    },
  },
  {
    name: 'channels moved to the front and flattened',
    build: (b) => {
      const x = b.conv(b.input([3, 3, 2]), 4, 3, { name: 'a' });
      return b.dense(b.flatten(b.permute(x, [2, 0, 1])), 3, { name: 'fc' });
    },
    groups: { a: '4: a', ...fc },
  },
  {
    name: 'a dense layer along another axis lets the channels through',
    build: (b) => {
      const x = b.permute(b.conv(b.input([3, 2, 2]), 4, 3, { name: 'a' }), [0, 2, 1]);
      const y = b.dense(x, 5, { name: 'd' });
      return head(b, b.conv(b.permute(y, [0, 2, 1]), 4, 1, { name: 'b' }));
    },
    groups: { a: '4: a', d: '5: d | "b" (Conv2D) slides over these positions', b: '4: b', ...fc },
  },
  {
    name: 'a window over permuted channels freezes them',
    build: (b) => {
      const x = b.permute(b.conv(b.input([4, 4, 3]), 4, 3, { name: 'a' }), [2, 0, 1]);
      return head(b, b.pool('maxPool', x, 2));
    },
    groups: { a: '4: a | "maxPool1" (MaxPooling2D) slides over these positions', ...fc },
  },
  {
    name: 'one layer called on two inputs',
    build: (b) => {
      const x = b.conv(b.input([5, 5, 3]), 6, 3, { name: 'shared' });
      const y = b.conv(b.input([5, 5, 3]), 6, 3, { share: x });
      return head(b, b.conv(b.merge('subtract', [b.relu(x), y]), 4, 3, { name: 'b' }));
    },
    groups: { shared: '6: shared', b: '4: b', ...fc },
  },
  {
    name: 'one layer called on the outputs of two others ties them',
    build: (b) => {
      const x = b.input([5, 5, 3]);
      const y = b.conv(b.conv(x, 6, 3, { name: 'a' }), 4, 3, { name: 'shared' });
      const z = b.conv(b.conv(x, 6, 1, { name: 'b' }), 4, 3, { share: y });
      return head(b, b.concat([y, z]));
    },
    groups: { a: '6: a b', shared: '4: shared', ...fc },
  },
  {
    name: 'a layer called on its own output ties its two sides',
    build: (b) => {
      const x = b.conv(b.input([5, 5, 3]), 6, 3, { name: 'a' });
      const y = b.relu(b.conv(x, 6, 3, { name: 'loop' }));
      return head(b, b.conv(y, 6, 3, { share: 'loop' }));
    },
    groups: { a: '6: a loop', ...fc },
  },
  {
    name: 'one batch norm behind two convolutions ties them',
    build: (b) => {
      const x = b.input([5, 5, 3]);
      const y = b.batchNorm(b.conv(x, 6, 3, { name: 'a' }), { name: 'bn' });
      const z = b.batchNorm(b.conv(x, 6, 1, { name: 'b' }), { share: 'bn' });
      return b.dense(b.concat([b.globalPool(y), b.globalPool(z, { kind: 'globalMaxPool' })]), 3, {
        name: 'fc',
      });
    },
    groups: { a: '6: a b', ...fc },
  },
  {
    name: 'PReLU with a slope a channel, and with one a position',
    build: (b) => {
      const x = b.prelu(b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' }));
      const y = b.prelu(b.conv(x, 5, 3, { name: 'b' }), { sharedAxes: [] });
      return head(b, b.prelu(b.conv(y, 4, 3, { name: 'c' }), { sharedAxes: [0, 1, 2] }));
    },
    groups: { a: '6: a', b: '5: b', c: '4: c', ...fc },
  },
  {
    name: 'a map of one channel multiplies all channels and ties none',
    build: (b) => {
      const x = b.conv(b.input([5, 5, 3]), 8, 3, { name: 'a' });
      const map = b.activation(b.conv(x, 1, 3, { name: 'map' }), 'sigmoid');
      return head(b, b.merge('multiply', [x, map]));
    },
    groups: { a: '8: a', map: '1: map | a single channel', ...fc },
  },
  {
    name: 'elementwise ops of three inputs',
    build: (b) => {
      const x = b.input([4, 4, 3]);
      const arms = (name: string) => ['1', '2', '3'].map((n) => b.conv(x, 5, 1, { name: name + n }));
      const all = (['maximum', 'minimum', 'average'] as const).map((kind) => b.merge(kind, arms(kind)));
      return head(b, b.concat(all));
    },
    groups: {
      maximum1: '5: maximum1 maximum2 maximum3',
      minimum1: '5: minimum1 minimum2 minimum3',
      average1: '5: average1 average2 average3',
      ...fc,
    },
  },
  {
    name: 'several inputs and outputs',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' });
      const y = b.conv(b.input([4, 4, 2]), 6, 3, { name: 'b' });
      const both = b.relu(b.merge('add', [x, y]));
      const map = b.conv(both, 2, 1, { name: 'map' });
      return [head(b, both), map];
    },
    groups: { a: '6: a b', map: '2: map | network output', ...fc },
  },
  {
    name: 'an output that the network reads itself is frozen',
    build: (b) => {
      const x = b.relu(b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' }));
      return [head(b, b.conv(x, 4, 3, { name: 'b' })), x];
    },
    groups: { a: '6: a | network output', b: '4: b', ...fc },
  },
  {
    name: 'an output that the network reads itself may be freed',
    build: (b) => {
      const x = b.relu(b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' }));
      return [head(b, b.conv(x, 4, 3, { name: 'b' })), x];
    },
    options: { interiorOutputs: true },
    groups: { a: '6: a', b: '4: b', ...fc },
  },
  {
    name: 'what meets the network input stays',
    build: (b) => {
      const x = b.input([4, 4, 3]);
      const y = b.conv(b.conv(x, 6, 3, { name: 'a' }), 3, 3, { name: 'b' });
      return head(b, b.merge('add', [x, y]));
    },
    groups: { a: '6: a', b: '3: b | network input', ...fc },
  },
  {
    name: 'a U-Net with transposed convolutions, upsampling and cropping',
    build: (b) => {
      const x = b.relu(b.conv(b.input([8, 8, 2]), 4, 3, { name: 'down1' }));
      const y = b.relu(b.conv(b.pool('maxPool', x, 2), 6, 3, { name: 'down2' }));
      const z = b.relu(b.conv(b.pool('avgPool', y, 2), 8, 3, { name: 'bottom' }));
      const u = b.concat([b.convTranspose(z, 5, 2, { name: 'up1', stride: 2 }), y]);
      const v = b.conv(b.upsample(u, 2, { interpolation: 'bilinear' }), 4, 3, { name: 'up2' });
      const w = b.convTranspose(v, 4, 3, { name: 'up3', outputPadding: [0, 0] });
      return b.conv(b.crop(b.merge('add', [x, w]), [1, 1, 0, 2]), 2, 1, { name: 'map' });
    },
    groups: {
      down1: '4: down1 up3',
      down2: '6: down2',
      bottom: '8: bottom',
      up1: '5: up1',
      up2: '4: up2',
      map: '2: map | network output',
    },
  },
  {
    name: 'layer norm over the channels',
    build: (b) => {
      const x = b.layerNorm(b.depthwise(b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' }), 3));
      const y = b.dense(b.activation(b.dense(x, 12, { name: 'wide' }), 'gelu'), 6, { name: 'narrow' });
      return head(b, b.layerNorm(y, { axes: [0, 1, 2] }));
    },
    groups: { a: '6: a', wide: '12: wide', narrow: '6: narrow', ...fc },
  },
  {
    name: 'group norm: whole groups, or the same places of every group, and both where they meet',
    build: (b) => {
      const norm = (x: string, fixed: 'groups' | 'channels', count: number) =>
        b.add(
          { kind: 'groupNorm', epsilon: 1e-3, fixed, count },
          [x],
          {},
          {
            gamma: [[b.shape(x).at(-1)!], 'ones'],
            beta: [[b.shape(x).at(-1)!], 'zeros'],
          },
        );
      const x = b.input([4, 4, 3]);
      const whole = norm(b.conv(x, 12, 3, { name: 'whole' }), 'channels', 3);
      const places = norm(b.conv(whole, 12, 3, { name: 'places' }), 'groups', 3);
      const each = norm(b.conv(places, 5, 3, { name: 'each' }), 'channels', 1);
      const all = norm(b.conv(each, 5, 3, { name: 'all' }), 'groups', 1);
      const y = b.conv(all, 12, 3, { name: 'both' });
      return head(b, b.merge('add', [norm(y, 'channels', 3), norm(y, 'groups', 3)]));
    },
    groups: {
      whole: '4: whole',
      places: '4: places',
      each: '5: each',
      all: '5: all',
      both: '1: both | all its channels are tied to one another',
      ...fc,
    },
  },
  {
    name: 'channels in another order stay the same channels',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' });
      const turned = gather(b, x, [5, 4, 3, 2, 1, 0]);
      return head(b, b.conv(gather(b, turned, [1, 2, 0, 5, 4, 3]), 4, 3, { name: 'b' }));
    },
    groups: { a: '6: a', b: '4: b', ...fc },
  },
  {
    name: 'channels added to themselves back to front are tied in pairs',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' });
      return head(b, b.merge('add', [x, gather(b, x, [5, 4, 3, 2, 1, 0])]));
    },
    groups: { a: '3: a', ...fc },
  },
  {
    name: 'parts of the channels are groups of their own, and what repeats them holds them twice',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 8, 3, { name: 'a' });
      const [front, back] = [gather(b, x, [0, 1, 2]), gather(b, x, [3, 4, 5, 6, 7])];
      const y = b.conv(gather(b, back, [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]), 4, 3, { name: 'b' });
      return head(b, b.concat([front, y]));
    },
    groups: { a: '3: a', 'a#2': '5: a', b: '4: b', ...fc },
  },
  {
    name: 'a channel that is taken alone stays, and the others may go',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' });
      const parts = [gather(b, x, [1]), b.reshape(b.reshape(gather(b, x, [4]), [4, 4]), [4, 4, 1])];
      return head(b, b.conv(b.concat([...parts, x]), 4, 3, { name: 'b' }));
    },
    groups: { a: '4: a', 'a#2': '2: a | taken from the others as a single channel', b: '4: b', ...fc },
  },
  {
    name: 'every second channel stays every second one, whichever way and wherever they begin',
    build: (b) => {
      const x = b.input([4, 4, 3]);
      const y = gather(b, b.conv(x, 8, 3, { name: 'a' }), [0, 2, 4, 6], 2);
      const z = gather(b, b.conv(x, 8, 3, { name: 'b' }), [7, 5, 3, 1], -2);
      const far = gather(b, b.conv(x, 9, 3, { name: 'c' }), [1, 4, 7], 3);
      return head(b, b.conv(b.concat([y, z, far]), 4, 3, { name: 'd' }));
    },
    groups: {
      a: '4: a',
      b: '4: b',
      c: '1: c | a single channel',
      'c#2': '2: c',
      'c#3': `1: c | ${tied}`,
      d: '4: d',
      ...fc,
    },
  },
  {
    name: 'calls of one layer that takes some channels take the same ones',
    build: (b) => {
      const x = b.input([4, 4, 3]);
      const take = (y: string) =>
        b.add({ kind: 'gather', axis: 2, positions: [4, 1, 0] }, [y], { name: 'take' });
      const [y, z] = [take(b.conv(x, 6, 3, { name: 'a' })), take(b.conv(x, 6, 3, { name: 'b' }))];
      return head(b, b.concat([y, b.conv(z, 4, 3, { name: 'c' })]));
    },
    groups: { a: '3: a b', 'a#2': '3: a b', c: '4: c', ...fc },
  },
  {
    name: 'a gated linear unit ties its halves',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 8, 3, { name: 'a' });
      return head(b, b.conv(b.add({ kind: 'glu', axis: 2 }, [x]), 6, 3, { name: 'b' }));
    },
    groups: { a: '4: a', b: '6: b', ...fc },
  },
  {
    name: 'an op that is not known freezes what it touches, and no more',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' });
      const y = b.opaque([b.conv(x, 4, 3, { name: 'b' })], 'Lambda', [4, 4, 5], { name: 'odd' });
      return head(b, b.conv(y, 8, 3, { name: 'c' }));
    },
    opaque: true,
    groups: {
      a: '6: a',
      b: '4: b | feeds "odd" (Lambda), and Espalier does not know what Lambda does',
      c: '8: c',
      ...fc,
    },
  },
  {
    name: 'what meets the output of an unknown op is frozen, channel by channel',
    build: (b) => {
      const x = b.input([4, 4, 3]);
      const odd = b.opaque([x], 'Lambda', [4, 4, 2], { name: 'odd' });
      const joined = b.concat([b.conv(x, 4, 3, { name: 'a' }), odd]);
      return head(b, b.merge('add', [joined, b.conv(x, 6, 1, { name: 'b' })]));
    },
    opaque: true,
    groups: { a: '4: a b', b: '2: b | joins fixed values in "add1" (Add)', ...fc },
  },
  {
    name: 'softmax over the channels freezes them, over another axis not',
    build: (b) => {
      const x = b.softmax(b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' }));
      const y = b.softmax(b.conv(x, 5, 3, { name: 'b' }), { axis: 0 });
      return b.softmax(head(b, y));
    },
    groups: { a: '6: a | softmax in "softmax1" (Softmax) mixes all channels', b: '5: b', ...fc },
  },
  {
    name: 'a layer that the user freezes keeps both its sides',
    build: (b) => {
      let x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'block/a' });
      x = b.conv(x, 5, 3, { name: 'block/b' });
      return head(b, b.conv(b.conv(x, 4, 3, { name: 'c' }), 7, 3, { name: 'd' }));
    },
    options: { freeze: ['block/b', 'd'] },
    groups: {
      'block/a': '6: block/a | frozen on request',
      'block/b': '5: block/b | frozen on request',
      c: '4: c | frozen on request',
      d: '7: d | frozen on request',
      ...fc,
    },
  },
  {
    name: 'images stacked along the height tie their channels',
    build: (b) => {
      const x = b.input([4, 4, 3]);
      const stacked = b.concat([b.conv(x, 6, 3, { name: 'a' }), b.conv(x, 6, 1, { name: 'b' })], {
        axis: 0,
      });
      return head(b, b.conv(stacked, 4, 3, { name: 'c' }));
    },
    groups: { a: '6: a b', c: '4: c', ...fc },
  },
  {
    name: 'constants along the channels are cut with them',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 4, 3, { name: 'a' });
      const scaled = b.add({ kind: 'affine', scale: [1, 2, 3, 4], offset: [0.5] }, [x]);
      return head(b, b.relu(scaled));
    },
    groups: { a: '4: a', ...fc },
  },
  {
    name: 'a normalisation by weights and a scale a channel are cut with them',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 4, 3, { name: 'a' });
      const op = { kind: 'normalize', axes: [2], invert: false } as const;
      const y = b.add(op, [x], {}, { mean: [[4], 'zeros'], variance: [[4], 'ones'] });
      return head(b, b.relu(b.add({ kind: 'scale' }, [y], {}, { gamma: [[4], 'ones'] })));
    },
    groups: { a: '4: a', ...fc },
  },
  {
    name: 'another size keeps the channels; one number for all of them holds them',
    build: (b) => {
      const size = { kind: 'resize', size: [5, 7], interpolation: 'bilinear', antialias: false } as const;
      const x = b.add(size, [b.conv(b.input([4, 4, 3]), 4, 3, { name: 'a' })]);
      const y = b.conv(x, 5, 3, { name: 'b' });
      const mean = b.add({ kind: 'reduce', how: 'mean', axes: [2], keepDims: true }, [y], { name: 'm' });
      const rows = { kind: 'reduce', how: 'max', axes: [0], keepDims: false } as const;
      return head(b, b.reshape(b.add(rows, [b.merge('multiply', [y, mean])]), [7, 1, 5]));
    },
    groups: { a: '4: a', b: '5: b | "m" (Reduce) takes one mean over all channels', ...fc },
  },
  {
    name: 'padding, pooling, dropout, dilation and odd strides in a row',
    build: (b) => {
      let x = b.zeroPad(b.conv(b.input([9, 8, 3]), 6, 3, { name: 'a', dilation: 2 }), [1, 0, 2, 1]);
      x = b.pool('avgPool', b.dropout(x), 3, { stride: 2, padding: 'same' });
      x = b.conv(x, 5, [3, 2], { name: 'b', stride: 2, padding: [1, 0, 0, 1] });
      x = b.convTranspose(x, 4, 3, { name: 'c', stride: 2, padding: 'valid', bias: false });
      return head(b, b.add({ kind: 'identity' }, [x]));
    },
    groups: { a: '6: a', b: '5: b', c: '4: c', ...fc },
  },
  {
    name: 'a dense block: every layer reads all before it',
    build: (b) => {
      let x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'stem' });
      for (const name of ['d1', 'd2', 'd3'])
        x = b.concat([x, b.conv(b.relu(b.batchNorm(x)), 4, 3, { name })]);
      return head(b, b.batchNorm(x));
    },
    groups: { stem: '6: stem', d1: '4: d1', d2: '4: d2', d3: '4: d3', ...fc },
  },
  {
    name: 'a network with nothing to remove',
    build: (b) => b.softmax(b.dense(b.flatten(b.input([4, 4, 3])), 3, { name: 'fc' })),
    groups: fc,
  },
  {
    name: 'a path of convolutions that never leaves the network output',
    build: (b) => {
      const x = b.input([4, 4, 3]);
      const y = b.conv(x, 6, 3, { name: 'a' });
      return b.merge('add', [y, b.conv(b.relu(y), 6, 3, { name: 'b' })]);
    },
    groups: { a: '6: a b | network output' },
  },
  {
    name: 'constants go with the channels that they meet',
    build: (b) => {
      const constant = (shape: readonly number[]) =>
        b.add({ kind: 'constant' }, [], {}, { value: [shape, 'ones'] });
      const x = b.merge('multiply', [b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' }), constant([6])]);
      const y = b.merge('divide', [b.conv(x, 5, 3, { name: 'b' }), constant([4, 4, 5])]);
      return head(b, b.concat([y, constant([4, 4, 2])]));
    },
    groups: { a: '6: a', b: '5: b', ...fc },
  },
  {
    name: 'channels that are padded to more meet others',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 4, 3, { name: 'a' });
      const wide = b.add({ kind: 'padAxis', axis: 2, before: 1, after: 2 }, [x]);
      return head(b, b.merge('add', [b.conv(x, 7, 3, { name: 'b' }), wide]));
    },
    groups: { a: '4: a b', b: '3: b', ...fc },
  },
  {
    name: 'attention: what queries and keys have in common, and what values have',
    build: (b) => {
      const tokens = b.reshape(b.conv(b.input([2, 3, 3]), 8, 3, { name: 'a' }), [6, 8]);
      const part = (name: string, perm: readonly number[]) =>
        b.permute(b.reshape(b.dense(tokens, 8, { name }), [6, 2, 4]), perm);
      const scores = b.add({ kind: 'matmul' }, [part('q', [1, 0, 2]), part('k', [1, 2, 0])]);
      const mixed = b.add({ kind: 'matmul' }, [b.softmax(scores, { axis: 2 }), part('v', [1, 0, 2])]);
      return b.dense(b.reshape(b.permute(mixed, [1, 0, 2]), [48]), 3, { name: 'fc' });
    },
    groups: { a: '8: a', q: '4: q k', v: '4: v', ...fc },
  },
  {
    name: 'of two axes that channels are parted into, the one that is named carries them',
    build: (b) => {
      const x = b.conv(b.input([4, 4, 3]), 8, 3, { name: 'a' });
      const parted = b.add({ kind: 'reshape', target: [4, 4, 4, 2], along: [2] }, [x]);
      const first = b.add({ kind: 'gather', axis: 3, positions: [1] }, [parted]);
      return head(b, b.conv(b.reshape(first, [4, 4, 4]), 5, 3, { name: 'b' }));
    },
    groups: { a: '4: a', b: '5: b', ...fc },
  },
];
