import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kerasH5 } from '../../src/formats/keras-h5/index.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { Network } from '../../src/runtime/training/network.ts';
import type { Backend } from '../../src/runtime/types.ts';
import { python } from '../support/keras.ts';
import { lacks, needs } from '../support/needs.ts';
import { difference } from './zoo.ts';
import type { BackendName } from '../../src/terms/choices.ts';

const need = needs(lacks.keras());
const N = 8;

describe.skipIf(need.skip)(need.name('training as real Keras does it'), () => {
  let backend: Backend;
  let folder: string;
  beforeAll(async () => {
    backend = await openBackend({
      prefer: process.env.ESPALIER_BACKEND as BackendName | undefined,
      threads: 1,
    });
    folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-'));
    execFileSync(python!, ['test/runtime/keras_training.py', folder], { stdio: 'pipe' });
  });
  afterAll(() => folder && rmSync(folder, { recursive: true }));

  const file = (name: string): string => path.join(folder, name);
  const bytes = (name: string): ArrayBuffer => Uint8Array.from(readFileSync(file(name))).buffer;

  it.each(['sgd', 'nesterov', 'adam'] as const)(
    'three steps of %s: losses and every weight',
    async (name) => {
      const start = await kerasH5.read(file('start.h5'));
      const end = await kerasH5.read(file(`${name}.h5`));
      const x = new Float32Array(bytes('x.bin'));
      const y = new Int32Array(bytes('y.bin'));
      const losses = (JSON.parse(readFileSync(file('losses.json'), 'utf8')) as Record<string, number[]>)[
        name
      ];
      const network = new Network(backend, start.graph, start.weights);
      const settings = {
        optimizer: name === 'adam' ? 'adam' : 'sgd',
        momentum: 0.9,
        nesterov: name === 'nesterov',
        weightDecay: 0,
        labelSmoothing: 0.1,
      } as const;
      const size = x.length / losses.length;
      const ours = losses.map((_, i) =>
        network.trainStep(
          { n: N, x: x.slice(i * size, (i + 1) * size), y: y.slice(i * N, (i + 1) * N) },
          { rate: name === 'adam' ? 0.01 : 0.05, settings },
        ),
      );
      expect(difference(ours, losses)).toBeLessThan(1e-5);
      const after = network.weights();
      network.dispose();
      expect(after.size).toBe(end.weights.size);
      expect(after.size).toBeGreaterThan(20);
      for (const [id, values] of end.weights) {
        const moved = difference(start.weights.get(id)!, values);
        const off = difference(after.get(id)!, values);
        expect(moved, id).toBeGreaterThan(1e-4);
        expect(off, id).toBeLessThan(Math.max(2e-4 * Math.min(1, 10 * moved), 2e-5));
      }
    },
  );
});
