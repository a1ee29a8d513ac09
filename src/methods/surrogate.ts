/** What is expected of a point: mean and standard deviation, in the unit of the values. */
export interface Expectation {
  readonly mean: number;
  readonly deviation: number;
}

/** A guess of values between points that were measured, and of how much of each was noise. */
export interface Surrogate {
  /** takes time by the square of the number of points that were measured */
  expect(point: readonly number[]): Expectation;
  /** the mean alone, in time by their number */
  mean(point: readonly number[]): number;
}

/** Scores from which a surrogate says anything. */
export const leastToModel = 8;

/** Length scales that are tried, in the root mean square of the distances between the points. */
const lengths = [0.35, 0.7, 1.4, 2.8];
/** Variances of the noise that are tried, in those of the values themselves. */
const noises = [0.03, 0.1, 0.3, 1, 3, 10];
/** Points that length and noise are chosen by, at most: choosing takes their third power in time, two dozen times. */
const mostChosenBy = 200;

/**
 * A Gaussian process with a squared exponential kernel and a constant mean; length scale and noise are those of a small
 * grid under which the values are likeliest (Rasmussen and Williams 2006, algorithm 2.1 and equation 2.30). Takes the
 * third power of the number of points in time.
 *
 * @param points one or more, of equally many coordinates
 * @param values finite, one a point
 */
export function fitSurrogate(points: readonly (readonly number[])[], values: readonly number[]): Surrogate {
  const count = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / count;
  const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / count);
  const unit = spreadOf(points);
  if (!(spread > 0) || !(unit > 0)) return { expect: () => ({ mean, deviation: spread }), mean: () => mean };
  const near = (a: readonly number[], b: readonly number[], length: number) =>
    Math.exp(-squared(a, b) / (2 * length * length * unit));
  const scaled = values.map((v) => (v - mean) / spread);
  const step = Math.ceil(count / mostChosenBy);
  const chosen = points.flatMap((_, i) => (i % step === 0 ? [i] : []));
  let best = { length: lengths[0], noise: noises.at(-1)!, likelihood: -Infinity };
  for (const length of lengths)
    for (const noise of noises) {
      const likelihood = solve(chosen, length, noise).likelihood;
      if (likelihood > best.likelihood) best = { length, noise, likelihood };
    }
  const { length, noise } = best;
  const all = solve(
    points.map((_, i) => i),
    length,
    noise,
  );
  const signal = 1 / (1 + noise);
  const likeness = (point: readonly number[]) =>
    Float64Array.from(points, (one) => signal * near(one, point, length));
  const meanBy = (shared: Float64Array) => {
    let expected = 0;
    for (let i = 0; i < count; i++) expected += shared[i] * all.weights[i];
    return mean + spread * expected;
  };
  return {
    mean: (point) => meanBy(likeness(point)),
    expect(point) {
      const shared = likeness(point);
      const explained = forward(all.root, shared);
      let variance = signal;
      for (const e of explained) variance -= e * e;
      return { mean: meanBy(shared), deviation: spread * Math.sqrt(Math.max(variance, 0)) };
    },
  };

  /** The points' weights under a length and a noise, and the logarithm of the likelihood but for a constant. */
  function solve(which: readonly number[], length: number, noise: number) {
    const signal = 1 / (1 + noise);
    const root = cholesky(
      which.map((i) =>
        Float64Array.from(
          which,
          (j) => signal * near(points[i], points[j], length) + (i === j ? noise * signal : 0),
        ),
      ),
    );
    const y = Float64Array.from(which, (i) => scaled[i]);
    const weights = backward(root, forward(root, y));
    let likelihood = 0;
    for (let i = 0; i < y.length; i++) likelihood -= 0.5 * y[i] * weights[i] + Math.log(root[i][i]);
    return { root, weights, likelihood };
  }
}

function squared(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/** Mean squared distance between two points: twice the sum of the coordinates' variances. */
function spreadOf(points: readonly (readonly number[])[]): number {
  const centre = points[0].map((_, g) => points.reduce((sum, p) => sum + p[g], 0) / points.length);
  return (2 * points.reduce((sum, p) => sum + squared(p, centre), 0)) / points.length;
}

/** The lower triangle whose square a symmetric positive definite matrix is. Noise on its diagonal keeps it one. */
function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const root = matrix.map((row) => Float64Array.from(row));
  for (let j = 0; j < root.length; j++) {
    const own = root[j];
    let rest = own[j];
    for (let k = 0; k < j; k++) rest -= own[k] * own[k];
    own[j] = Math.sqrt(Math.max(rest, 1e-12));
    for (let i = j + 1; i < root.length; i++) {
      const row = root[i];
      let sum = row[j];
      for (let k = 0; k < j; k++) sum -= row[k] * own[k];
      row[j] = sum / own[j];
    }
  }
  return root;
}

function forward(root: readonly Float64Array[], right: Float64Array): Float64Array {
  const found = Float64Array.from(right);
  for (let i = 0; i < found.length; i++) {
    for (let k = 0; k < i; k++) found[i] -= root[i][k] * found[k];
    found[i] /= root[i][i];
  }
  return found;
}

function backward(root: readonly Float64Array[], right: Float64Array): Float64Array {
  const found = Float64Array.from(right);
  for (let i = found.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < found.length; k++) found[i] -= root[k][i] * found[k];
    found[i] /= root[i][i];
  }
  return found;
}
