import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { InputError } from '../../../src/graph/errors.ts';
import { checkpointState, readCheckpoint, writeCheckpoint } from '../../../src/run/store/checkpoint.ts';

const root = await mkdtemp(path.join(os.tmpdir(), 'espalier-checkpoint-test-'));
afterAll(() => rm(root, { recursive: true, force: true }));

let folder: string;
const at = (name: string) => path.join(folder, 'checkpoint', name);
const snapshot = {
  json: { epoch: 3 },
  arrays: new Map([
    ['a', Float32Array.of(1, -2, 3)],
    ['b', new Float32Array(0)],
    ['c', Float32Array.of(0.5)],
  ]),
};
beforeEach(async () => {
  folder = await mkdtemp(path.join(root, 'run-'));
  await writeCheckpoint(folder, snapshot);
});

/** What any reader can compute: it says that a manifest is whole, not who wrote it. */
async function sealed(change: (manifest: { sha256: string; arrays: object[] }) => void): Promise<void> {
  const manifest = JSON.parse(await readFile(at('manifest.json'), 'utf8'));
  change(manifest);
  const { sha256, arrays, json } = manifest;
  manifest.seal = createHash('sha256')
    .update(JSON.stringify([sha256, arrays, json]))
    .digest('hex');
  await writeFile(at('manifest.json'), JSON.stringify(manifest));
}

test('is read as it was written, and there may be none', async () => {
  expect(await readCheckpoint(folder)).toEqual(snapshot);
  expect(await readCheckpoint(path.join(folder, 'none'))).toBeNull();
});

const damages: [what: string, why: RegExp, damage: () => Promise<void>][] = [
  ['gigabytes of zeros', /has 2000000000 bytes, and its manifest says 16$/, () => truncate(at('arrays.bin'), 2e9)],
  ['cut', /has 10 bytes, and its manifest says 16$/, () => truncate(at('arrays.bin'), 10)],
  ['gone', /arrays.bin is missing$/, () => rm(at('arrays.bin'))],
  ['other bytes', /arrays.bin was changed$/, () => writeFile(at('arrays.bin'), Buffer.alloc(16))],
  [
    'a manifest that claims more than any file has',
    /has 16 bytes, and its manifest says \d+/,
    () => sealed(({ arrays }) => arrays.push({ name: 'd', length: 2 ** 51 })),
  ],
  ['no manifest', /manifest.json is missing$/, () => rm(at('manifest.json'))],
  ['a manifest that is no JSON', /manifest.json is not JSON$/, () => writeFile(at('manifest.json'), '{')],
  ['a manifest of something else', /not one of a checkpoint$/, () => writeFile(at('manifest.json'), '{}')],
]; // prettier-ignore

test.for(damages)('a damaged one is refused in a sentence, or gives way to the one before: %s', async ([, why, damage]) => {
  const whole = await mkdtemp(path.join(root, 'whole-'));
  await cp(path.join(folder, 'checkpoint'), whole, { recursive: true });
  await damage();
  const error: unknown = await readCheckpoint(folder).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(why);
  expect((error as Error).message).toMatch(/^the checkpoint .*checkpoint is damaged, remove it to begin again: its /);
  await checkpointState(folder);
  await cp(whole, path.join(folder, 'checkpoint.old'), { recursive: true });
  expect(await readCheckpoint(folder)).toEqual(snapshot);
}); // prettier-ignore
