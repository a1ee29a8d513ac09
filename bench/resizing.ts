import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decode } from '../src/data/pixels/decode.ts';
import { parseResize } from '../src/data/pixels/resize.ts';
import type { Resize } from '../src/terms/images.ts';

interface Picture {
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly name: string;
  readonly by: string;
  readonly values: string;
}
const folder = process.argv[2];
const read = <T>(name: string): T => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as T;

/** Largest and mean difference for each name and reference. */
async function pictures(): Promise<void> {
  const rows = new Map<string, { most: number; sum: number; n: number }>();
  for (const { file, height, width, name, by, values } of read<Picture[]>('pictures.json')) {
    const bytes = readFileSync(path.join(folder, file));
    const raw = readFileSync(path.join(folder, values));
    const wanted = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
    const shape = { height, width, channels: 3 };
    const { pixels } = await decode({ kind: 'file', bytes }, shape, parseResize(name) as Resize);
    const row = rows.get(`${name} | ${by}`) ?? { most: 0, sum: 0, n: 0 };
    rows.set(`${name} | ${by}`, row);
    wanted.forEach((value, i) => {
      const off = Math.abs(value - pixels[i]);
      row.most = Math.max(row.most, off);
      row.sum += off;
    });
    row.n += wanted.length;
  }
  console.log('| `--resize` | reference | largest | mean |\n|---|---|---:|---:|');
  for (const [name, { most, sum, n }] of rows)
    console.log(`| ${name} | ${most.toFixed(2)} | ${(sum / n).toFixed(2)} |`);
}

void pictures();
