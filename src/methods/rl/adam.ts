import { clearGradients, restoreArray, type Parameter } from './parameter.ts';

export interface AdamSettings {
  readonly rate: number;
  /** added to the root of the second moment; PyTorch's default is 1e-8, SB3's PPO takes 1e-5 */
  readonly epsilon: number;
  readonly beta1?: number;
  readonly beta2?: number;
}

/** Adam (Kingma and Ba 2015) over one fixed set of parameters. */
export class Adam {
  private readonly first: Float32Array[];
  private readonly second: Float32Array[];
  /** updates so far; part of what a checkpoint must hold, beside `save()` */
  steps = 0;

  constructor(
    readonly parameters: readonly Parameter[],
    private readonly settings: AdamSettings,
  ) {
    this.first = parameters.map((p) => new Float32Array(p.value.length));
    this.second = parameters.map((p) => new Float32Array(p.value.length));
  }

  /**
   * One update by the gathered gradients, which are cleared.
   * @param most largest norm over all gradients together; they are scaled down to it
   * @param rate instead of the settings'
   * @returns the norm before that
   */
  step(most = Infinity, rate = this.settings.rate): number {
    const { epsilon, beta1 = 0.9, beta2 = 0.999 } = this.settings;
    this.steps++;
    let square = 0;
    for (const { gradient } of this.parameters)
      for (let i = 0; i < gradient.length; i++) square += gradient[i] * gradient[i];
    const norm = Math.sqrt(square);
    const scale = norm > most ? most / norm : 1;
    const root = Math.sqrt(1 - beta2 ** this.steps);
    const by = rate / (1 - beta1 ** this.steps);
    this.parameters.forEach(({ value, gradient }, k) => {
      const m = this.first[k];
      const v = this.second[k];
      for (let i = 0; i < value.length; i++) {
        const g = scale * gradient[i];
        m[i] += (1 - beta1) * (g - m[i]);
        v[i] += (1 - beta2) * (g * g - v[i]);
        value[i] -= (by * m[i]) / (Math.sqrt(v[i]) / root + epsilon);
      }
    });
    clearGradients(this.parameters);
    return norm;
  }

  /** Both moments of every parameter, by `<prefix>first/<name>` and `<prefix>second/<name>`. */
  save(prefix = ''): Map<string, Float32Array> {
    const saved = new Map<string, Float32Array>();
    this.parameters.forEach(({ name }, k) => {
      saved.set(`${prefix}first/${name}`, this.first[k].slice());
      saved.set(`${prefix}second/${name}`, this.second[k].slice());
    });
    return saved;
  }

  /** Back to saved moments and number of updates, bit for bit. @throws InputError where they don't fit */
  restore(saved: ReadonlyMap<string, Float32Array>, steps: number, prefix = ''): void {
    this.parameters.forEach(({ name }, k) => {
      restoreArray(this.first[k], saved, `${prefix}first/${name}`);
      restoreArray(this.second[k], saved, `${prefix}second/${name}`);
    });
    this.steps = steps;
  }
}
