/**
 * Multiply-adds a second of the networks of mlp.ts and gru.ts on one core, everything around them counted in. On an
 * x86 server core: 2.1e9 in an update of actor and critics of 300 units, 1.9e9 in one of 64.
 */
const RATE = 2e9;

/** Multiply-adds of one row's way forward through a fully connected network: its weights. */
export function rowMacs(sizes: readonly number[]): number {
  return sizes.slice(1).reduce((sum, size, layer) => sum + sizes[layer] * size, 0);
}

/** Seconds of so many multiply-adds in small networks. */
export function learningSeconds(macs: number): number {
  return macs / RATE;
}
