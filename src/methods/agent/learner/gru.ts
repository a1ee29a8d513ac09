import type { Random } from '../../../graph/random.ts';
import { addProduct, transpose } from '../../rl/matmul.ts';
import { parameter, xavier, type Parameter } from '../../rl/parameter.ts';
import { sigmoid } from '../../rl/sigmoid.ts';

/** What a run over a sequence leaves for the backward pass; all row-major, [steps, ...]. */
export interface GruPass {
  readonly steps: number;
  readonly input: Float32Array;
  /** hidden state before the first step and after every step: [steps + 1, hidden] */
  readonly hidden: Float32Array;
  /** reset, update and candidate gates: [steps, 3 hidden] */
  readonly gates: Float32Array;
  /** the recurrent part of the candidate, before the reset gate */
  readonly recurrent: Float32Array;
}

/**
 * A gated recurrent unit over one sequence (Cho et al. 2014, in the form where the reset gate acts behind the recurrent
 * product, as in cuDNN): r, u = sigmoid(x W + h R + b), c = tanh(x W + r (h R + b')), h' = u h + (1 - u) c.
 * Starts from a hidden state of zeros.
 */
export class Gru {
  readonly parameters: readonly Parameter[];

  constructor(
    name: string,
    readonly inputs: number,
    readonly hidden: number,
    random: Random,
  ) {
    const matrix = (rows: number) => {
      // each gate is a matrix of its own, so its spread is that of [rows, hidden]
      const gates = [0, 1, 2].map(() => xavier(rows, hidden, random));
      const joined = new Float32Array(rows * 3 * hidden);
      for (let i = 0; i < rows; i++)
        gates.forEach((gate, g) =>
          joined.set(gate.subarray(i * hidden, (i + 1) * hidden), (3 * i + g) * hidden),
        );
      return joined;
    };
    this.parameters = [
      parameter(`${name}/kernel`, matrix(inputs)),
      parameter(`${name}/recurrent`, matrix(hidden)),
      parameter(`${name}/bias`, new Float32Array(3 * hidden)),
      parameter(`${name}/recurrentBias`, new Float32Array(3 * hidden)),
    ];
  }

  /** @param input [steps, inputs]; kept by reference until the backward pass */
  forward(input: Float32Array, steps: number): GruPass {
    const { hidden: H, inputs } = this;
    const [kernel, recurrentKernel, bias, recurrentBias] = this.parameters.map((p) => p.value);
    const fromInput = new Float32Array(steps * 3 * H);
    for (let t = 0; t < steps; t++) fromInput.set(bias, t * 3 * H);
    addProduct(input, inputs, 1, kernel, fromInput, steps, inputs, 3 * H);
    const hidden = new Float32Array((steps + 1) * H);
    const gates = new Float32Array(steps * 3 * H);
    const recurrent = new Float32Array(steps * H);
    for (let t = 0; t < steps; t++) {
      const before = hidden.subarray(t * H, (t + 1) * H);
      const product = recurrentBias.slice();
      addProduct(before, H, 1, recurrentKernel, product, 1, H, 3 * H);
      for (let k = 0; k < H; k++) {
        const at = t * 3 * H + k;
        const r = sigmoid(fromInput[at] + product[k]);
        const u = sigmoid(fromInput[at + H] + product[k + H]);
        recurrent[t * H + k] = product[k + 2 * H];
        const c = Math.tanh(fromInput[at + 2 * H] + r * product[k + 2 * H]);
        gates[at] = r;
        gates[at + H] = u;
        gates[at + 2 * H] = c;
        hidden[(t + 1) * H + k] = u * before[k] + (1 - u) * c;
      }
    }
    return { steps, input, hidden, gates, recurrent };
  }

  /**
   * Adds the parameters' gradients, given those of every step's hidden state.
   * @param dh [steps, hidden]
   * @param from first step that gradients reach (truncated backpropagation through time)
   * @returns the gradient of the input [steps, inputs], zero before `from`
   */
  backward({ steps, input, hidden, gates, recurrent }: GruPass, dh: Float32Array, from = 0): Float32Array {
    const { hidden: H, inputs } = this;
    const [kernel, recurrentKernel, bias, recurrentBias] = this.parameters;
    const back = transpose(recurrentKernel.value, H, 3 * H);
    // gradients of what the gates add up: the input's part and the recurrent part differ in the candidate only
    const dInput = new Float32Array(steps * 3 * H);
    const dRecurrent = new Float32Array(steps * 3 * H);
    let carried = new Float32Array(H);
    for (let t = steps - 1; t >= from; t--) {
      const next = new Float32Array(H);
      for (let k = 0; k < H; k++) {
        const at = t * 3 * H + k;
        const g = dh[t * H + k] + carried[k];
        const [r, u, c] = [gates[at], gates[at + H], gates[at + 2 * H]];
        const dc = g * (1 - u) * (1 - c * c);
        const du = g * (hidden[t * H + k] - c) * u * (1 - u);
        const dr = dc * recurrent[t * H + k] * r * (1 - r);
        dInput[at] = dRecurrent[at] = dr;
        dInput[at + H] = dRecurrent[at + H] = du;
        dInput[at + 2 * H] = dc;
        dRecurrent[at + 2 * H] = dc * r;
        next[k] = g * u;
      }
      const row = dRecurrent.subarray(t * 3 * H, (t + 1) * 3 * H);
      addProduct(row, 3 * H, 1, back, next, 1, 3 * H, H);
      carried = next;
    }
    addProduct(input, 1, inputs, dInput, kernel.gradient, inputs, steps, 3 * H);
    addProduct(hidden, 1, H, dRecurrent, recurrentKernel.gradient, H, steps, 3 * H);
    for (let t = 0; t < steps; t++)
      for (let k = 0; k < 3 * H; k++) {
        bias.gradient[k] += dInput[t * 3 * H + k];
        recurrentBias.gradient[k] += dRecurrent[t * 3 * H + k];
      }
    const dx = new Float32Array(steps * inputs);
    addProduct(dInput, 3 * H, 1, transpose(kernel.value, inputs, 3 * H), dx, steps, 3 * H, inputs);
    return dx;
  }
}
