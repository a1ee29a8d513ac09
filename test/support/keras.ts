import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import type { Graph, Dependencies, Shape } from '../../src/graph/types.ts';
import type { Random } from '../../src/graph/random.ts';
import { COMPUTES } from '../../scripts/workbench.mjs';
import { inferShapes } from '../../src/graph/shapes.ts';
import { readNpy, writeNpy } from './npy.ts';
import type { ReferenceValue } from './reference-executor.ts';
import type { KeptChannels } from '../../src/terms/candidates.ts';

/** A Python with tensorflow, keras and tf_keras, for checks against real Keras. */
export const python = process.env.ESPALIER_PYTHON;

/** 2: the tf_keras package; 3: keras. */
export type KerasVersion = 2 | 3;

/** The reference computes by its own default, whatever this run chooses for Espalier: without oneDNN it lacks kernels. */
const reference = { ...process.env };
for (const name of COMPUTES) delete reference[name];

/** One Python of each version for all that a test file asks: starting Keras takes longer than most requests. */
const servers = new Map<KerasVersion, (request: object) => Promise<{ error: string | null }>>();
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.stdin!.end();
});

function server(version: KerasVersion): (request: object) => Promise<{ error: string | null }> {
  const child = spawn(python!, [path.resolve('test/support/keras_server.py')], {
    env: { ...reference, TF_USE_LEGACY_KERAS: version === 2 ? '1' : '' },
    stdio: 'pipe',
  });
  children.push(child);
  let said = '';
  child.stderr.on('data', (data) => (said = (said + data).slice(-3000)));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = (await answers.next()) as IteratorResult<string, undefined>;
    if (done) throw new Error(`Python ended: ${said}`);
    return JSON.parse(value) as { error: string | null };
  };
}

/** Runs one of the scripts here with real Keras. @throws Error with Python's traceback */
export async function runKeras(
  script: string,
  version: KerasVersion,
  args: readonly string[],
): Promise<void> {
  const ask = servers.get(version) ?? server(version);
  servers.set(version, ask);
  const { error } = await ask({ script: path.resolve('test/support', script), args });
  if (error) throw new Error(`${script}: ${error.slice(-3000)}`);
}

export interface Job {
  readonly model: string;
  readonly inputs: readonly ReferenceValue[];
}

/** Outputs of each model on its inputs, all outputs of one model joined, by real Keras in one process. */
export async function predictKeras(
  version: KerasVersion,
  jobs: readonly Job[],
  options: string[] = [],
): Promise<Float32Array[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'espalier-keras-'));
  const args = jobs.flatMap(({ model, inputs }, i) => {
    const files = inputs.map((_, k) => path.join(folder, `${i}-${k}.npy`));
    inputs.forEach((value, k) => writeNpy(files[k], value.data, [1, ...value.shape]));
    return [model, files.join(','), path.join(folder, `${i}-out.npy`)];
  });
  await runKeras('keras_predict.py', version, [...options, ...args]);
  return jobs.map((_, i) => readNpy(path.join(folder, `${i}-out.npy`)).data);
}

/** Seeded inputs of a graph, uniform in [low, high). */
export function randomInputs(graph: Graph, random: Random, low = -1, high = 1): ReferenceValue[] {
  const shapes = inferShapes(graph);
  return graph.inputs.map((id) => {
    const shape: Shape = shapes[id];
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random.uniform();
    return { shape, data };
  });
}

/** Random channels, half of every group that may lose some. */
export function randomHalf(dependencies: Dependencies, random: Random): KeptChannels {
  return dependencies.groups.map((group) => {
    const all = Array.from({ length: group.size }, (_, c) => c);
    if (group.frozen !== undefined) return all;
    const kept = random.shuffle(all).slice(0, Math.max(1, Math.floor(group.size / 2)));
    return kept.sort((a, b) => a - b);
  });
}

/** Largest difference, relative to the larger of 1 and the largest expected value. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  let scale = 1;
  for (let i = 0; i < a.length; i++) {
    scale = Math.max(scale, Math.abs(b[i]));
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= most)) most = d;
  }
  return most / scale;
}

/** All outputs in a row, as predictKeras gives them. */
export function joined(outputs: readonly ReferenceValue[]): Float32Array {
  return Float32Array.from(outputs.flatMap((o) => Array.from(o.data)));
}
