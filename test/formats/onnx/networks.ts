import type { OnnxFileBuilder } from '../../support/onnx.ts';

/** A small file with what must be found in it. */
export interface Case {
  readonly name: string;
  readonly build: (b: OnnxFileBuilder) => string | readonly string[];
  readonly opset?: number;
  /** of open groups and of frozen ones of several channels: 'size: layers that make them', with ' | reason' where frozen */
  readonly groups: Readonly<Record<string, string>>;
  /** names of operators that the graph can't say */
  readonly opaque?: readonly string[];
  /** statistics over channels: not the same as zeros */
  readonly pooled?: true;
}

const fc = { fc: '3: fc | network output' };
const image = (b: OnnxFileBuilder, channels = 3): string => b.input([null, channels, 8, 8]);

export const cases: readonly Case[] = [
  {
    name: 'convolutions, batch norms and a head',
    build: (b) => {
      const x = b.relu(b.norm(b.conv(image(b), 3, 8, 3, { name: 'a' }), 8));
      return b.head(b.relu(b.norm(b.conv(x, 8, 12, 3, { name: 'c', stride: 2 }), 12)), 12);
    },
    groups: { a: '8: a', c: '12: c', ...fc },
  },
  {
    name: 'a shortcut ties its ends, also through Sum',
    build: (b) => {
      const x = b.conv(image(b), 3, 8, 3, { name: 'a' });
      const y = b.conv(b.relu(b.conv(x, 8, 6, 3, { name: 'mid' })), 6, 8, 3, { name: 'last' });
      return b.head(b.node('Sum', [x, y]), 8);
    },
    groups: { a: '8: a last', mid: '6: mid', ...fc },
  },
  {
    name: 'depthwise, with two channels of each',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 6, 3, { name: 'a' }));
      return b.head(b.conv(x, 6, 12, 3, { name: 'dw', group: 6 }), 12);
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'groups of a convolution stay equally wide',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 8, 3, { name: 'a' }));
      return b.head(b.conv(x, 8, 12, 3, { name: 'g', group: 2 }), 12);
    },
    groups: { a: '4: a', g: '6: g', ...fc },
  },
  {
    name: 'a channel shuffle',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 8, 3, { name: 'a' }));
      const parted = b.node('Reshape', [x, b.ints([-1, 2, 4, 8, 8])]);
      const turned = b.node('Transpose', [parted], { perm: [0, 2, 1, 3, 4] });
      const back = b.node('Reshape', [turned, b.ints([-1, 8, 8, 8])]);
      return b.head(b.conv(back, 8, 6, 1, { name: 'c' }), 6);
    },
    groups: { a: '4: a', c: '6: c', ...fc },
  },
  {
    name: 'a shuffle whose sizes are computed as exporters do',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 8, 3, { name: 'a' }));
      const size = (axis: number): string =>
        b.node('Unsqueeze', [
          b.node('Gather', [b.node('Shape', [x]), b.ints([axis], [])], { axis: 0 }),
          b.ints([0]),
        ]);
      const half = b.node('Div', [size(1), b.ints([2])]);
      const sizes = b.node('Concat', [size(0), b.ints([2]), half, size(2), size(3)], { axis: 0 });
      const turned = b.node('Transpose', [b.node('Reshape', [x, sizes])], { perm: [0, 2, 1, 3, 4] });
      const flat = b.node('Concat', [size(0), b.ints([-1]), size(2), size(3)], { axis: 0 });
      return b.head(b.conv(b.node('Reshape', [turned, flat]), 8, 6, 1, { name: 'c' }), 6);
    },
    groups: { a: '4: a', c: '6: c', ...fc },
  },
  {
    name: 'a size that an exporter wrote between computed ones',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 8, 3, { name: 'a' }));
      const batch = b.node('Slice', [b.node('Shape', [x]), b.ints([0]), b.ints([1]), b.ints([0])]);
      const flat = b.node('Reshape', [x, b.node('Concat', [batch, b.ints([8 * 64])], { axis: 0 })]);
      return b.dense(flat, 512, 3, 'fc');
    },
    groups: { a: '8: a', ...fc },
  },
  {
    name: 'channels in front of places, flattened',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 5, 3, { name: 'a', stride: 2 }));
      return b.dense(b.node('Flatten', [x]), 5 * 16, 3, 'fc');
    },
    groups: { a: '5: a', ...fc },
  },
  {
    name: 'concatenated, split and swapped',
    build: (b) => {
      const x = image(b);
      const both = b.node('Concat', [b.conv(x, 3, 4, 3, { name: 'a' }), b.conv(x, 3, 6, 1, { name: 'c' })], {
        axis: 1,
      });
      b.node('Split', [both, b.ints([4, 6])], { axis: 1 }, 'split', ['one', 'other']);
      return b.head(b.node('Concat', ['other', 'one'], { axis: 1 }), 10);
    },
    groups: { a: '4: a', c: '6: c', ...fc },
  },
  {
    name: 'equal parts, as older files say them',
    opset: 11,
    build: (b) => {
      const x = b.conv(image(b), 3, 8, 3, { name: 'a' });
      b.node('Split', [x], { axis: 1 }, 'split', ['one', 'other']);
      return b.head(b.conv(b.node('Concat', ['other', 'one'], { axis: 1 }), 8, 5, 1, { name: 'c' }), 5);
    },
    groups: { a: '4: a', 'a#2': '4: a', c: '5: c', ...fc },
  },
  {
    name: 'the channels from the fifth on, which must go on beginning where they do',
    build: (b) => {
      const x = b.conv(image(b), 3, 10, 3, { name: 'a' });
      const part = b.node('Slice', [x, b.ints([4]), b.ints([9223372036854]), b.ints([1])]);
      return [b.head(part, 6), b.dense(b.node('Flatten', [b.node('GlobalMaxPool', [x])]), 10, 4, 'all')];
    },
    groups: { a: '4: a', 'a#2': '6: a', ...fc, all: '4: all | network output' },
  },
  {
    name: 'squeeze and excitation by convolutions',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 8, 3, { name: 'a' }));
      const low = b.relu(b.conv(b.node('GlobalAveragePool', [x]), 8, 4, 1, { name: 'low' }));
      const gate = b.node('HardSigmoid', [b.conv(low, 4, 8, 1, { name: 'high' })], {
        alpha: { float: 1 / 6 },
      });
      return b.head(b.node('Mul', [x, gate]), 8);
    },
    groups: { a: '8: a high', low: '4: low', ...fc },
  },
  {
    name: 'squeeze and excitation by matrices',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 8, 3, { name: 'a' }));
      const flat = b.node('ReduceMean', [x], { axes: [2, 3], keepdims: 0 });
      const low = b.relu(b.node('MatMul', [flat, b.weight([8, 4])], {}, 'low'));
      const sum = b.node('Add', [b.node('MatMul', [low, b.weight([4, 8])], {}, 'high'), b.weight([8])]);
      const gate = b.node('Sigmoid', [b.node('Unsqueeze', [sum, b.ints([2, 3])])]);
      return b.head(b.node('Mul', [gate, x]), 8);
    },
    groups: { a: '8: a high', low: '4: low', ...fc },
  },
  {
    name: 'constants of a channel each, as arithmetic',
    build: (b) => {
      const x = b.conv(image(b), 3, 6, 3, { name: 'a' });
      const y = b.node('Add', [b.node('Mul', [x, b.weight([6, 1, 1])]), b.weight([1, 6, 1, 1])]);
      return b.head(
        b.node('Sub', [b.weight([6, 1, 1]), b.node('Div', [y, b.weight([6, 1, 1], 'd', true)])]),
        6,
      );
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'a map of places that is added',
    build: (b) => {
      const x = b.conv(image(b), 3, 6, 3, { name: 'a' });
      return b.head(b.node('Add', [x, b.weight([1, 6, 8, 8])]), 6);
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'ResNet option A: a shortcut that is padded with channels',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 4, 3, { name: 'a' }));
      const y = b.conv(x, 4, 8, 3, { name: 'c', stride: 2 });
      const sub = b.node('Slice', [x, b.ints([0, 0]), b.ints([99, 99]), b.ints([2, 3]), b.ints([2, 2])]);
      return b.head(b.node('Add', [y, b.node('Pad', [sub, b.ints([0, 2, 0, 0, 0, 2, 0, 0])])]), 8);
    },
    groups: { a: '4: a c', c: '4: c', ...fc },
  },
  {
    name: 'pixels shuffled into channels and back',
    build: (b) => {
      const deep = b.node('SpaceToDepth', [image(b)], { blocksize: 2 });
      const x = b.relu(b.conv(deep, 12, 8, 3, { name: 'a' }));
      return b.head(b.node('DepthToSpace', [x], { blocksize: 2 }), 2);
    },
    groups: { a: '2: a', ...fc },
  },
  {
    name: 'a decoder with transposed convolutions',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 6, 3, { name: 'a', stride: 2 }));
      const up = b.node(
        'ConvTranspose',
        [x, b.weight([6, 5, 3, 3]), b.weight([5])],
        { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
        'up',
      );
      return b.head(up, 5);
    },
    groups: { a: '6: a', up: '5: up', ...fc },
  },
  {
    name: 'resized to twice the size, and by other rules',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 6, 3, { name: 'a' }));
      const twice = b.node('Resize', [x, '', b.floats([1, 1, 2, 2], [4])], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      });
      const odd = b.node('Resize', [twice, '', '', b.ints([1, 6, 11, 13])], { mode: 'nearest' });
      const linear = b.node('Resize', [odd, '', '', b.ints([1, 6, 7, 20])], {
        mode: 'linear',
        coordinate_transformation_mode: 'align_corners',
      });
      return b.head(b.node('Resize', [linear, '', b.floats([1, 1, 2, 2], [4])], { mode: 'linear' }), 6);
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'pools of every kind',
    build: (b) => {
      let x = b.relu(b.conv(b.input([null, 3, 17, 15]), 3, 6, 3, { name: 'a' }));
      x = b.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 });
      x = b.node('AveragePool', [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 });
      x = b.node('AveragePool', [x], {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        ceil_mode: 1,
      });
      x = b.node('MaxPool', [x], { kernel_shape: [2, 2], auto_pad: 'SAME_LOWER' });
      return b.head(b.node('AveragePool', [x], { kernel_shape: [2, 2], auto_pad: 'SAME_UPPER' }), 6);
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'pads that mirror, repeat and take away',
    build: (b) => {
      let x = b.conv(image(b), 3, 5, 3, { name: 'a' });
      x = b.node('Pad', [x, b.ints([0, 0, 2, 1, 0, 0, 1, 3])], { mode: 'reflect' });
      x = b.node('Pad', [x, b.ints([0, 0, 1, 0, 0, 0, 0, 2])], { mode: 'edge' });
      return b.head(b.node('Pad', [x, b.ints([0, 0, -1, 2, 0, 0, -2, 0]), b.floats([0.5], [])]), 5);
    },
    groups: { a: '5: a', ...fc },
  },
  {
    name: 'activations, whole and in parts',
    build: (b) => {
      let x = b.conv(image(b), 3, 6, 3, { name: 'a' });
      const number = (v: number): string => b.floats([v], []);
      x = b.node('Mul', [x, b.node('Sigmoid', [x])]);
      x = b.node('Div', [
        b.node('Mul', [x, b.node('Clip', [b.node('Add', [x, number(3)]), number(0), number(6)])]),
        number(6),
      ]);
      const erf = b.node('Erf', [b.node('Div', [x, number(Math.SQRT2)])]);
      x = b.node('Mul', [b.node('Mul', [x, b.node('Add', [erf, number(1)])]), number(0.5)]);
      x = b.node('Mul', [x, b.node('Tanh', [b.node('Softplus', [x])])]);
      x = b.node('PRelu', [x, b.weight([6, 1, 1])]);
      x = b.node('Elu', [b.node('LeakyRelu', [x], { alpha: { float: 0.1 } })], { alpha: { float: 0.7 } });
      return b.head(b.node('Selu', [b.node('HardSwish', [x])]), 6);
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'norms over channels',
    build: (b) => {
      const x = b.conv(image(b), 3, 8, 3, { name: 'a' });
      const turned = b.node('Transpose', [x], { perm: [0, 2, 3, 1] });
      const normal = b.node('LayerNormalization', [turned, b.weight([8]), b.weight([8])], { axis: -1 });
      const wide = b.node('Add', [b.node('MatMul', [normal, b.weight([8, 12])], {}, 'wide'), b.weight([12])]);
      const back = b.node('MatMul', [b.relu(wide), b.weight([12, 8])], {}, 'narrow');
      return b.head(b.node('Add', [x, b.node('Transpose', [back], { perm: [0, 3, 1, 2] })]), 8);
    },
    groups: { a: '8: a narrow', wide: '12: wide', ...fc },
    pooled: true,
  },
  {
    name: 'a group norm as exporters write it',
    build: (b) => {
      const x = b.conv(image(b), 3, 8, 3, { name: 'a' });
      const rows = b.node('Reshape', [x, b.ints([0, 2, -1])]);
      const normal = b.node('InstanceNormalization', [rows, b.floats([1, 1], [2]), b.floats([0, 0], [2])]);
      const back = b.node('Reshape', [normal, b.node('Shape', [x])]);
      return b.head(b.node('Add', [b.node('Mul', [back, b.weight([8, 1, 1])]), b.weight([8, 1, 1])]), 8);
    },
    groups: { a: '4: a', ...fc },
    pooled: true,
  },
  {
    name: 'windows of places by their positions',
    build: (b) => {
      const x = b.conv(image(b), 3, 6, 3, { name: 'a' });
      const rows = b.node('Gather', [x, b.ints([0, 1, 4, 5], [2, 2])], { axis: 2 });
      const flat = b.node('Reshape', [rows, b.ints([0, 6, 4, 8])]);
      return b.head(b.conv(flat, 6, 4, 1, { name: 'c' }), 4);
    },
    groups: { a: '6: a', c: '4: c', ...fc },
  },
  {
    name: 'a vector that becomes an image',
    build: (b) => {
      const made = b.dense(b.input([null, 5]), 5, 3 * 6 * 4, 'd');
      const x = b.node('Reshape', [made, b.ints([-1, 3, 6, 4])]);
      return b.head(b.conv(x, 3, 4, 3, { name: 'a' }), 4);
    },
    groups: { d: '3: d', a: '4: a', ...fc },
  },
  {
    name: 'instance norm',
    build: (b) => {
      const x = b.conv(image(b), 3, 8, 3, { name: 'a' });
      return b.head(b.node('InstanceNormalization', [x, b.weight([8]), b.weight([8])]), 8);
    },
    groups: { a: '8: a', ...fc },
  },
  {
    name: 'attention: heads keep their number, and lose width',
    build: (b) => {
      const x = b.conv(image(b), 3, 8, 3, { name: 'a', stride: 2 });
      const tokens = b.node('Transpose', [b.node('Reshape', [x, b.ints([0, 8, 16])])], { perm: [0, 2, 1] });
      const part = (name: string, perm: readonly number[]): string => {
        const made = b.node('MatMul', [tokens, b.weight([8, 12])], {}, name);
        return b.node('Transpose', [b.node('Reshape', [made, b.ints([0, 16, 3, 4])])], { perm });
      };
      const q = b.node('Mul', [part('q', [0, 2, 1, 3]), b.floats([0.5], [])]);
      const scores = b.node('Softmax', [b.node('MatMul', [q, part('k', [0, 2, 3, 1])])], { axis: -1 });
      const mixed = b.node('Transpose', [b.node('MatMul', [scores, part('v', [0, 2, 1, 3])])], {
        perm: [0, 2, 1, 3],
      });
      const out = b.node(
        'MatMul',
        [b.node('Reshape', [mixed, b.ints([0, 16, 12])]), b.weight([12, 8])],
        {},
        'o',
      );
      const sum = b.node('Add', [tokens, out]);
      return b.dense(b.node('ReduceMean', [sum], { axes: [1], keepdims: 0 }), 8, 3, 'fc');
    },
    groups: { a: '8: a o', q: '4: q k', v: '4: v', ...fc },
  },
  {
    name: 'a class token, and places that are added',
    build: (b) => {
      const x = b.conv(image(b), 3, 6, 3, { name: 'a', stride: 2 });
      const tokens = b.node('Transpose', [b.node('Reshape', [x, b.ints([0, 6, -1])])], { perm: [0, 2, 1] });
      const batch = b.node('Gather', [b.node('Shape', [x]), b.ints([0], [])], { axis: 0 });
      const shape = b.node('Concat', [b.node('Unsqueeze', [batch, b.ints([0])]), b.ints([-1, -1])], {
        axis: 0,
      });
      const fixed = b.node('Where', [
        b.node('Equal', [shape, b.ints([-1, -1, -1])]),
        b.ints([1, 1, 1]),
        shape,
      ]);
      const token = b.node('Expand', [b.weight([1, 1, 6]), fixed]);
      const all = b.node('Concat', [token, tokens], { axis: 1 });
      const placed = b.node('Add', [all, b.weight([1, 17, 6])]);
      return b.dense(b.node('Gather', [placed, b.ints([0], [])], { axis: 1 }), 6, 3, 'fc');
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'a convolution in one dimension',
    build: (b) => {
      const x = b.input([null, 4, 20]);
      const a = b.relu(b.node('Conv', [x, b.weight([6, 4, 3])], { pads: [1, 1], strides: [2] }, 'a'));
      const pooled = b.node('MaxPool', [a], { kernel_shape: [2], strides: [2] });
      return b.dense(b.node('Flatten', [pooled]), 30, 3, 'fc');
    },
    groups: { a: '6: a', ...fc },
  },
  {
    name: 'what Espalier does not know freezes what it reads, and no more',
    build: (b) => {
      const x = b.relu(b.conv(image(b), 3, 6, 3, { name: 'a' }));
      const y = b.node('LRN', [x], { size: 3 }, 'lrn');
      return b.head(b.conv(b.relu(b.conv(y, 6, 7, 3, { name: 'c' })), 7, 5, 1, { name: 'd' }), 5);
    },
    groups: {
      a: '6: a | feeds "lrn" (LRN), and Espalier does not know what LRN does',
      c: '7: c',
      d: '5: d',
      ...fc,
    },
    opaque: ['LRN'],
  },
  {
    name: 'kernels that two layers share are of both',
    build: (b) => {
      const w = b.weight([6, 6, 3, 3], 'shared');
      const pads = { pads: [1, 1, 1, 1] };
      const x = b.conv(image(b), 3, 6, 3, { name: 'a' });
      const y = b.node('Conv', [b.relu(b.node('Conv', [x, w], pads, 'one')), w], pads, 'other');
      return b.head(b.relu(y), 6);
    },
    groups: { a: '6: a one other', ...fc },
  },
  {
    name: 'equal numbers that an exporter keeps once join no layers',
    build: (b) => {
      const x = b.conv(image(b), 3, 6, 3, { name: 'a' });
      const [one, zero] = [b.floats([1, 1, 1, 1, 1, 1], [6]), b.floats([0, 0, 0, 0, 0, 0], [6])];
      const norm = (y: string): string => b.node('BatchNormalization', [y, b.weight([6]), zero, zero, one]);
      const y = b.conv(b.relu(norm(x)), 6, 6, 3, { name: 'c' });
      return b.head(b.relu(norm(y)), 6);
    },
    groups: { a: '6: a', c: '6: c', ...fc },
  },
];
