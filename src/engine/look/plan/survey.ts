import { stat } from 'node:fs/promises';
import { decode, probe } from '../../../data/pixels/decode.ts';
import { numbered } from '../../../data/sources/numbered.ts';
import type { Expected } from '../../../data/sources/find-splits.ts';
import { COMMONEST } from '../../../data/pixels/resize.ts';
import { openSource } from '../../../data/sources/forms.ts';
import type { Item } from '../../../data/source.ts';
import { partition } from '../../../data/splits/split.ts';
import { splitSeed } from '../../../run/steps/trainer.ts';

/** What can be said of an image set without decoding it. */
export interface Survey {
  readonly path: string;
  readonly form: string;
  readonly classes: readonly string[];
  /** its images have no classes, or these count for nothing */
  readonly unlabelled?: true;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** height, width, channels of most images */
  readonly shape: readonly [number, number, number];
  /** of the sample that was looked at */
  readonly broken: number;
  readonly sample: number;
  /** to decode one image, on one thread */
  readonly decodeMs: number;
  /** of the set itself */
  readonly warnings: readonly string[];
  /** how its classes go with those of the network, as far as there is something to say */
  readonly remarks: readonly string[];
  /** why the network can't be given these images */
  readonly problem?: string;
}

interface SurveyOptions {
  readonly limit?: number;
  readonly validationImages?: number;
  /** of the network that they are for */
  readonly expected?: Expected;
}

/** So many images are decoded to see whether they can be, and how long it takes. */
const sampleSize = 48;
const limitBytes = 1024 * 2 ** 20;
/** A survey is taken again after this: files deep in a folder leave no mark on it. */
const freshMs = 60_000;

const kept = new Map<string, { stamp: string; at: number; survey: Promise<Survey> }>();

/** An image set as a run would split it, from its listing and a sample. @throws InputError where it is none */
export async function survey(where: string, options: SurveyOptions = {}): Promise<Survey> {
  const about = await stat(where).catch(() => null);
  const stamp = `${about?.mtimeMs} ${about?.size}`;
  const key = JSON.stringify([where, options.limit, options.validationImages, options.expected]);
  const known = kept.get(key);
  if (known?.stamp === stamp && Date.now() - known.at < freshMs) return await known.survey;
  const taken = take(where, options);
  kept.set(key, { stamp, at: Date.now(), survey: taken });
  if (kept.size > 20) kept.delete(kept.keys().next().value!);
  try {
    return await taken;
  } catch (error) {
    kept.delete(key);
    throw error;
  }
}

async function take(where: string, options: SurveyOptions): Promise<Survey> {
  const found = await openSource(where, limitBytes, undefined, options.expected);
  try {
    const { source, numbering } = await numbered(found, where, { expected: options.expected });
    const { classes, warnings: remarks, problem } = numbering;
    const labels = Int32Array.from(source.items, ({ label }) => label);
    const parts = partition(
      source.items.map(({ split }) => split),
      labels,
      {
        limit: options.limit,
        validationImages: options.validationImages,
        seed: splitSeed,
        validationShare: 0.1,
        carveTest: true,
      },
    );
    const step = Math.max(1, Math.floor(source.items.length / sampleSize));
    const looked = await look(source.items.filter((_, i) => i % step === 0));
    return {
      path: where,
      form: source.form,
      classes,
      unlabelled: source.unlabelled,
      train: parts.train.length,
      validation: parts.validation.length,
      test: parts.test?.length ?? 0,
      warnings: source.warnings,
      remarks,
      problem,
      ...looked,
    };
  } finally {
    await found.close();
  }
}

async function look(
  items: readonly Item[],
): Promise<Pick<Survey, 'shape' | 'broken' | 'sample' | 'decodeMs'>> {
  const sizes = new Map<string, { shape: [number, number, number]; count: number }>();
  let broken = 0;
  let spent = 0;
  for (const item of items)
    try {
      const began = performance.now();
      const found = await item.read();
      const { height, width, channels } = await probe(found);
      await decode(found, { height, width, channels }, COMMONEST);
      spent += performance.now() - began;
      const entry = sizes.get(`${height} ${width} ${channels}`) ?? {
        shape: [height, width, channels],
        count: 0,
      };
      entry.count++;
      sizes.set(`${height} ${width} ${channels}`, entry);
    } catch {
      broken++;
    }
  const [most] = [...sizes.values()].sort((a, b) => b.count - a.count);
  return {
    shape: most?.shape ?? [0, 0, 0],
    broken,
    sample: items.length,
    decodeMs: spent / Math.max(items.length - broken, 1),
  };
}
