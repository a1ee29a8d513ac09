/** How well one list of numbers ranks what another does. */
export interface RankCorrelation {
  /** Kendall's tau-b: 1 for the same order, -1 for the reverse, about 0 for unrelated ones */
  readonly tau: number;
  /** its standard error, by leaving out each pair of numbers in turn (jackknife) */
  readonly error: number;
}

/**
 * Kendall's tau-b of two lists (Kendall 1945), which counts ties, with its jackknife error.
 * @returns null for fewer than four, or where one of them is all the same
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): RankCorrelation | null {
  const n = a.length;
  if (n < 4 || b.length !== n) return null;
  const tau = tauB(a, b);
  const without = a.map((_, i) => tauB(a.toSpliced(i, 1), b.toSpliced(i, 1)));
  if (tau === null || without.includes(null)) return null;
  const mean = without.reduce<number>((sum, one) => sum + one!, 0) / n;
  const squares = without.reduce<number>((sum, one) => sum + (one! - mean) ** 2, 0);
  return { tau, error: Math.sqrt(((n - 1) / n) * squares) };
}

/** What the scores before training were worth, in a sentence. */
export function rankSentence({ tau, error }: RankCorrelation, networks: number): string {
  return `scores before training rank ${networks} networks as the first round does with a Kendall's tau of ${tau.toFixed(2)} ± ${error.toFixed(2)} (1: the same order, 0: unrelated)`;
}

function tauB(a: readonly number[], b: readonly number[]): number | null {
  let [agree, inA, inB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign(a[i] - a[j]), Math.sign(b[i] - b[j])];
      agree += x * y;
      inA += x * x;
      inB += y * y;
    }
  return inA && inB ? agree / Math.sqrt(inA * inB) : null;
}
