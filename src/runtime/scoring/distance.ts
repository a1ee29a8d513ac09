import type { Head } from '../heads.ts';
import type { OutputScore } from '../../terms/scores.ts';

/** The least probability that a logarithm is taken of, as in Keras. */
const LEAST = 1e-7;

/** How far an output is from the original's answers, gathered over images. */
export class Distance {
  private sum = 0;
  private rows = 0;

  constructor(private readonly head: Head) {}

  /** @param answers the original's, as the network returns them: [n, ...], flattened */
  add(answers: Float32Array, values: Float32Array): void {
    const { activation, units } = this.head;
    const softmax = activation === 'softmax';
    this.rows += softmax ? answers.length / units : answers.length;
    for (let i = 0; i < answers.length; i++) {
      const [p, q] = [answers[i], values[i]];
      if (activation === 'none') this.sum += (p - q) ** 2;
      else this.sum += softmax ? divergence(p, q) : divergence(p, q) + divergence(1 - p, 1 - q);
    }
  }

  /** KL divergence of a softmax's rows, or a mean over units of their two answers; else the mean squared error. */
  get score(): OutputScore {
    const { name, activation } = this.head;
    const loss = activation === 'none' ? 'mean squared error' : 'KL divergence';
    return { name, loss, value: this.sum / this.rows };
  }
}

function divergence(p: number, q: number): number {
  const clip = (x: number): number => Math.min(Math.max(x, LEAST), 1);
  return clip(p) * Math.log(clip(p) / clip(q));
}
