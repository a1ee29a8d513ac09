import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import * as layers from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PrunedConfig } from '../../src/config/schema.ts';
import { loadModel, saveModel } from '../../src/formats/index.ts';
import { frozenLayers } from '../../src/graph/frozen.ts';
import { demoFolder, espalier } from './cli.ts';

const options = ['--data', 'garden.zip', '--limit', '600', '--validation-images', '100', '--threads', '1'];
const pruning = ['--method', 'l1', '--target', 'macs=40%', '--effort', 'quick', '--fine-tune-epochs', '2'];

let folder: string;
let where: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-tfjs-frozen-'));
  where = demoFolder(path.join(folder, 'run'));
  await tf.setBackend('wasm');
  await transferLearning(path.join(where, 'model.h5'), path.join(where, 'net'));
  // the same network as Keras' own file
  const model = await loadModel(path.join(where, 'net/model.json'));
  await saveModel(model, model.graph, model.weights, path.join(where, 'net.h5'));
  for (const [source, out, ...more] of [
    ['net/model.json', 'trained'],
    ['net/model.json', 'kept', '--keep-frozen'],
    ['net.h5', 'keras'],
  ]) {
    const done = espalier(where, 'prune', source, ...options, ...pruning, '--out', out, ...more);
    expect(done.code, done.err).toBe(0);
  }
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Loads a model.json by TensorFlow.js itself. */
function load(file: string): Promise<layers.LayersModel> {
  const json = JSON.parse(readFileSync(file, 'utf8'));
  const groups = json.weightsManifest as { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  const shards = groups.flatMap((g) => g.paths).map((p) => readFileSync(path.join(path.dirname(file), p)));
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  const weightSpecs = groups.flatMap((g) => g.weights);
  return layers.loadLayersModel({ load: () => Promise.resolve({ ...json, weightSpecs, weightData }) });
}

/** The trained network as a transfer-learning file of TensorFlow.js' own making: a model in a model, its layers frozen. */
async function transferLearning(from: string, to: string): Promise<void> {
  const demo = await loadModel(from);
  await saveModel(demo, demo.graph, demo.weights, path.join(to, 'model.json'));
  const whole = await load(path.join(to, 'model.json'));
  const last = whole.layers.length - 1;
  const base = layers.model({
    inputs: whole.inputs,
    outputs: whole.layers[last - 1].output as layers.SymbolicTensor,
  });
  for (const layer of base.layers) layer.trainable = false;
  const head = layers.layers.dense({
    units: whole.outputs[0].shape.at(-1)!,
    activation: 'softmax',
    name: 'head',
  });
  const both = layers.sequential({ layers: [base, head] });
  head.setWeights(whole.layers[last].getWeights());
  rmSync(to, { recursive: true });
  mkdirSync(to);
  await both.save({
    save: ({ modelTopology, weightSpecs, weightData }) => {
      writeFileSync(path.join(to, 'w.bin'), Buffer.from(weightData as ArrayBuffer));
      const json = {
        format: 'layers-model',
        modelTopology,
        weightsManifest: [{ paths: ['w.bin'], weights: weightSpecs }],
      };
      writeFileSync(path.join(to, 'model.json'), JSON.stringify(json));
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
    },
  });
}

/** Whether TensorFlow.js would train a layer, by its name, in models in models too. */
function flags(model: layers.LayersModel): Record<string, boolean> {
  return Object.fromEntries(
    model.layers.flatMap((layer) =>
      'layers' in layer
        ? Object.entries(flags(layer as layers.LayersModel))
        : [[layer.name, layer.trainable] as const],
    ),
  );
}

const configOf = (out: string) =>
  JSON.parse(
    readFileSync(path.join(where, out, `${out === 'keras' ? 'net' : 'model'}.espalier.json`), 'utf8'),
  ) as PrunedConfig;
const pruned = (out: string) =>
  loadModel(path.join(where, out, out === 'keras' ? 'net.pruned.h5' : 'net.pruned/model.json'));

describe('a transfer-learning file of TensorFlow.js', () => {
  it('is written with its flags, as TensorFlow.js itself reads them', async () => {
    const before = flags(await load(path.join(where, 'net/model.json')));
    expect(Object.values(before).filter((trains) => !trains).length).toBeGreaterThan(5);
    expect(before.head).toBe(true);
    for (const out of ['trained', 'kept'])
      expect(flags(await load(path.join(where, out, 'net.pruned/model.json')))).toEqual(before);
  });

  it('is trained like the same network of Keras: the same weights, bit for bit', async () => {
    const [ours, keras] = await Promise.all([pruned('trained'), pruned('keras')]);
    expect(frozenLayers(ours.graph)).toEqual(frozenLayers(keras.graph));
    expect(frozenLayers(ours.graph).length).toBeGreaterThan(2);
    expect(new Map(ours.weights)).toEqual(new Map(keras.weights));
    expect(configOf('trained').accuracy).toEqual(configOf('keras').accuracy);
  });

  it('its frozen layers are trained after cutting, or with --keep-frozen stay as they are cut', async () => {
    const cut = espalier(where, 'apply', 'kept/model.espalier.json', '--cut-only', '--out', 'cut/model.json');
    expect(cut.code, cut.err).toBe(0);
    const before = await loadModel(path.join(where, 'cut/model.json'));
    for (const out of ['trained', 'kept'] as const) {
      const { graph, weights } = await pruned(out);
      const same = Object.values(graph.params)
        .filter(({ frozen }) => frozen)
        .map(
          ({ id }) =>
            Buffer.compare(
              Buffer.from(weights.get(id)!.buffer),
              Buffer.from(before.weights.get(id)!.buffer),
            ) === 0,
        );
      expect(same.length).toBeGreaterThan(5);
      expect(new Set(same)).toEqual(new Set([out === 'kept']));
      const head = Object.values(graph.params).find(({ id }) => id.endsWith('head/kernel'))!;
      expect(weights.get(head.id)).not.toEqual(before.weights.get(head.id));
      expect(configOf(out).fineTuning?.frozen).toBe(out);
    }
  });

  it('makes good more of what cutting cost where they are trained', () => {
    const [trained, kept] = ['trained', 'kept'].map((out) => configOf(out).accuracy);
    if (process.env.ESPALIER_FIGURES) console.log(JSON.stringify({ trained, kept }));
    expect(trained!.fineTuned!.accuracy).toBeGreaterThan(kept!.fineTuned!.accuracy);
  });
});
