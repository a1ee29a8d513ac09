import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoFolder, espalier, interrupted, killed } from './cli.ts';

const options = [
  ...['--data', 'garden.zip', '--limit', '600', '--validation-images', '100', '--epochs', '4'],
  ...['--augment', 'flip,shift=1', '--checkpoint-seconds', '0', '--out', 'trained.h5'],
];
const training = ['train', 'model.h5', ...options];

let folder: string;
const place = (name: string) => demoFolder(path.join(folder, name));
const checkpoint = (where: string) => path.join(where, '.espalier/training/trained.h5/checkpoint');

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-train-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a training that was stopped', () => {
  it('goes on to the same bytes, after Ctrl-C and after a kill', async () => {
    const whole = place('whole');
    const done = espalier(whole, ...training);
    expect(done.code, done.err).toBe(0);
    expect(existsSync(path.dirname(checkpoint(whole)))).toBe(false);

    const cut = place('cut');
    const { code, err } = await interrupted(cut, () => existsSync(checkpoint(cut)), ...training);
    expect(code).toBe(130);
    expect(err).toContain('--resume goes on');
    expect(existsSync(path.join(cut, 'trained.h5'))).toBe(false);

    const other = espalier(cut, ...training, '--resume', '--seed', '2');
    expect(other.code).toBe(2);
    expect(other.err).toContain('differs in its seed');
    const { mtimeMs } = statSync(checkpoint(cut));
    const wentOn = () => (statSync(checkpoint(cut), { throwIfNoEntry: false })?.mtimeMs ?? 0) > mtimeMs;
    await killed(cut, wentOn, ...training, '--resume');
    if (!existsSync(path.join(cut, 'trained.h5'))) {
      const last = espalier(cut, ...training, '--resume');
      expect(last.code, last.err).toBe(0);
    }
    const [a, b] = [whole, cut].map((where) => readFileSync(path.join(where, 'trained.h5')));
    expect(a.equals(b)).toBe(true);
    expect(existsSync(path.dirname(checkpoint(cut)))).toBe(false);
  });

  it('none there: one sentence, exit code 2', () => {
    const where = place('none');
    const { code, err } = espalier(where, ...training, '--resume');
    expect(code).toBe(2);
    expect(err).toContain('there is no stopped training');
    expect(readdirSync(path.join(where, '.espalier/training'))).toEqual([]);
  });
});

it('a TensorFlow.js model is named by its folder, too', () => {
  const where = place('folder');
  expect(espalier(where, 'new', 'resnet8', '--data', 'garden.zip', '--out', 'net/model.json').code).toBe(0);
  const few = ['--data', 'garden.zip', '--limit', '300', '--validation-images', '50', '--epochs', '1'];
  const { code, err } = espalier(where, 'train', 'net', ...few, '--out', 'trained/model.json');
  expect(code, err).toBe(0);
  expect(existsSync(path.join(where, 'trained/model.json'))).toBe(true);
});
