import type { Random } from '../../graph/random.ts';
import { addProduct, transpose } from './matmul.ts';
import { orthogonal, parameter, xavier, type Parameter } from './parameter.ts';

export interface MlpOptions {
  /** of the hidden layers; the last is linear */
  readonly activation: 'relu' | 'tanh';
  readonly random: Random;
  /** default Xavier's; else orthogonal, with this gain in the hidden layers and in the last. Biases start at zero */
  readonly orthogonal?: { readonly hidden: number; readonly last: number };
}

/** What a forward pass leaves for the backward one. */
export interface Pass {
  readonly n: number;
  /** inputs of every layer, [n, sizes[layer]]: behind the first, what the activation gave */
  readonly inputs: readonly Float32Array[];
  /** [n, sizes[last]] */
  readonly output: Float32Array;
}

/**
 * A small fully connected network on float32 arrays, with backpropagation by hand; the same bytes on every backend.
 * Forward and backward of 64 rows through 12-64-64-1 take 0.44 ms, where TensorFlow.js on tensorflow takes 1.6, most
 * of it launching; through 140-300-300-1 they take 15 ms against 2.2 (best times, on a busy machine of 2 cores).
 */
export class Mlp {
  /** layer by layer the kernel [in, out] and the bias [out]: `<name>/0/kernel`, `<name>/0/bias`, ... */
  readonly parameters: readonly Parameter[];

  /** @param sizes of the input, the hidden layers and the output */
  constructor(
    readonly name: string,
    readonly sizes: readonly number[],
    private readonly options: MlpOptions,
  ) {
    const last = sizes.length - 2;
    this.parameters = sizes.slice(1).flatMap((out, layer) => {
      const rows = sizes[layer];
      const { random, orthogonal: gains } = options;
      const kernel = gains
        ? orthogonal(rows, out, layer === last ? gains.last : gains.hidden, random)
        : xavier(rows, out, random);
      const at = `${name}/${layer}`;
      return [parameter(`${at}/kernel`, kernel), parameter(`${at}/bias`, new Float32Array(out))];
    });
  }

  /** @param x [n, sizes[0]]; kept by reference until the backward pass */
  forward(x: Float32Array, n: number): Pass {
    const { sizes, parameters } = this;
    const inputs: Float32Array[] = [];
    let value = x;
    for (let layer = 0; layer + 1 < sizes.length; layer++) {
      inputs.push(value);
      const [rows, out] = [sizes[layer], sizes[layer + 1]];
      const bias = parameters[2 * layer + 1].value;
      const next = new Float32Array(n * out);
      for (let i = 0; i < n; i++) next.set(bias, i * out);
      addProduct(value, rows, 1, parameters[2 * layer].value, next, n, rows, out);
      if (layer + 2 < sizes.length) this.activate(next);
      value = next;
    }
    return { n, inputs, output: value };
  }

  /**
   * Adds the parameters' gradients to what is gathered there.
   * @param dy gradient of the output [n, sizes[last]]
   * @param want `parameters: false`: only the input's gradient, as where a policy learns through a critic
   * @returns the gradient of the input [n, sizes[0]]; empty where it isn't wanted
   */
  backward(
    { n, inputs }: Pass,
    dy: Float32Array,
    want: { readonly parameters?: boolean; readonly input?: boolean } = {},
  ): Float32Array {
    const { sizes, parameters } = this;
    let gradient = dy;
    for (let layer = sizes.length - 2; layer >= 0; layer--) {
      const [rows, out] = [sizes[layer], sizes[layer + 1]];
      const x = inputs[layer];
      const [kernel, bias] = [parameters[2 * layer], parameters[2 * layer + 1]];
      if (want.parameters !== false) {
        addProduct(x, 1, rows, gradient, kernel.gradient, rows, n, out);
        for (let i = 0; i < n; i++) for (let j = 0; j < out; j++) bias.gradient[j] += gradient[i * out + j];
      }
      if (layer === 0 && !want.input) return new Float32Array(0);
      const before = new Float32Array(n * rows);
      addProduct(gradient, out, 1, transpose(kernel.value, rows, out), before, n, out, rows);
      if (layer > 0) this.throughActivation(before, x);
      gradient = before;
    }
    return gradient;
  }

  private activate(x: Float32Array): void {
    if (this.options.activation === 'relu') {
      for (let i = 0; i < x.length; i++) if (x[i] < 0) x[i] = 0;
    } else for (let i = 0; i < x.length; i++) x[i] = Math.tanh(x[i]);
  }

  /** By the activation's value y: relu's slope is 1 where y > 0, tanh's 1 - y². */
  private throughActivation(gradient: Float32Array, y: Float32Array): void {
    if (this.options.activation === 'relu') {
      for (let i = 0; i < y.length; i++) if (y[i] === 0) gradient[i] = 0;
    } else for (let i = 0; i < y.length; i++) gradient[i] *= 1 - y[i] * y[i];
  }
}
