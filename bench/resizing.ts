import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decode } from '../src/data/decode.ts';
import { parseResize, type Resize } from '../src/data/resize.ts';
import { loadModel } from '../src/formats/index.ts';
import { choosePreprocess, openSet, scoreSplit } from '../src/run/workshop.ts';

interface Picture {
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly name: string;
  readonly by: string;
  readonly values: string;
}
interface Known {
  readonly network: string;
  readonly file: string;
  readonly resize: string;
  readonly accuracy: number;
  readonly loss: number;
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

/** The networks as Keras scored them, here by the same way, and which way is found. */
async function networks(): Promise<void> {
  console.log(
    '\n| network | resized by | Keras: accuracy, loss | here | found by `auto` |\n|---|---|---|---|---|',
  );
  for (const { network, file, resize, accuracy, loss } of read<Known[]>('networks.json')) {
    const model = await loadModel(file);
    const data = { path: path.join(folder, 'set'), preprocess: 'raw' };
    const set = await openSet({ ...data, resize }, model);
    const { preprocess } = await choosePreprocess({ ...data, resize }, set, model);
    const found = await scoreSplit(model, set.test!, preprocess);
    const auto = await openSet(data, model);
    console.log(
      `| ${network} | ${resize} | ${accuracy.toFixed(2)}, ${loss.toFixed(4)} | ${found.accuracy.toFixed(2)}, ${found.loss.toFixed(4)} | ${auto.resized?.by} (${auto.resized?.why}) |`,
    );
    await set.close();
    await auto.close();
  }
}

void pictures().then(networks);
