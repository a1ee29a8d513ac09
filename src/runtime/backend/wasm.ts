import type { Backend } from '../types.ts';
export async function openWasm(why: string, threads: number): Promise<Backend> {
  throw new Error(`${why} ${threads}`);
}
