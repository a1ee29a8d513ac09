import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createNetwork, networkNames } from '../../formats/networks/index.ts';
import { outputFormat, saveModel } from '../../formats/index.ts';
import { InputError } from '../../graph/errors.ts';
import { modelFile } from '../../formats/identity.ts';
import { keepInputs } from '../../run/result/keep-inputs.ts';
import { refuseMixed } from '../../run/result/output-names.ts';
import { probeFile } from '../../run/store/disk-space.ts';
import type { Output } from '../output.ts';
import { mayOverwrite } from '../overwrite.ts';
import { Progress } from '../progress.ts';

interface NewOptions {
  readonly input?: number[];
  readonly classes?: number;
  readonly width?: number;
  readonly seed?: number;
  readonly data?: string;
  readonly out?: string;
  readonly force?: boolean;
}

/** `espalier new NETWORK` */
export async function newNetwork(output: Output, [name]: string[], options: NewOptions): Promise<void> {
  if (!networkNames.includes(name))
    throw new InputError(`there is no network "${name}"; there are ${networkNames.join(', ')}`);
  const out = path.resolve(options.out ?? `${name}.h5`);
  const there = await modelFile(out);
  if (options.data !== undefined) await keepInputs([there], { images: options.data });
  if (await stat(there).catch(() => null))
    await mayOverwrite([{ file: there }], { force: options.force, json: output.json });
  await refuseMixed(there);
  const { input: inputShape, classes, width, seed = 1 } = options;
  const plain = createNetwork(name, { inputShape, classes, width, seed });
  // a name that tells no format, or a place that takes no file, is said before any image is read
  await outputFormat(out, plain);
  await probeFile(there);
  const images = options.data === undefined ? undefined : await shapeOf(options.data);
  const model = images
    ? createNetwork(name, {
        inputShape: inputShape ?? images.shape,
        classes: classes ?? images.classes,
        width,
        seed,
      })
    : plain;
  await saveModel(model, model.graph, model.weights, out);
  output.data({ network: name, out });
  output.print(`wrote ${out}`);
}

/** The size and the classes of an image set. */
async function shapeOf(data: string): Promise<{ shape: number[]; classes: number }> {
  const { openImages } = await import('../../data/open.ts');
  const progress = new Progress();
  const { onListed } = progress.opening;
  const set = await openImages(data, { limit: 200, onListed }).finally(() => progress.clear());
  await set.close();
  return { shape: [set.height, set.width, set.channels], classes: set.classes.length };
}
