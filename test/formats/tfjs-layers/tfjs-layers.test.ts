import { mkdtemp, readdir, readFile, rm, writeFile, cp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tfjsLayers } from '../../../src/formats/tfjs-layers/index.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { inferShapes, sizeOf } from '../../../src/graph/shapes.ts';
import { prune } from '../../../src/graph/surgery.ts';
import type { Graph, Weights } from '../../../src/graph/types.ts';
import { needs, shared, sharedPath } from '../../support/needs.ts';
import { execute } from '../../support/reference-executor.ts';
import { runTfjs } from './real-tfjs.ts';
import type { KeptChannels } from '../../../src/terms/candidates.ts';

const folderOfModels = sharedPath('models/tfjs-layers');
const need = needs(shared('models/tfjs-layers'), shared('models/tfjs-graph'));
const models = [
  ['mnist_lenet_tfjs075', 'mnist.json'],
  ['mnist_lenet_multiout', 'model.json'],
  ['nsfwjs_mobilenet_v2_uint8', 'model.json'],
] as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-tfjs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function image(graph: Graph, seed: number): { shape: readonly number[]; data: Float32Array } {
  const shape = inferShapes(graph)[graph.inputs[0]];
  const random = new Random(seed);
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()) };
}

/** Largest difference, relative to the largest value. */
function difference(
  ours: readonly { data: ArrayLike<number> }[],
  theirs: readonly ArrayLike<number>[],
): number {
  expect(ours.length).toBe(theirs.length);
  let worst = 0;
  ours.forEach(({ data }, o) => {
    expect(data.length).toBe(theirs[o].length);
    let top = 1e-6;
    for (let i = 0; i < data.length; i++) top = Math.max(top, Math.abs(theirs[o][i]));
    for (let i = 0; i < data.length; i++) worst = Math.max(worst, Math.abs(data[i] - theirs[o][i]) / top);
  });
  return worst;
}

/** Bit for bit; vitest's own comparison of long typed arrays takes minutes. */
function same(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
}

/** Half the channels of every group that may lose some, at random. */
function half(graph: Graph, weights: Weights, seed: number): { graph: Graph; weights: Weights } {
  const dependencies = findGroups(graph, { interiorOutputs: true });
  const random = new Random(seed);
  const kept: KeptChannels = dependencies.groups.map((g) => {
    const all = Array.from({ length: g.size }, (_, c) => c);
    if (g.frozen !== undefined) return all;
    return [...random.shuffle(all)].slice(0, Math.ceil(g.size / 2)).sort((a, b) => a - b);
  });
  expect(dependencies.groups.some((g) => g.frozen === undefined)).toBe(true);
  return prune(graph, weights, dependencies, kept);
}

describe.skipIf(need.skip)(need.name('real files'), () => {
  test.each(models)(
    '%s: our values are TensorFlow.js’, as read, written and cut by half',
    async (name, json) => {
      const source = await tfjsLayers.read(path.join(folderOfModels, name, json));
      const x = image(source.graph, 1);
      const original = await runTfjs(path.join(folderOfModels, name, json), x.shape, x.data);
      // the executor is slow: for the large network, the half of it below has to do
      if (!name.startsWith('nsfwjs'))
        expect(difference(execute(source.graph, source.weights, [x]), original)).toBeLessThan(1e-4);

      const copy = path.join(folder, name, 'same', json);
      await tfjsLayers.write(source, source.graph, source.weights, copy);
      const again = await runTfjs(copy, x.shape, x.data);
      expect(again.map((o, i) => same(o, original[i]))).toEqual(original.map(() => true));
      for (const shard of await readdir(path.dirname(copy)))
        if (shard !== json)
          expect(
            (await readFile(path.join(path.dirname(copy), shard))).equals(
              await readFile(path.join(folderOfModels, name, shard)),
            ),
          ).toBe(true);

      const cut = half(source.graph, source.weights, 2);
      const small = path.join(folder, name, 'half', json);
      await tfjsLayers.write(source, cut.graph, cut.weights, small);
      const ours = execute(cut.graph, cut.weights, [x]);
      expect(difference(ours, await runTfjs(small, x.shape, x.data))).toBeLessThan(1e-4);
      expect(
        ours.some(
          (o, i) => o.data.length !== original[i].length || Math.abs(o.data[0] - original[i][0]) > 1e-6,
        ),
      ).toBe(true);
    },
  );

  test('nsfwjs stays quantised after cutting, on the same grids, and becomes float32 where retrained', async () => {
    const file = path.join(folderOfModels, 'nsfwjs_mobilenet_v2_uint8/model.json');
    const source = await tfjsLayers.read(file);
    expect(source.warnings.join()).toContain('quantised to uint8');
    const cut = half(source.graph, source.weights, 3);
    const weights = new Map(cut.weights);
    const retrained = 'Conv1/kernel';
    weights.set(
      retrained,
      weights.get(retrained)!.map((v) => v + 1e-3),
    );
    const out = path.join(folder, 'quantised', 'model.json');
    await tfjsLayers.write(source, cut.graph, weights, out);
    type Entry = { name: string; shape: number[]; quantization?: { scale: number; min: number } };
    const entries = async (f: string) =>
      JSON.parse(await readFile(f, 'utf8')).weightsManifest[0].weights as Entry[];
    const before = new Map((await entries(file)).map((e) => [e.name, e]));
    const after = await entries(out);
    expect(after.length).toBe(266);
    for (const entry of after)
      if (entry.name === retrained) expect(entry.quantization).toBeUndefined();
      else {
        const old = before.get(entry.name)!.quantization!;
        // the file has -0 here and there, which JSON doesn't write
        expect(entry.quantization).toEqual({ ...old, min: old.min + 0 });
      }
    const back = await tfjsLayers.read(out);
    for (const [id, values] of weights) expect(same(back.weights.get(id)!, values), id).toBe(true);
  });

  test('a missing, short or long shard is named with its bytes', async () => {
    const at = path.join(folder, 'shards');
    await cp(path.join(folderOfModels, 'mnist_lenet_tfjs075'), at, { recursive: true });
    const shard = path.join(at, 'mnist.weights.bin');
    const json = path.join(at, 'mnist.json');
    const whole = await readFile(shard);
    await writeFile(shard, whole.subarray(0, 1000));
    await expect(tfjsLayers.read(json)).rejects.toThrow(
      /mnist\.weights\.bin.*246824 bytes.*only 1000 were found/,
    );
    await writeFile(shard, Buffer.concat([whole, Buffer.alloc(4)]));
    await expect(tfjsLayers.read(json)).rejects.toThrow(/246824 bytes.* but 246828 were found/);
    await rm(shard);
    await expect(tfjsLayers.read(json)).rejects.toThrow(/mnist\.weights\.bin" is missing.*246824/);
  });

  test('a frozen graph is refused as one', async () => {
    const file = sharedPath('models/tfjs-graph/mnist_graphmodel/model.json');
    expect(await tfjsLayers.detect(file)).toBe(true);
    await expect(tfjsLayers.read(file)).rejects.toThrow(/GraphModel \(a frozen graph\)/);
  });
});
