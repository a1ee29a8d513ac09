import type { Random } from '../../../graph/random.ts';
import { Adam } from '../../rl/adam.ts';
import { Mlp } from '../../rl/mlp.ts';
import { parameter, restoreParameters, saveParameters, type Parameter } from '../../rl/parameter.ts';
import { Gru } from './gru.ts';

export interface RepresentationSettings {
  readonly embedding: number;
  readonly hidden: readonly number[];
  readonly decoderRate: number;
  /** epochs that gradients go back through */
  readonly window: number;
}

/** Transitions with the reward to be reconstructed. */
export interface Observed {
  readonly n: number;
  /** [n, features] */
  readonly state: Float32Array;
  readonly action: Float32Array;
  readonly reward: Float32Array;
  readonly epoch: Int32Array;
}

/**
 * What the agent knows of the moving weights (docs/methods/agent.md, "Representation"): a learnable embedding e an
 * epoch, a recurrent model z_t = GRU(e_1 ... e_t), and a decoder D(s, a, z) that reconstructs rewards, by whose error,
 * and by nothing else, all three are trained. Others see z as plain numbers.
 */
export class Representation {
  readonly embeddings: Parameter;
  readonly gru: Gru;
  readonly decoder: Mlp;
  private readonly adam: Adam;
  private known: Float32Array | undefined;
  private epochs = 0;

  /** @param epochs most that there will be */
  constructor(
    private readonly features: number,
    epochs: number,
    private readonly settings: RepresentationSettings,
    random: Random,
  ) {
    const { embedding: size, hidden } = settings;
    this.embeddings = parameter('embeddings', new Float32Array(epochs * size));
    this.gru = new Gru('gru', size, size, random);
    this.decoder = new Mlp('decoder', [features + 1 + size, ...hidden, 1], { activation: 'relu', random });
    this.adam = new Adam(this.parameters, { rate: settings.decoderRate, epsilon: 1e-8 });
  }

  get parameters(): readonly Parameter[] {
    return [this.embeddings, ...this.gru.parameters, ...this.decoder.parameters];
  }

  get size(): number {
    return this.settings.embedding;
  }

  /** A further epoch. Its embedding starts close to the one before: weights move little in an epoch. */
  begin(random: Random): void {
    const { size } = this;
    const value = this.embeddings.value;
    const at = this.epochs * size;
    for (let i = 0; i < size; i++)
      value[at + i] = (this.epochs > 0 ? value[at - size + i] : 0) + 0.1 * random.normal();
    this.epochs++;
    this.known = undefined;
  }

  /** z of every epoch so far, [epochs, size]. A copy of numbers: nothing flows back. */
  all(): Float32Array {
    return (this.known ??= this.run().hidden.slice(this.size));
  }

  private run() {
    return this.gru.forward(this.embeddings.value.subarray(0, this.epochs * this.size), this.epochs);
  }

  /** Gathers the gradients of the mean squared error of reconstruction. @returns the error */
  gradients({ n, state, action, reward, epoch }: Observed): number {
    const { features, size } = this;
    const pass = this.run();
    const width = features + 1 + size;
    const x = new Float32Array(n * width);
    for (let i = 0; i < n; i++) {
      x.set(state.subarray(i * features, (i + 1) * features), i * width);
      x[i * width + features] = action[i];
      const from = (epoch[i] + 1) * size;
      x.set(pass.hidden.subarray(from, from + size), i * width + features + 1);
    }
    const decoded = this.decoder.forward(x, n);
    let error = 0;
    const dy = decoded.output.map((y, i) => {
      error += (y - reward[i]) ** 2 / n;
      return (2 * (y - reward[i])) / n;
    });
    const dx = this.decoder.backward(decoded, dy, { input: true });
    const dz = new Float32Array(this.epochs * size);
    for (let i = 0; i < n; i++)
      for (let k = 0; k < size; k++) dz[epoch[i] * size + k] += dx[i * width + features + 1 + k];
    const dEmbeddings = this.gru.backward(pass, dz, Math.max(0, this.epochs - this.settings.window));
    const { gradient } = this.embeddings;
    for (let i = 0; i < dEmbeddings.length; i++) gradient[i] += dEmbeddings[i];
    return error;
  }

  /** One update by the decoder's error. @returns the error before it */
  update(observed: Observed): number {
    const error = this.gradients(observed);
    this.adam.step();
    this.known = undefined;
    return error;
  }

  get state(): { epochs: number; steps: number } {
    return { epochs: this.epochs, steps: this.adam.steps };
  }

  save(): Map<string, Float32Array> {
    return new Map([...saveParameters(this.parameters), ...this.adam.save('adam/')]);
  }

  restore(state: { epochs: number; steps: number }, saved: ReadonlyMap<string, Float32Array>): void {
    restoreParameters(this.parameters, saved);
    this.adam.restore(saved, state.steps, 'adam/');
    this.epochs = state.epochs;
    this.known = undefined;
  }
}
