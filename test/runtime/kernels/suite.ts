import type * as tfc from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pair, Padding } from '../../../src/graph/types.ts';
import type { Backend } from '../../../src/runtime/types.ts';
import { convolutions, name } from './cases.ts';
import { avgPool, convolve, difference, draw, maxPool, sizeOf, zeros } from './reference.ts';
import type { Values } from './reference.ts';

const CLOSE = 2e-5;

type T = tfc.Tensor;

/** The same tests for both backends. */
export function kernelTests(open: () => Promise<Backend>): void {
  let b: Backend;
  beforeAll(async () => {
    b = await open();
  });

  const tensor = (v: Values): T => b.tf.tensor(Float32Array.from(v.data), v.shape);

  /** y and the gradients of sum(y * dy), as plain arrays. */
  function run(f: (...inputs: T[]) => T, inputs: Values[], dy: Values) {
    const { tf } = b;
    const before = tf.memory().numTensors;
    const result = tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads((...xs: T[]) => f(...xs))(inputs.map(tensor), tensor(dy));
      return { y: value.dataSync(), shape: value.shape, grads: grads.map((g) => g.dataSync()) };
    });
    expect(tf.memory().numTensors).toBe(before);
    return result;
  }

  describe('conv2d', () => {
    for (const [i, c] of convolutions.entries())
      it(name(c), () => {
        const x = draw(c.input, 10 + i);
        const k = draw([...c.kernel, c.input[3] / c.groups, c.out], 100 + i);
        const expected = convolve(x, k, c, c.groups, 1000 + i);
        const got = run(
          (x, k) =>
            b.kernels.conv2d(
              x as tfc.Tensor4D,
              k as tfc.Tensor4D,
              c.strides,
              c.padding,
              c.dilation,
              c.groups,
            ),
          [x, k],
          expected.dy,
        );
        expect(got.shape).toEqual(expected.y.shape);
        expect(difference(got.y, expected.y.data)).toBeLessThan(CLOSE);
        expect(difference(got.grads[0], expected.dx.data)).toBeLessThan(CLOSE);
        expect(difference(got.grads[1], expected.dk.data)).toBeLessThan(CLOSE);
      });
  });

  describe('depthwiseConv2d', () => {
    const cases = convolutions.filter((c) => c.groups === 1);
    for (const [i, c] of cases.entries())
      for (const multiplier of [1, 2])
        it(`${name(c)}, multiplier ${multiplier}`, () => {
          const channels = c.input[3];
          const x = draw(c.input, 20 + i);
          const k = draw([...c.kernel, channels, multiplier], 200 + i);
          const grouped = { shape: [...c.kernel, 1, channels * multiplier], data: k.data };
          const expected = convolve(x, grouped, c, channels, 2000 + i);
          const got = run(
            (x, k) =>
              b.kernels.depthwiseConv2d(
                x as tfc.Tensor4D,
                k as tfc.Tensor4D,
                c.strides,
                c.padding,
                c.dilation,
              ),
            [x, k],
            expected.dy,
          );
          expect(got.shape).toEqual(expected.y.shape);
          expect(difference(got.y, expected.y.data)).toBeLessThan(CLOSE);
          expect(difference(got.grads[0], expected.dx.data)).toBeLessThan(CLOSE);
          expect(difference(got.grads[1], expected.dk.data)).toBeLessThan(CLOSE);
        });
  });

  describe('conv2dTranspose', () => {
    const cases: [Pair, Pair, Pair, Padding][] = [
      [[8, 6], [3, 3], [2, 2], 'same'],
      [[7, 9], [3, 2], [1, 1], 'valid'],
      [[9, 7], [3, 3], [2, 2], 'valid'],
      [
        [8, 8],
        [4, 4],
        [2, 2],
        [1, 1, 1, 1],
      ],
      [[9, 8], [2, 2], [3, 2], 'same'],
    ];
    for (const [outputHW, kernel, strides, padding] of cases)
      it(`to ${outputHW.join('x')}, kernel ${kernel.join('x')}, stride ${strides.join('x')}, ${String(padding)}`, () => {
        // A transposed convolution is the gradient of a convolution, so that twin's dy is its input.
        const upstream = draw([2, ...outputHW, 3], 31);
        const k = draw([...kernel, 3, 5], 32);
        const twin = convolve(upstream, k, { strides, padding, dilation: [1, 1] }, 1, 33);
        const got = run(
          (x, k) =>
            b.kernels.conv2dTranspose(x as tfc.Tensor4D, k as tfc.Tensor4D, outputHW, strides, padding),
          [twin.dy, k],
          upstream,
        );
        expect(got.shape).toEqual(upstream.shape);
        expect(difference(got.y, twin.dx.data)).toBeLessThan(CLOSE);
        expect(difference(got.grads[0], twin.y.data)).toBeLessThan(CLOSE);
        expect(difference(got.grads[1], twin.dk.data)).toBeLessThan(CLOSE);
      });
    it('refuses a size that no convolution would give', () => {
      const { tf } = b;
      const call = () =>
        b.kernels.conv2dTranspose(tf.ones([1, 4, 4, 2]), tf.ones([3, 3, 2, 2]), [5, 5], [2, 2], 'same');
      expect(() => tf.tidy(call)).toThrow(/5x5/);
    });
  });

  describe('pooling', () => {
    const cases: [number[], Pair, Pair, Padding][] = [
      [[2, 6, 8, 3], [2, 2], [2, 2], 'same'],
      [[2, 7, 5, 3], [2, 2], [2, 2], 'same'],
      [[2, 7, 5, 3], [2, 2], [2, 2], 'valid'],
      [[2, 7, 8, 3], [3, 3], [2, 2], 'same'],
      [
        [2, 7, 8, 3],
        [3, 3],
        [2, 2],
        [1, 1, 1, 1],
      ],
      [[2, 7, 8, 3], [3, 2], [1, 3], 'valid'],
      [[2, 7, 8, 3], [3, 3], [1, 1], 'same'],
      [[1, 4, 4, 1], [4, 4], [4, 4], 'valid'],
      // larger than the picture
      [[3, 4, 1, 13], [5, 2], [3, 1], 'same'],
    ];
    for (const [shape, kernel, strides, padding] of cases) {
      const title = `${shape.join('x')}, size ${kernel.join('x')}, stride ${strides.join('x')}, ${String(padding)}`;
      const window = { kernel, strides, padding, dilation: [1, 1] as Pair };
      it(`max, ${title}`, () => {
        const x = draw(shape, 41);
        // Below zero everywhere, with ties: windows whose largest value is negative, or found twice.
        x.data.forEach((v, i) => (x.data[i] = -Math.abs(Math.round(v * 2)) / 2));
        const expected = maxPool(x, window, 42);
        const got = run(
          (x) => b.kernels.maxPool(x as tfc.Tensor4D, kernel, strides, padding),
          [x],
          expected.dy,
        );
        expect(got.shape).toEqual(expected.y.shape);
        expect(difference(got.y, expected.y.data)).toBe(0);
        expect(difference(got.grads[0], expected.dx.data)).toBeLessThan(CLOSE);
      });
      it(`average, ${title}`, () => {
        const x = draw(shape, 43);
        const expected = avgPool(x, window, 44);
        const got = run(
          (x) => b.kernels.avgPool(x as tfc.Tensor4D, kernel, strides, padding),
          [x],
          expected.dy,
        );
        expect(got.shape).toEqual(expected.y.shape);
        expect(difference(got.y, expected.y.data)).toBeLessThan(CLOSE);
        expect(difference(got.grads[0], expected.dx.data)).toBeLessThan(CLOSE);
      });
    }
    it('global average', () => {
      const x = draw([3, 5, 7, 4], 45);
      const dy = draw([3, 4], 46);
      const got = run((x) => b.kernels.globalAvgPool(x as tfc.Tensor4D), [x], dy);
      const y = zeros([3, 4]);
      x.data.forEach((v, i) => (y.data[Math.floor(i / 140) * 4 + (i % 4)] += v / 35));
      expect(got.shape).toEqual([3, 4]);
      expect(difference(got.y, y.data)).toBeLessThan(CLOSE);
      const dx = x.data.map((_, i) => dy.data[Math.floor(i / 140) * 4 + (i % 4)] / 35);
      expect(difference(got.grads[0], dx)).toBeLessThan(CLOSE);
    });
  });

  describe('elementwise', () => {
    const shapes = [[2, 3, 3, 5], [4, 5], [2, 3, 5]]; // prettier-ignore
    for (const shape of shapes) {
      it(`biasAdd ${shape.join('x')}`, () => {
        const [x, bias, dy] = [draw(shape, 51), draw([5], 52), draw(shape, 53)];
        const got = run((x, bias) => b.kernels.biasAdd(x, bias as tfc.Tensor1D), [x, bias], dy);
        expect(got.shape).toEqual(shape);
        expect(difference(got.y, x.data.map((v, i) => v + bias.data[i % 5]))).toBeLessThan(CLOSE); // prettier-ignore
        expect(difference(got.grads[0], dy.data)).toBe(0);
        const sums = new Float64Array(5);
        dy.data.forEach((v, i) => (sums[i % 5] += v));
        expect(difference(got.grads[1], sums)).toBeLessThan(CLOSE);
      });
      it(`relu and relu6 ${shape.join('x')}`, () => {
        const [x, dy] = [draw(shape, 54), draw(shape, 55)];
        x.data.forEach((v, i) => (x.data[i] = Math.fround(v * 5)));
        x.data.set([0, 6, -0, 7, 5.999]);
        for (const [f, top] of [[b.kernels.relu, Infinity], [b.kernels.relu6, 6]] as const) {
          const got = run(f, [x], dy);
          expect(difference(got.y, x.data.map((v) => Math.min(top, Math.max(0, v))))).toBeLessThan(1e-7);
          expect(difference(got.grads[0], dy.data.map((v, i) => (x.data[i] > 0 && x.data[i] < top ? v : 0)))).toBe(0);
        } // prettier-ignore
      });
    }
  });

  describe('batchNorm', () => {
    for (const shape of [
      [3, 5, 4, 6],
      [7, 6],
      [2, 5, 6],
      [1, 1, 1, 6],
      [16, 16, 16, 6],
    ])
      // prettier-ignore
      it(shape.join('x'), () => {
        const C = 6;
        const M = sizeOf(shape) / C;
        const epsilon = 1e-3;
        const [x, gamma, beta, dy] = [draw(shape, 61), draw([C], 62), draw([C], 63), draw(shape, 64)];
        x.data.forEach((v, i) => (x.data[i] = Math.fround(2 * v + (i % C))));
        const mean = new Float64Array(C);
        const variance = new Float64Array(C);
        x.data.forEach((v, i) => (mean[i % C] += v / M));
        x.data.forEach((v, i) => (variance[i % C] += (v - mean[i % C]) ** 2 / M));
        const hat = x.data.map((v, i) => (v - mean[i % C]) / Math.sqrt(variance[i % C] + epsilon));
        const [dGamma, dBeta] = [new Float64Array(C), new Float64Array(C)];
        dy.data.forEach((v, i) => {
          dGamma[i % C] += v * hat[i];
          dBeta[i % C] += v;
        });
        // The gradient through the batch's own mean and variance (Ioffe and Szegedy 2015, section 3).
        const dx = dy.data.map(
          (v, i) =>
            (gamma.data[i % C] / Math.sqrt(variance[i % C] + epsilon)) *
            (v - dBeta[i % C] / M - (hat[i] * dGamma[i % C]) / M),
        );
        const before = b.tf.memory().numTensors;
        let statistics!: { mean: tfc.Tensor1D; variance: tfc.Tensor1D };
        const got = b.tf.tidy(() => {
          const { value, grads } = b.tf.valueAndGrads((x: T, gamma: T, beta: T) => {
            const { y, ...rest } = b.kernels.batchNorm(x, gamma as tfc.Tensor1D, beta as tfc.Tensor1D, epsilon);
            statistics = rest;
            return y;
          })([x, gamma, beta].map(tensor), tensor(dy));
          return { y: value.dataSync(), shape: value.shape, grads: grads.map((g) => g.dataSync()) };
        });
        expect(got.shape).toEqual(shape);
        expect(difference(statistics.mean.dataSync(), mean)).toBeLessThan(CLOSE);
        expect(difference(statistics.variance.dataSync(), variance)).toBeLessThan(CLOSE);
        statistics.mean.dispose();
        statistics.variance.dispose();
        expect(b.tf.memory().numTensors).toBe(before);
        const y = hat.map((v, i) => v * gamma.data[i % C] + beta.data[i % C]);
        expect(difference(got.y, y)).toBeLessThan(CLOSE);
        // With one value a channel, dx is a difference of equal terms: only its size can be checked.
        expect(difference(got.grads[0], dx)).toBeLessThan(1e-4);
        expect(difference(got.grads[1], dGamma)).toBeLessThan(1e-4);
        expect(difference(got.grads[2], dBeta)).toBeLessThan(CLOSE);
      });
  });

  it('softmaxCrossEntropy, logits up to 200', () => {
    const [n, classes] = [5, 7];
    const logits = draw([n, classes], 71);
    logits.data.forEach((v, i) => (logits.data[i] = Math.fround(i < classes ? v * 100 : v * 3)));
    const targets = zeros([n, classes]);
    const smooth = 0.1;
    for (let i = 0; i < n; i++)
      for (let c = 0; c < classes; c++)
        targets.data[i * classes + c] = Math.fround(
          smooth / classes + (c === (i * 3) % classes ? 1 - smooth : 0),
        );
    const loss = (values: Float64Array): number => {
      let total = 0;
      for (let i = 0; i < n; i++) {
        const row = values.subarray(i * classes, (i + 1) * classes);
        const top = Math.max(...row);
        const log = top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0));
        row.forEach((v, c) => (total -= (targets.data[i * classes + c] * (v - log)) / n));
      }
      return total;
    };
    const got = run(
      (logits, targets) => b.kernels.softmaxCrossEntropy(logits as tfc.Tensor2D, targets as tfc.Tensor2D),
      [logits, targets],
      { shape: [], data: Float64Array.of(2) },
    );
    expect(got.shape).toEqual([]);
    expect(got.y[0]).toBeCloseTo(loss(logits.data), 4);
    const numeric = logits.data.map((_, i) => {
      const h = 1e-4;
      const at = (d: number) => loss(logits.data.map((v, j) => (j === i ? v + d : v)));
      return (2 * (at(h) - at(-h))) / (2 * h);
    });
    expect(difference(got.grads[0], numeric)).toBeLessThan(CLOSE);
  });

  it('dense layers: matMul and its gradients', () => {
    const [x, w, dy] = [draw([5, 7], 75), draw([7, 3], 76), draw([5, 3], 77)];
    const product = (a: Values, b: Values): Float64Array => {
      const y = new Float64Array(a.shape[0] * b.shape[1]);
      for (let i = 0; i < a.shape[0]; i++)
        for (let j = 0; j < b.shape[1]; j++)
          for (let k = 0; k < a.shape[1]; k++)
            y[i * b.shape[1] + j] += a.data[i * a.shape[1] + k] * b.data[k * b.shape[1] + j];
      return y;
    };
    const turned = (v: Values): Values => {
      const [rows, columns] = v.shape;
      const t = zeros([columns, rows]);
      t.data.forEach((_, i) => (t.data[i] = v.data[(i % rows) * columns + Math.floor(i / rows)]));
      return t;
    };
    const got = run((x, w) => b.tf.matMul(x as tfc.Tensor2D, w as tfc.Tensor2D), [x, w], dy);
    expect(difference(got.y, product(x, w))).toBeLessThan(CLOSE);
    expect(difference(got.grads[0], product(dy, turned(w)))).toBeLessThan(CLOSE);
    expect(difference(got.grads[1], product(turned(x), dy))).toBeLessThan(CLOSE);
  });

  for (const nesterov of [false, true])
    it(`momentumUpdate${nesterov ? ', Nesterov' : ''}`, () => {
      const { tf } = b;
      const [w, g] = [draw([3, 4], 81), draw([3, 4], 82)];
      const m = new Float64Array(12);
      const expected = Float64Array.from(w.data);
      const before = tf.memory().numTensors;
      const weight = tf.variable(tensor(w));
      const momentum = tf.variable(tf.zeros([3, 4]), false);
      const gradient = tensor(g);
      for (const [rate, decay] of [
        [0.1, 0],
        [0.1, 0.01],
        [0.05, 0.01],
      ]) {
        // prettier-ignore
        b.kernels.momentumUpdate(weight, momentum, gradient, rate, 0.9, decay, nesterov);
        expected.forEach((v, i) => {
          const d = g.data[i] + decay * v;
          m[i] = 0.9 * m[i] + d;
          expected[i] = v - rate * (nesterov ? d + 0.9 * m[i] : m[i]);
        });
      }
      expect(difference(weight.dataSync(), expected)).toBeLessThan(1e-6);
      expect(difference(momentum.dataSync(), m)).toBeLessThan(1e-6);
      tf.dispose([weight, momentum, gradient]);
      // The variable's first value is disposed with the variable, the tensor it was made of is not.
      expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2);
    });

  it('live tensors are constant from training step to training step', () => {
    const { tf, kernels: k } = b;
    const variables = [[3, 3, 3, 8], [3, 3, 8, 1], [1, 1, 8, 8], [8], [8], [8], [8, 4]].map((shape, i) =>
      tf.variable(tf.tidy(() => tensor(draw(shape, i))), true, `live${i}`),
    ); // prettier-ignore
    const momenta = variables.map((v) => tf.tidy(() => tf.variable(tf.zerosLike(v), false)));
    const x = draw([4, 9, 9, 3], 91);
    const y = zeros([4, 4]);
    for (let i = 0; i < 4; i++) y.data[i * 5] = 1;
    const step = (): number =>
      tf.tidy(() => {
        const [stem, depth, point, bias, gamma, beta, head] = variables as unknown as tfc.Tensor4D[];
        const statistics: T[] = [];
        const { value, grads } = tf.variableGrads(() => {
          let h: T = k.conv2d(tensor(x) as tfc.Tensor4D, stem, [1, 1], 'same', [1, 1], 1);
          h = k.relu(k.biasAdd(h, bias as unknown as tfc.Tensor1D));
          h = k.maxPool(h as tfc.Tensor4D, [2, 2], [2, 2], 'same');
          h = k.depthwiseConv2d(h as tfc.Tensor4D, depth, [2, 2], 'same', [1, 1]);
          const norm = k.batchNorm(
            h,
            gamma as unknown as tfc.Tensor1D,
            beta as unknown as tfc.Tensor1D,
            1e-3,
          );
          statistics.push(norm.mean, norm.variance);
          h = k.conv2d(k.relu6(norm.y) as tfc.Tensor4D, point, [1, 1], 'same', [1, 1], 1);
          h = k.avgPool(h as tfc.Tensor4D, [2, 2], [1, 1], 'same');
          const logits = tf.matMul(k.globalAvgPool(h as tfc.Tensor4D), head as unknown as tfc.Tensor2D);
          return k.softmaxCrossEntropy(logits as tfc.Tensor2D, tensor(y) as tfc.Tensor2D);
        });
        variables.forEach((v, i) => k.momentumUpdate(v, momenta[i], grads[v.name], 0.05, 0.9, 1e-4, false));
        tf.dispose(statistics);
        return value.dataSync()[0];
      });
    const losses = [step(), step()];
    const live = k.liveTensors();
    const held = tf.memory().numTensors;
    for (let i = 0; i < 10; i++) losses.push(step());
    expect(k.liveTensors()).toBe(live);
    expect(tf.memory().numTensors).toBe(held);
    expect(losses.at(-1)).toBeLessThan(losses[0]);
    tf.dispose([...variables, ...momenta]);
  });

  it('the same training gives the same bits', () => {
    const { tf, kernels: k } = b;
    // Large enough that the backend shares the work out among its threads.
    const x = tf.tidy(() => tensor(draw([16, 32, 32, 3], 95)));
    const targets = tf.tidy(() => tf.oneHot(tf.tensor1d([...Array(16).keys()], 'int32'), 16).toFloat());
    const train = (): Float32Array => {
      const shapes = [[3, 3, 3, 16], [16], [16], [3, 3, 16, 1], [16], [16], [3, 3, 16, 16]]; // prettier-ignore
      const variables = shapes.map((shape, i) => tf.variable(tf.tidy(() => tensor(draw(shape, 96 + i)))));
      const momenta = variables.map((v) => tf.tidy(() => tf.variable(tf.zerosLike(v), false)));
      for (let i = 0; i < 3; i++)
        tf.tidy(() => {
          const [stem, gamma1, beta1, depth, gamma2, beta2, last] = variables as T[] as tfc.Tensor4D[];
          const norm = (h: T, gamma: T, beta: T): tfc.Tensor4D => {
            const { y, ...statistics } = k.batchNorm(h, gamma as tfc.Tensor1D, beta as tfc.Tensor1D, 1e-3);
            tf.dispose(statistics);
            return k.relu(y) as tfc.Tensor4D;
          };
          const { grads } = tf.variableGrads(() => {
            let h = k.conv2d(x as tfc.Tensor4D, stem, [1, 1], 'same', [1, 1], 1);
            h = k.depthwiseConv2d(norm(h, gamma1, beta1), depth, [1, 1], 'same', [1, 1]);
            h = k.conv2d(norm(h, gamma2, beta2), last, [2, 2], 'same', [1, 1], 1);
            return k.softmaxCrossEntropy(k.globalAvgPool(h), targets as tfc.Tensor2D);
          }, variables);
          variables.forEach((v, i) => k.momentumUpdate(v, momenta[i], grads[v.name], 0.01, 0.9, 1e-4, false));
        });
      const weights = variables.flatMap((v) => [...v.dataSync()]);
      tf.dispose([...variables, ...momenta]);
      return Float32Array.from(weights);
    };
    const first = train();
    expect(first.every(Number.isFinite)).toBe(true);
    for (let i = 0; i < 3; i++)
      expect(Buffer.from(train().buffer).equals(Buffer.from(first.buffer))).toBe(true);
    tf.dispose([x, targets]);
  });
}
