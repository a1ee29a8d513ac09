import { readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decode, probe } from '../../../src/data/pixels/decode.ts';
import { Room } from '../../../src/data/room.ts';
import { picture } from '../fixtures.ts';

interface Reference {
  readonly by: string;
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly rgb: string;
  readonly grey: string;
}

/** Small files of every kind with their pixels, by PIL and TensorFlow (reference/make.py). */
const known = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../reference/pictures.json'), 'utf8'),
) as Record<string, Reference>;
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const file = (bytes: Uint8Array) => ({ kind: 'file' as const, bytes });

describe('a picture has the pixels that PIL and TensorFlow give', () => {
  for (const [name, { file: text, height, width, rgb, grey, by }] of Object.entries(known))
    it(`${name} (${by})`, async () => {
      const bytes = bytesOf(text);
      for (const [channels, wanted] of [
        [3, rgb],
        [1, grey],
      ] as const) {
        const { pixels, other } = await decode(file(bytes), { height, width, channels }, 'keras');
        expect(other).toBe(false);
        expect([...pixels]).toEqual([...bytesOf(wanted)]);
      }
      const size = await probe(file(bytes));
      expect([size.height, size.width]).toEqual([height, width]);
    });

  it('and others than they would have with alpha, profile or inks taken into account', () => {
    // or the cases above would hold of a decoder that does so
    for (const [name, plain] of [
      ['png, alpha', 'png, colour'],
      ['png, profile', 'png, colour'],
      ['tiff, profile', 'tiff, colour'],
      ['png, grey with a profile', 'png, grey'],
    ])
      expect(known[name].rgb).toBe(known[plain].rgb);
    expect(known['jpeg, inks'].rgb).not.toBe(known['jpeg, YCCK'].rgb);
  });
});

describe('hostile pictures end in one sentence', () => {
  const shape = { height: 8, width: 8, channels: 3 };
  const gif = bytesOf(known['gif, animated'].file);

  it('an animated GIF of 10,000 frames is its first one', async () => {
    const head = gif.subarray(0, gif.indexOf(0x2c));
    const frame = gif.subarray(gif.indexOf(0x2c), gif.length - 1);
    const many = Buffer.concat([head, ...Array.from({ length: 10_000 }, () => frame), Buffer.from([0x3b])]);
    const { height, width, rgb } = known['gif, animated'];
    const { pixels } = await decode(file(many), { height, width, channels: 3 }, 'keras');
    expect([...pixels]).toEqual([...bytesOf(rgb)]);
  });

  it('headers of 65,535 x 65,535 pixels claim too many, before anything is decoded', async () => {
    const claims: Record<string, Buffer> = { gif: Buffer.from(gif) };
    claims.gif.writeUInt16LE(65_535, 6);
    claims.gif.writeUInt16LE(65_535, 8);
    claims.bmp = await picture('bmp', [1, 2, 3]);
    claims.bmp.writeUInt32LE(65_535, 18);
    claims.bmp.writeUInt32LE(65_535, 22);
    claims.png = await picture('png', [1, 2, 3]);
    claims.png.writeUInt32BE(65_535, 16);
    claims.png.writeUInt32BE(65_535, 20);
    claims.jpg = await picture('jpg', [1, 2, 3]);
    const start = claims.jpg.indexOf(Buffer.from([0xff, 0xc0]));
    claims.jpg.writeUInt16BE(65_535, start + 5);
    claims.jpg.writeUInt16BE(65_535, start + 7);
    claims.tiff = await sharp(await picture('png', [1, 2, 3]))
      .tiff({ compression: 'none' })
      .toBuffer();
    const directory = claims.tiff.readUInt32LE(4);
    for (let k = 0; k < claims.tiff.readUInt16LE(directory); k++) {
      const entry = directory + 2 + 12 * k;
      if ([256, 257].includes(claims.tiff.readUInt16LE(entry))) {
        claims.tiff.writeUInt16LE(4, entry + 2);
        claims.tiff.writeUInt32LE(65_535, entry + 8);
      }
    }
    for (const [name, bytes] of Object.entries(claims))
      await expect(decode(file(bytes), shape, 'keras'), name).rejects.toThrow(/^claims far more pixels/);
  });

  it('files cut off anywhere are broken, and never run on', async () => {
    for (const name of ['gif', 'gif, interlaced', 'bmp, runs of 8 bits', 'bmp of 4 bits', 'tiff, colour']) {
      const { file: text, height, width } = known[name];
      const whole = bytesOf(text);
      for (let length = 0; length < whole.length; length += 1 + Math.floor(whole.length / 60))
        await decode(file(whole.subarray(0, length)), { height, width, channels: 3 }, 'keras').then(
          // what is missing may be no pixel: a mark at the end
          () => expect(length).toBeGreaterThan(whole.length / 3),
          (error: Error) => expect(error.message).toMatch(/^\S.{3,}/),
        );
    }
  });

  it('codes that a GIF has not made yet, and colours that a bitmap lacks, are no fault of ours', async () => {
    for (let value = 0; value < 256; value += 5) {
      const bent = Buffer.from(bytesOf(known['gif, interlaced'].file));
      bent[bent.length - 40] = value;
      await decode(file(bent), shape, 'keras').catch((error: Error) =>
        expect(error.message).toMatch(/first frame/),
      );
    }
    const few = Buffer.from(bytesOf(known['bmp of 8 bits, fewer colours'].file));
    few.fill(255, few.length - 8);
    await decode(file(few), shape, 'keras');
  });
});

describe('room for whole pictures', () => {
  it('is waited for in the order of coming, and one that is larger than all of it goes alone', async () => {
    const room = new Room(10);
    const order: string[] = [];
    const leave = [await room.enter(6)];
    const enter = async (name: string, amount: number): Promise<void> => {
      const go = await room.enter(amount);
      order.push(name);
      leave.push(go);
    };
    const waiting = [enter('large', 50), enter('small', 1)];
    await Promise.resolve();
    expect(order).toEqual([]);
    leave[0]();
    leave[0]();
    await waiting[0];
    expect(order).toEqual(['large']);
    leave[1]();
    await waiting[1];
    expect(order).toEqual(['large', 'small']);
  });
});
