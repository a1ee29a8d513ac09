import { mkdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { LoadedModel } from '../../../src/formats/types.ts';
import { GraphBuilder } from '../../support/builder.ts';
import { resizeFor, withResize } from '../../../src/run/images/resizing.ts';
import { openSet, scoreSplit } from '../../../src/run/steps/trainer.ts';
import { choosePreprocess } from '../../../src/run/images/preprocess.ts';
import { temporaryFolder, writeFolder, type Files } from '../../data/fixtures.ts';
import type { Preprocess } from '../../../src/terms/images.ts';

const temporary = temporaryFolder();

/** Tells bright pictures of 8 x 8 (class b) from dark ones by their mean, at 0 to 1. */
function brightness(): LoadedModel {
  const b = new GraphBuilder();
  const { graph, weights: fresh } = b.build(b.dense(b.globalPool(b.conv(b.input([8, 8, 3]), 1, 1)), 2));
  const weights = new Map<string, Float32Array>();
  for (const [name, values] of fresh)
    weights.set(
      name,
      values.length === 2
        ? Float32Array.from(/bias/.test(name) ? [20, 0] : [0, 40])
        : values.map(() => (values.length === 3 ? 1 / 3 : 0)),
    );
  const container = { kerasConfig: null, files: new Map() };
  return { format: 'keras', path: 'm.keras', name: 'm', graph, weights, warnings: [], container };
}

/** 24 x 24; every third pixel, which is all that Keras' loader sees of it, has one value, the rest another. */
async function dotted(dot: number, rest: number): Promise<Buffer> {
  const third = (k: number): boolean => k % 3 === 1;
  const data = Buffer.from(
    Array.from({ length: 24 * 24 * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      return third(pixel % 24) && third(Math.floor(pixel / 24)) ? dot : rest;
    }),
  );
  return sharp(data, { raw: { width: 24, height: 24, channels: 3 } })
    .png()
    .toBuffer();
}

async function folder(name: string, dark: [number, number], bright: [number, number]): Promise<string> {
  const files: Files = {};
  for (let i = 0; i < 120; i++) {
    files[`a/${i}.png`] = await dotted(dark[0] + (i % 9), dark[1]);
    files[`b/${i}.png`] = await dotted(bright[0] - (i % 9), bright[1]);
  }
  const where = path.join(temporary, name);
  mkdirSync(where);
  return writeFolder(where, files);
}

const unit: Preprocess = { name: 'unit', scale: [1 / 255], offset: [0], bgr: false };

describe('images of another size', () => {
  it('are resized as the network knows them: by whichever way it is most often right', async () => {
    const model = brightness();
    // what is dark and bright as it is sampled, and as it is averaged: each the other way round
    const sampled = { path: await folder('sampled', [20, 180], [235, 90]), preprocess: 'unit' };
    const averaged = { path: await folder('averaged', [235, 20], [20, 235]), preprocess: 'unit' };
    for (const [data, ways] of [
      [sampled, ['keras']],
      [averaged, ['pil', 'area']],
    ] as const) {
      const set = await openSet(data, model, { threads: 1 });
      expect(ways).toContain(set.resized?.by);
      const { preprocess, found } = await choosePreprocess(data, set, model, { threads: 1 });
      expect(preprocess).toEqual({ ...unit, resize: set.resized?.by });
      expect(found).toMatch(/^as asked; images of other sizes: (keras|pil|area) gets 100\.0 %/);
      expect((await scoreSplit(model, set.validation, preprocess, { threads: 1 })).accuracy).toBe(100);
      // by another way, as asked, it is wrong
      const other = { ...data, resize: data === sampled ? 'area' : 'keras' };
      const wrong = await openSet(other, model, { threads: 1 });
      expect((await scoreSplit(model, wrong.validation, unit, { threads: 1 })).accuracy).toBeLessThan(60);
      // a config that says so is believed
      const again = await openSet(data, model, { preprocess: { ...unit, resize: 'area' } });
      expect(again.resized?.by).toBe('area');
    }
  });

  it('are what configs of before meant where they say nothing of it, and nothing is written of it then', async () => {
    const model = brightness();
    const data = { path: await folder('before', [20, 180], [235, 90]), preprocess: 'auto' };
    const set = await openSet(data, model, { preprocess: unit });
    expect(set.resized?.by).toBe('as-before');
    expect(withResize(unit, set)).toEqual(unit);
    const out = new Uint8Array(192);
    await set.validation.read([0], out);
    const dot = set.validation.labels[0] ? 235 : 20;
    const rest = set.validation.labels[0] ? 90 : 180;
    // libvips averages: one pixel of nine, as far as its own weights go
    expect(Math.abs(out[95] - (dot + 8 * rest) / 9)).toBeLessThan(30);
    const now = await openSet({ ...data, resize: 'keras' }, model, { preprocess: unit });
    await now.validation.read([0], out);
    expect(Math.abs(out[95] - dot)).toBeLessThanOrEqual(9);
  });

  it('follow the option first, then what is recorded, and are looked into otherwise', () => {
    const model = brightness();
    const data = { path: 'x', preprocess: 'auto' };
    const recorded: Preprocess = { ...unit, resize: 'pil' };
    expect(resizeFor({ ...data, resize: 'area' }, model, { preprocess: recorded })).toBe('area');
    expect(resizeFor(data, model, { preprocess: recorded })).toBe('pil');
    expect(resizeFor(data, model, { preprocess: unit })).toBe('as-before');
    expect(resizeFor(data, model, {})).toBeTypeOf('function');
    expect(resizeFor({ ...data, resize: 'auto' }, model, { preprocess: recorded })).toBeTypeOf('function');
  });
});
