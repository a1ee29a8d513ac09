import type * as tfc from '@tensorflow/tfjs-core';
import type { Backend } from '../types.ts';
import type { TrainSettings } from '../../terms/training.ts';

/** What an update needs besides the gradient. */
export interface Update {
  readonly rate: number;
  readonly settings: Pick<TrainSettings, 'optimizer' | 'momentum' | 'nesterov' | 'weightDecay'>;
  /** 1 for the first update of the training: Adam's bias correction */
  readonly step: number;
}

/** Adam's constants (Kingma and Ba 2015, and Keras' epsilon outside of the root). */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7;

/**
 * Momentum of SGD, or both moments of Adam, one a weight; made at a weight's first update.
 * SGD: m = mu m + (g + decay w), w = w - rate m. Adam: decay is part of the gradient too (L2), with bias correction.
 */
export class Optimizer {
  private readonly backend: Backend;
  /** "first/<param>" (SGD's momentum, Adam's mean) and "second/<param>" (Adam's mean square) */
  private readonly slots = new Map<string, tfc.Variable>();

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Changes `weight` in place. `decays`: whether weight decay acts on it. */
  apply(id: string, weight: tfc.Variable, gradient: tfc.Tensor, decays: boolean, update: Update): void {
    const { settings, rate } = update;
    const decay = decays ? settings.weightDecay : 0;
    if (settings.optimizer === 'adam') return this.adam(id, weight, gradient, decay, update);
    const m = this.slot(`first/${id}`, weight);
    this.backend.kernels.momentumUpdate(
      weight,
      m,
      gradient,
      rate,
      settings.momentum,
      decay,
      settings.nesterov,
    );
  }

  private adam(id: string, weight: tfc.Variable, gradient: tfc.Tensor, decay: number, update: Update): void {
    const { tf } = this.backend;
    const first = this.slot(`first/${id}`, weight);
    const second = this.slot(`second/${id}`, weight);
    const correction = Math.sqrt(1 - BETA2 ** update.step) / (1 - BETA1 ** update.step);
    tf.tidy(() => {
      const g = decay === 0 ? gradient : tf.add(gradient, tf.mul(weight, decay));
      first.assign(tf.add(tf.mul(first, BETA1), tf.mul(g, 1 - BETA1)));
      second.assign(tf.add(tf.mul(second, BETA2), tf.mul(tf.square(g), 1 - BETA2)));
      const change = tf.div(tf.mul(first, update.rate * correction), tf.add(tf.sqrt(second), EPSILON));
      weight.assign(tf.sub(weight, change));
    });
  }

  private slot(name: string, like: tfc.Tensor): tfc.Variable {
    let slot = this.slots.get(name);
    if (!slot) {
      const { tf } = this.backend;
      slot = tf.tidy(() => tf.variable(tf.zeros(like.shape), false));
      this.slots.set(name, slot);
    }
    return slot;
  }

  /** Every slot's values, by name. */
  save(): Map<string, Float32Array> {
    return new Map([...this.slots].map(([name, slot]) => [name, slot.dataSync<'float32'>().slice()]));
  }

  /** Back to saved slots; `shapeOf` gives a parameter's shape. */
  restore(saved: ReadonlyMap<string, Float32Array>, shapeOf: (param: string) => readonly number[]): void {
    const { tf } = this.backend;
    this.dispose();
    for (const [name, values] of saved) {
      const shape = [...shapeOf(name.slice(name.indexOf('/') + 1))];
      this.slots.set(
        name,
        tf.tidy(() => tf.variable(tf.tensor(values.slice(), shape), false)),
      );
    }
  }

  dispose(): void {
    for (const slot of this.slots.values()) slot.dispose();
    this.slots.clear();
  }
}
