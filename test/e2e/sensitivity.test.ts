import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoFolder, espalier } from './cli.ts';

let folder: string;
let place: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-sensitivity-'));
  place = demoFolder(path.join(folder, 'here'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const asked = ['inspect', 'model.h5', '--sensitivity', '--data', 'garden.zip', '--limit', '100'];
const few = [...asked, '--validation-images', '40', '--effort', 'quick', '--round-to', '8', '--threads', '1'];

interface Group {
  readonly id: string;
  readonly channels: number;
  readonly widths: readonly { readonly width: number; readonly macs: number; readonly loss: number }[];
}

it('measures each group alone, to the same numbers twice, for programs and for people', () => {
  const first = espalier(place, ...few, '--json');
  expect(first.code, first.err).toBe(0);
  expect(espalier(place, ...few, '--json').out).toBe(first.out);
  const { macs, groups, sensitivity } = JSON.parse(first.out) as {
    macs: number;
    groups: { id: string; channels: number; prunable: boolean }[];
    sensitivity: { images: number; whole: { loss: number; accuracy: number }; groups: Group[] };
  };
  expect(sensitivity.images).toBe(40);
  expect(sensitivity.whole.accuracy).toBeGreaterThan(50);
  expect(sensitivity.groups.map(({ id }) => id)).toEqual(
    groups.filter(({ prunable }) => prunable).map(({ id }) => id),
  );
  for (const { channels, widths } of sensitivity.groups) {
    // the network's groups have 16, 32 or 64 channels
    const eighths = [7, 6, 5, 4, 3, 2, 1].map((k) => Math.ceil((k * channels) / 64) * 8);
    expect(widths.map(({ width }) => width)).toEqual([...new Set(eighths)].filter((w) => w < channels));
    for (const [i, one] of widths.entries()) expect(one.macs).toBeLessThan(i ? widths[i - 1].macs : macs);
    // a group at its narrowest hurts more than at its widest
    expect(widths.at(-1)!.loss).toBeGreaterThan(widths[0].loss - 0.05);
    expect(widths.at(-1)!.loss).toBeGreaterThan(sensitivity.whole.loss);
  }

  const { out } = espalier(place, ...few);
  const [{ id, channels, widths }] = sensitivity.groups;
  const rise = widths[0].loss - sensitivity.whole.loss;
  expect(out).toMatch(new RegExp(`^${id} .* ${widths[0].width} of ${channels} .*−.* %`, 'm'));
  expect(out).toContain(`+${rise.toFixed(4)}`);
});
