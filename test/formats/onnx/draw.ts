import { Random } from '../../../src/graph/random.ts';
import { OnnxFileBuilder } from '../../support/onnx.ts';

interface Image {
  readonly name: string;
  readonly channels: number;
  readonly size: number;
}

/** A random network of all kinds of operators, some of its values joined again later. */
export function draw(seed: number): Uint8Array {
  const random = new Random(seed);
  const one = <T>(list: readonly T[]): T => list[random.integer(0, list.length - 1)];
  const opset = one([11, 13, 17, 18]);
  const b = new OnnxFileBuilder({ seed, opset });
  const pick = one;
  let x: Image = { name: b.input([one([null, 1]), 3, 8, 8]), channels: 3, size: 8 };
  const known: Image[] = [];
  const made = (name: string, channels = x.channels, size = x.size): Image => ({ name, channels, size });
  const conv = (from: Image, channels: number, group = 1): Image =>
    made(b.conv(from.name, from.channels, channels, pick([1, 3]), { group }), channels, from.size);
  const steps: (() => Image)[] = [
    () => conv(x, pick([4, 6, 8, 12])),
    () => conv(x, pick([4, 6, 8, 12])),
    () => made(b.norm(x.name, x.channels)),
    () =>
      made(
        b.node(
          pick(['Relu', 'Sigmoid', 'Tanh', 'HardSwish', 'Softplus', 'Abs'].slice(0, opset < 14 ? 3 : 6)),
          [x.name],
        ),
      ),
    () => made(b.node('LeakyRelu', [x.name], { alpha: { float: 0.2 } })),
    () => made(b.node('PRelu', [x.name, b.weight(pick([[x.channels, 1, 1], [1]]))])),
    // depthwise, and groups
    () => conv(x, x.channels * pick([1, 2]), x.channels),
    () => (x.channels % 2 === 0 ? conv(x, pick([4, 8]), 2) : x),
    // shuffles
    () => {
      if (x.channels % 2 !== 0) return x;
      const [g, rest] = [2, x.channels / 2];
      const parted = b.node('Reshape', [x.name, b.ints([pick([0, -1]), g, rest, x.size, x.size])]);
      const turned = b.node('Transpose', [parted], { perm: [0, 2, 1, 3, 4] });
      return made(b.node('Reshape', [turned, b.ints([0, -1, x.size, x.size])]));
    },
    // squeeze and excitation
    () => {
      const low = b.relu(b.conv(b.node('GlobalAveragePool', [x.name]), x.channels, 4, 1));
      return made(b.node('Mul', [x.name, b.node('Sigmoid', [b.conv(low, 4, x.channels, 1)])]));
    },
    // joins
    () => {
      const other = known.find((one) => one.channels === x.channels && one.size === x.size);
      return other ? made(b.node(pick(['Add', 'Mul', 'Sub', 'Max', 'Min']), [x.name, other.name])) : x;
    },
    () => {
      const other = known.find((one) => one.size === x.size && one.channels + x.channels < 30);
      if (!other) return x;
      return made(
        b.node('Concat', [other.name, x.name], { axis: pick([1, -3]) }),
        other.channels + x.channels,
      );
    },
    // parts
    () => {
      if (x.channels < 4) return x;
      const at = random.integer(1, x.channels - 1);
      const sizes = [at, x.channels - at];
      const names = ['p', 'q'].map((one) => `${one}${x.name}`);
      if (opset < 13) b.node('Split', [x.name], { axis: 1, split: sizes }, `split${x.name}`, names);
      else b.node('Split', [x.name, b.ints(sizes)], { axis: 1 }, `split${x.name}`, names);
      return made(b.node('Concat', names.reverse(), { axis: 1 }));
    },
    () => {
      const from = random.integer(0, x.channels - 2);
      if (x.channels - from < 2) return x;
      return made(b.node('Slice', [x.name, b.ints([from]), b.ints([9999]), b.ints([1])]), x.channels - from);
    },
    // constants
    () =>
      made(
        b.node(pick(['Add', 'Mul', 'Sub', 'Div']), [x.name, b.weight([x.channels, 1, 1], undefined, true)]),
      ),
    () => made(b.node('Mul', [b.floats([0.5], []), x.name])),
    // places
    () =>
      x.size % 2
        ? x
        : made(
            b.node(pick(['MaxPool', 'AveragePool']), [x.name], { kernel_shape: [2, 2], strides: [2, 2] }),
            x.channels,
            x.size / 2,
          ),
    () => made(b.node('MaxPool', [x.name], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })),
    () =>
      x.size > 8
        ? x
        : made(
            b.node('Resize', [x.name, opset < 13 ? b.floats([], [0]) : '', b.floats([1, 1, 2, 2], [4])], {
              mode: pick(['nearest', 'linear']),
            }),
            x.channels,
            2 * x.size,
          ),
    () => made(b.node('Pad', [x.name, b.ints([0, 1, 0, 0, 0, 2, 0, 0])]), x.channels + 3),
    () =>
      made(
        b.node('Transpose', [b.node('Transpose', [x.name], { perm: [0, 2, 3, 1] })], { perm: [0, 3, 1, 2] }),
      ),
    // a layer of every place
    () => {
      const places = b.node('Transpose', [b.node('Reshape', [x.name, b.ints([0, x.channels, -1])])], {
        perm: [0, 2, 1],
      });
      const wide = b.node('Add', [b.node('MatMul', [places, b.weight([x.channels, 6])]), b.weight([6])]);
      const back = b.node('Transpose', [b.relu(wide)], { perm: [0, 2, 1] });
      return made(b.node('Reshape', [back, b.ints([0, 6, x.size, x.size])]), 6);
    },
    () =>
      opset < 17
        ? x
        : made(b.node('InstanceNormalization', [x.name, b.weight([x.channels]), b.weight([x.channels])])),
    // what is not known
    () => (random.uniform() < 0.2 ? made(b.node('LRN', [x.name], { size: 3 })) : x),
  ];
  x = conv(x, 8);
  const length = random.integer(6, 18);
  for (let i = 0; i < length; i++) {
    known.unshift(x);
    x = pick(steps)();
  }
  const flat = random.uniform() < 0.3;
  if (flat) return b.build(b.dense(b.node('Flatten', [x.name]), x.channels * x.size ** 2, 3, 'fc'));
  return b.build(b.head(x.name, x.channels));
}
