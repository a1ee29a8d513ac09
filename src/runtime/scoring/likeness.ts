import { InputError } from '../../graph/errors.ts';
import type { Graph } from '../../graph/types.ts';
import { headsOf, tellsClasses } from '../heads.ts';
import { aimsOf, timesOf } from '../training/losses.ts';
import type { Aim } from '../training/losses.ts';
import { activated, classOf, sigmoid } from '../training/probabilities.ts';
import type { Answer } from '../types.ts';
import type { Measure } from '../../terms/scores.ts';

/** What an accuracy without labels is called. */
export function agreementOf(graph: Graph): Measure {
  return headsOf(graph).every((head) => tellsClasses(head, graph)) ? 'agreement' : 'agreement in values';
}

/**
 * How like a network is to the original, gathered over images. **The one place that says what agreement is**, in percent:
 *
 * - of an output that says a class: the images of which both say the same;
 * - of any other: 100 (1 - e), 0 at least, where e, the relative error, is the root of the mean squared difference over
 *   the variance of the original's answers from image to image (each value about its own mean, over some training
 *   images). An output that always says the original's mean has e = 1, and agrees by 0 %;
 * - of several outputs: their mean.
 */
export class Likeness {
  private readonly aims: readonly Aim[];
  private readonly outputs: readonly Tally[];
  /** the loss that training goes by, of each image */
  readonly losses: number[] = [];
  /** whether both say the same class, of each image; where there is one output, and it says one */
  readonly right: boolean[] | null;

  constructor(private readonly graph: Graph) {
    this.aims = aimsOf(graph, true);
    this.outputs = this.aims.map(() => ({ same: 0, squares: 0, images: 0, scale: 1 }));
    const [first, ...more] = this.aims;
    this.right = more.length === 0 && tellsClasses(first.head, graph) ? [] : null;
  }

  /** @param values what the network gives for n images before its activations, an array an output */
  add(answers: readonly Answer[] | undefined, values: readonly Float32Array[], n: number): void {
    if (answers?.length !== this.aims.length)
      throw new InputError(
        "the batch lacks the original's answers, which a network without labels is compared with",
      );
    const losses = new Float64Array(n);
    this.aims.forEach((aim, i) => {
      const { head, temperature } = aim;
      const { values: wanted, weight, scale = 1 } = answers[i];
      const tally = this.outputs[i];
      tally.images += n;
      tally.scale = scale;
      const factor = timesOf(aim.form, head) * weight * temperature ** 2;
      const says = tellsClasses(head, this.graph);
      for (let k = 0; k < n; k++) {
        const given = part(values[i], n, k);
        const asked = part(wanted, n, k);
        losses[k] += factor * lossOf(asked, given, aim);
        if (!says) tally.squares += squaredDifference(activated(asked, head), activated(given, head));
        else {
          const same = classOf(asked) === classOf(given);
          if (same) tally.same++;
          this.right?.push(same);
        }
      }
    });
    this.losses.push(...losses);
  }

  /** In percent. */
  get agreement(): number {
    const each = this.outputs.map(({ same, squares, images, scale }, i) =>
      tellsClasses(this.aims[i].head, this.graph)
        ? (100 * same) / images
        : 100 * Math.max(0, 1 - Math.sqrt(squares / images / scale) || 0),
    );
    return each.reduce((sum, one) => sum + one, 0) / each.length;
  }
}

interface Tally {
  /** images of which both say the same class */
  same: number;
  /** sum over images of the mean squared difference */
  squares: number;
  images: number;
  /** variance of the original's answers */
  scale: number;
}

function part(values: Float32Array, n: number, k: number): Float32Array {
  const width = values.length / n;
  return values.subarray(k * width, (k + 1) * width);
}

function squaredDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}

/** Of one image: KL divergence at the aim's temperature, mean over rows or units; or the mean squared difference. */
function lossOf(asked: Float32Array, given: Float32Array, { form, head, temperature }: Aim): number {
  if (form === 'squares') return squaredDifference(asked, given);
  if (form === 'rows') {
    const [p, q] = [asked, given].map((values) => logSoftmax(values, head.units, temperature));
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += Math.exp(p[i]) * (p[i] - q[i]);
    return (sum * head.units) / p.length;
  }
  let sum = 0;
  for (let i = 0; i < asked.length; i++) {
    const [a, b] = [asked[i] / temperature, given[i] / temperature];
    const p = sigmoid(a);
    sum += p * (logSigmoid(a) - logSigmoid(b)) + (1 - p) * (logSigmoid(-a) - logSigmoid(-b));
  }
  return sum / asked.length;
}

function logSigmoid(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}

function logSoftmax(values: Float32Array, width: number, temperature: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (let i = 0; i < width; i++) sum += Math.exp((row[i] - most) / temperature);
    for (let i = 0; i < width; i++) out[start + i] = (row[i] - most) / temperature - Math.log(sum);
  }
  return out;
}
