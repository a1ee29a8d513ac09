/**
 * Generalised advantage estimates of one finished episode (Schulman et al. 2016): A_t is the sum of
 * (gamma lambda)^k delta_{t+k}, with delta_t = r_t + gamma V(s_{t+1}) - V(s_t). The last decision is a true end, so
 * nothing follows it. `values` may be the critic of rewards or of a cost; the same formula serves both.
 */
export function advantages(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  gamma: number,
  lambda: number,
): Float64Array {
  const result = new Float64Array(rewards.length);
  let next = 0;
  let valueAfter = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const delta = rewards[t] + gamma * valueAfter - values[t];
    next = delta + gamma * lambda * next;
    result[t] = next;
    valueAfter = values[t];
  }
  return result;
}

/** Mean 0 and, with `rescale`, deviation 1; values that are all alike become 0 and never NaN. In place. */
export function centre(values: Float64Array, rescale: boolean): Float64Array {
  if (values.length === 0) return values;
  let mean = 0;
  for (const v of values) mean += v / values.length;
  let square = 0;
  for (const v of values) square += (v - mean) ** 2 / values.length;
  const scale = rescale ? 1 / (Math.sqrt(square) + 1e-8) : 1;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - mean) * scale;
  return values;
}
