import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kerasH5 } from '../../../src/formats/keras-h5/index.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { prune } from '../../../src/graph/surgery.ts';
import type { KerasVersion } from '../../support/keras.ts';
import { difference, joined, predictKeras, randomHalf, randomInputs, runKeras } from '../../support/keras.ts';
import { lacks, needs } from '../../support/needs.ts';
import { execute } from '../../support/reference-executor.ts';

const ALL = [
  'activations',
  'convolutions',
  'nested',
  'operations',
  'residual',
  'sequential',
  'shapes',
  'shared',
];

const need = needs(lacks.keras());

describe.skipIf(need.skip).each<KerasVersion>([2, 3])(need.name('models that Keras %i made'), (version) => {
  // Keras 3 itself can't load bare operations from HDF5 (it can from .keras).
  const NAMES = ALL.filter((name) => version === 2 || name !== 'operations');
  const folder = mkdtempSync(path.join(tmpdir(), `espalier-zoo${version}-`));
  const results = new Map<
    string,
    Record<'keras' | 'ours' | 'copy' | 'fresh' | 'cut' | 'oursCut', ArrayLike<number>>
  >();
  const pruned = new Map<string, number>();

  beforeAll(async () => {
    await runKeras('keras_zoo.py', version, [folder]);
    expect(readdirSync(folder).filter((f) => f.endsWith('.h5'))).toEqual(ALL.map((n) => `${n}.h5`));
    const random = new Random(version);
    const jobs = [];
    const ours: Record<string, [ArrayLike<number>, ArrayLike<number>]> = {};
    for (const name of NAMES) {
      const model = await kerasH5.read(path.join(folder, `${name}.h5`));
      const inputs = randomInputs(model.graph, random);
      const file = (kind: string) => path.join(folder, `${name}-${kind}.h5`);
      await kerasH5.write(model, model.graph, model.weights, file('copy'));
      // Without its source file, from the configuration alone.
      const bare = { ...model, container: { ...model.container, files: new Map<string, Uint8Array>() } };
      // (TFOpLambda tells 1.0 from 1, which only the source's text does.)
      const origin = name === 'operations' ? model : bare;
      await kerasH5.write(origin, model.graph, model.weights, file('fresh'));
      const dependencies = findGroups(model.graph);
      const half = prune(model.graph, model.weights, dependencies, randomHalf(dependencies, random));
      pruned.set(name, dependencies.groups.filter((g) => g.frozen === undefined).length);
      await kerasH5.write(model, half.graph, half.weights, file('cut'));
      const again = await kerasH5.read(file('cut'));
      ours[name] = [
        joined(execute(model.graph, model.weights, inputs)),
        joined(execute(again.graph, again.weights, inputs)),
      ];
      for (const f of [path.join(folder, `${name}.h5`), file('copy'), file('fresh'), file('cut')])
        jobs.push({ model: f, inputs });
    }
    const outputs = await predictKeras(version, jobs, ['--compile']);
    NAMES.forEach((name, i) => {
      const [keras, copy, fresh, cut] = outputs.slice(4 * i);
      results.set(name, { keras, copy, fresh, cut, ours: ours[name][0], oursCut: ours[name][1] });
    });
  });

  it.each(NAMES)('%s: our outputs are those of Keras', (name) => {
    const { keras, ours } = results.get(name)!;
    expect(difference(ours, keras)).toBeLessThan(1e-5);
  });

  it.each(NAMES)('%s: a copy gives the same bits', (name) => {
    const { keras, copy, fresh } = results.get(name)!;
    expect(difference(copy, keras)).toBe(0);
    expect(difference(fresh, keras)).toBe(0);
  });

  it.each(NAMES)('%s: pruned to half, Keras loads it and gives our outputs', (name) => {
    const { keras, cut, oursCut } = results.get(name)!;
    expect(pruned.get(name)).toBeGreaterThan(0);
    expect(difference(oursCut, cut)).toBeLessThan(1e-5);
    expect(difference(cut, keras)).toBeGreaterThan(1e-3);
  });
});
