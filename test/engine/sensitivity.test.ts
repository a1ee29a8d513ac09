import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPrograms, espalier, startLook, workspace } from './engine.ts';
import type { Built, Looking } from './engine.ts';
import { look } from '../../src/protocol/look.ts';
import { client } from '../../src/protocol/rpc.ts';
import type { Measuring, SensitivityQuestion } from '../../src/protocol/views.ts';

let built: Built;
let engine: Looking;
let folder: string;
let question: SensitivityQuestion & { model: string };

beforeAll(async () => {
  built = await buildPrograms();
  engine = startLook(built.engine);
  folder = workspace();
  question = {
    model: path.join(folder, 'model.h5'),
    data: { path: path.join(folder, 'garden.zip'), preprocess: 'auto', limit: 100, validationImages: 40 },
    effort: 'quick',
    seed: 1,
    roundTo: 8,
    freeze: ['stem_conv'],
    interiorOutputs: false,
    backend: 'auto',
    threads: 1,
  };
});
afterAll(async () => {
  await engine.end();
  built.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('measures what the command line measures, and says how far it is, group by group', async () => {
  const told: Measuring[] = [];
  const off = client(engine.connection, look).on('measuring', (progress) => told.push(progress));
  const seen = await engine.ask('sensitivity', question);
  off();
  const args = ['--sensitivity', '--data', 'garden.zip', '--limit', '100', '--validation-images', '40'];
  const how = ['--effort', 'quick', '--round-to', '8', '--threads', '1', '--freeze', 'stem_conv', '--json'];
  const { sensitivity } = JSON.parse(espalier(built.cli, folder, 'inspect', 'model.h5', ...args, ...how)) as {
    sensitivity: { groups: { layers: string[] }[] };
  };
  const { sha256, warnings, ...numbers } = seen;
  expect(numbers).toEqual({
    ...sensitivity,
    groups: sensitivity.groups.map(({ layers, ...group }) => {
      expect(layers).not.toContain('stem_conv');
      return group;
    }),
  });
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(warnings).toEqual([]);

  const networks = seen.groups.reduce((sum, { widths }) => sum + widths.length, 1);
  expect(told).toHaveLength(networks);
  expect(told[0]).toEqual({ done: 0, total: seen.groups.length, seconds: null });
  expect(told.at(-1)).toEqual({ done: seen.groups.length, total: seen.groups.length, seconds: 0 });
  const counts = told.map(({ done }) => done);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
});

it('ends when it is called off, and says what it can’t measure', async () => {
  const abort = new AbortController();
  const off = client(engine.connection, look).on('measuring', () => abort.abort());
  await expect(engine.ask('sensitivity', question, abort.signal)).rejects.toMatchObject({
    kind: 'cancelled',
  });
  off();
  await expect(engine.ask('sensitivity', { ...question, roundTo: 1024 })).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringContaining('there is nothing to measure'),
  });
});
