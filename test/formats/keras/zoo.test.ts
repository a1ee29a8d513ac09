import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../../src/formats/index.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { prune } from '../../../src/graph/surgery.ts';
import type { KerasVersion } from '../../support/keras.ts';
import { difference, joined, predictKeras, randomHalf, randomInputs, runKeras } from '../../support/keras.ts';
import { lacks, needs } from '../../support/needs.ts';
import { execute } from '../../support/reference-executor.ts';

const names = [
  'convolutions',
  'nested',
  'operations',
  'residual',
  'sequential',
  'shapes',
  'shared',
  'towers',
];
const kinds = ['keras', 'copy', 'cut'] as const;

const need = needs(lacks.keras());

describe.skipIf(need.skip).each<KerasVersion>([2, 3])(
  need.name('.keras files that Keras %i made'),
  (version) => {
    const folder = mkdtempSync(path.join(tmpdir(), `espalier-keras${version}-`));
    const theirs = new Map<string, Float32Array>();
    const ours = new Map<string, Float32Array>();

    beforeAll(async () => {
      await runKeras('keras_zoo.py', version, [folder]);
      // the zoo's nested model is used by two models, which is stored once
      await expect(loadModel(path.join(folder, 'nested.keras'))).rejects.toThrow(/share/);
      await runKeras('../formats/keras/nested.py', version, [folder]);
      const random = new Random(version);
      const jobs = [];
      for (const name of names) {
        const original = path.join(folder, `${name}.keras`);
        const file = (kind: string) => path.join(folder, `${name}-${kind}.keras`);
        const model = await loadModel(original);
        expect(model.format).toBe('keras');
        const inputs = randomInputs(model.graph, random);
        await saveModel(model, model.graph, model.weights, file('copy'));
        const dependencies = findGroups(model.graph);
        expect(dependencies.groups.some((g) => g.frozen === undefined)).toBe(true);
        const half = prune(model.graph, model.weights, dependencies, randomHalf(dependencies, random));
        await saveModel(model, half.graph, half.weights, file('cut'));
        ours.set(`${name} keras`, joined(execute(model.graph, model.weights, inputs)));
        ours.set(`${name} copy`, ours.get(`${name} keras`)!);
        ours.set(`${name} cut`, joined(execute(half.graph, half.weights, inputs)));
        for (const f of [original, file('copy'), file('cut')]) jobs.push({ model: f, inputs });
      }
      (await predictKeras(version, jobs, ['--compile'])).forEach((output, i) => {
        theirs.set(`${names[Math.floor(i / 3)]} ${kinds[i % 3]}`, output);
      });
    });

    it.each(names.flatMap((name) => kinds.map((kind) => `${name} ${kind}`)))(
      '%s: our outputs are those of Keras',
      (key) => {
        expect(difference(ours.get(key)!, theirs.get(key)!)).toBeLessThan(1e-4);
      },
    );
  },
);
