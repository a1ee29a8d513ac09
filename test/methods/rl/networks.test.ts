import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { Adam } from '../../../src/methods/rl/adam.ts';
import { addProduct, transpose } from '../../../src/methods/rl/matmul.ts';
import { Mlp } from '../../../src/methods/rl/mlp.ts';
import {
  orthogonal,
  parameter,
  restoreParameters,
  saveParameters,
} from '../../../src/methods/rl/parameter.ts';

const drawn = (length: number, random: Random) => Float32Array.from({ length }, () => random.normal());

describe('products of small matrices', () => {
  it.each([
    [1, 1, 1],
    [4, 4, 4],
    [5, 7, 3],
    [9, 2, 1],
    [3, 13, 6],
  ])('[%i, %i] x [., %i] is the sum of its terms, also of a transpose', (n, k, m) => {
    const random = new Random(n * 100 + k * 10 + m);
    const a = drawn(n * k, random);
    const b = drawn(k * m, random);
    const start = drawn(n * m, random);
    const expected = Array.from({ length: n * m }, (_, at) => {
      let sum = start[at];
      for (let p = 0; p < k; p++) sum += a[Math.floor(at / m) * k + p] * b[p * m + (at % m)];
      return sum;
    });
    const c = start.slice();
    addProduct(a, k, 1, b, c, n, k, m);
    const d = start.slice();
    addProduct(transpose(a, n, k), 1, n, b, d, n, k, m);
    expected.forEach((value, i) => expect(c[i]).toBeCloseTo(value, 4));
    expect(d).toEqual(c);
  });
});

describe.each(['relu', 'tanh'] as const)('a network of %s units', (activation) => {
  it('has the gradients that finite differences give, of parameters and input', () => {
    const random = new Random(3);
    const net = new Mlp('net', [5, 9, 6, 2], { activation, random });
    for (const { name, value } of net.parameters)
      if (name.endsWith('bias')) value.forEach((_, i) => (value[i] = 0.3 * random.normal()));
    const n = 7;
    const x = drawn(5 * n, random);
    const weights = drawn(2 * n, random);
    const loss = () => net.forward(x, n).output.reduce((sum, y, i) => sum + weights[i] * y + 0.5 * y * y, 0);
    const pass = net.forward(x, n);
    const dy = pass.output.map((y, i) => weights[i] + y);
    const dx = net.backward(pass, dy, { input: true });
    const step = 1e-3;
    let compared = 0;
    for (const [values, gradient] of [...net.parameters.map((p) => [p.value, p.gradient]), [x, dx]] as [
      Float32Array,
      Float32Array,
    ][])
      for (let i = 0; i < values.length; i++) {
        const at = values[i];
        values[i] = at + step;
        const above = loss();
        values[i] = at - step;
        const below = loss();
        values[i] = at;
        const numeric = (above - below) / (2 * step);
        // relu bends: a step across the bend may be half off
        if (Math.abs(numeric - gradient[i]) < 0.02 + 0.01 * Math.abs(numeric)) compared++;
        else expect([activation, numeric]).toEqual(['relu', expect.closeTo(gradient[i], 0)]);
      }
    expect(compared).toBeGreaterThan(150);
  });

  it('can keep its own parameters out of a gradient', () => {
    const net = new Mlp('net', [3, 4, 1], { activation, random: new Random(1) });
    const pass = net.forward(new Float32Array([1, 2, 3]), 1);
    const dx = net.backward(pass, new Float32Array([1]), { parameters: false, input: true });
    expect(dx.some((v) => v !== 0)).toBe(true);
    for (const { gradient } of net.parameters) expect(gradient.every((v) => v === 0)).toBe(true);
  });
});

describe('starting values', () => {
  it('are orthonormal times the gain, both ways round', () => {
    for (const [rows, columns] of [
      [6, 4],
      [4, 6],
    ]) {
      const w = orthogonal(rows, columns, 2, new Random(2));
      const at = (k: number, i: number) => (rows < columns ? w[k * columns + i] : w[i * columns + k]);
      for (let a = 0; a < 4; a++)
        for (let b = 0; b < 4; b++) {
          let dot = 0;
          for (let i = 0; i < 6; i++) dot += at(a, i) * at(b, i);
          expect(dot).toBeCloseTo(a === b ? 4 : 0, 5);
        }
    }
  });

  it('are Xavier-uniform by default', () => {
    const { parameters } = new Mlp('net', [100, 300, 1], { activation: 'relu', random: new Random(5) });
    const limit = Math.sqrt(6 / 400);
    const [kernel, bias] = parameters;
    expect(Math.max(...kernel.value.map(Math.abs))).toBeLessThanOrEqual(limit);
    const square = kernel.value.reduce((s, v) => s + v * v, 0) / 30_000;
    expect(square / ((limit * limit) / 3)).toBeCloseTo(1, 1);
    expect(bias.value.every((v) => v === 0)).toBe(true);
  });
});

describe('Adam', () => {
  /** Kingma and Ba's algorithm 1, written again with one number. */
  function byHand(gradients: readonly number[], rate: number, epsilon: number): number {
    let [w, m, v] = [1, 0, 0];
    gradients.forEach((g, i) => {
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (rate * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + epsilon);
    });
    return w;
  }

  it('follows its formula, and clears the gradients', () => {
    const gradients = [0.5, -0.2, 1.5, 0.1, -2];
    const p = parameter('w', Float32Array.of(1));
    const adam = new Adam([p], { rate: 0.1, epsilon: 1e-3 });
    for (const g of gradients) {
      p.gradient[0] = g;
      adam.step();
      expect(p.gradient[0]).toBe(0);
    }
    expect(p.value[0]).toBeCloseTo(byHand(gradients, 0.1, 1e-3), 5);
  });

  it('limits the norm of all gradients together', () => {
    const a = parameter('a', Float32Array.of(0));
    const b = parameter('b', Float32Array.of(0));
    const adam = new Adam([a, b], { rate: 0.1, epsilon: 1 });
    a.gradient[0] = 3;
    b.gradient[0] = 4;
    expect(adam.step(0.5)).toBeCloseTo(5, 6);
    expect(a.value[0]).toBeCloseTo((-0.1 * 0.3) / 1.3, 6);
    expect(b.value[0]).toBeCloseTo((-0.1 * 0.4) / 1.4, 6);
  });

  it('goes on from a checkpoint bit for bit', () => {
    const make = () => {
      const net = new Mlp('net', [3, 8, 2], { activation: 'tanh', random: new Random(1) });
      return { net, adam: new Adam(net.parameters, { rate: 1e-2, epsilon: 1e-8 }), random: new Random(2) };
    };
    const train = ({ net, adam, random }: ReturnType<typeof make>, steps: number) => {
      for (let i = 0; i < steps; i++) {
        const pass = net.forward(drawn(12, random), 4);
        net.backward(pass, pass.output);
        adam.step();
      }
      return saveParameters(net.parameters);
    };
    const whole = make();
    train(whole, 5);
    const saved = new Map([...saveParameters(whole.net.parameters, 'p/'), ...whole.adam.save('a/')]);
    const [steps, state] = [whole.adam.steps, whole.random.state];
    const expected = train(whole, 5);
    const again = make();
    restoreParameters(again.net.parameters, saved, 'p/');
    again.adam.restore(saved, steps, 'a/');
    again.random.state = state;
    expect(train(again, 5)).toEqual(expected);
    expect(() => restoreParameters(again.net.parameters, new Map(), 'p/')).toThrow(/does not fit/);
  });
});
