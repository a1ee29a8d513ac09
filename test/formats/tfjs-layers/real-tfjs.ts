import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import * as layers from '@tensorflow/tfjs-layers';

/** Loads a model.json with TensorFlow.js' own loader and decoder, and runs one image; outputs in the model's order. */
export async function runTfjs(
  file: string,
  shape: readonly number[],
  x: Float32Array,
): Promise<Float32Array[]> {
  await tf.setBackend('wasm');
  await tf.ready();
  const json = JSON.parse(await readFile(file, 'utf8'));
  const manifest = json.weightsManifest as { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  const shards = await Promise.all(
    manifest.flatMap((g) => g.paths).map((p) => readFile(path.join(path.dirname(file), p))),
  );
  const data = Buffer.concat(shards);
  const model = await layers.loadLayersModel({
    load: () =>
      Promise.resolve({
        ...json,
        weightSpecs: manifest.flatMap((g) => g.weights),
        weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer,
      }),
  });
  const input = tf.tensor(x, [1, ...shape]);
  const outputs = [model.predict(input)].flat();
  const values = await Promise.all(outputs.map((o) => o.data() as Promise<Float32Array>));
  tf.dispose([input, ...outputs]);
  model.dispose();
  return values;
}
