import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import { count, percent } from '../../report/text.ts';
import { readConfig } from '../../config/files.ts';
import { deedsOf, described, unconsented } from '../../run/plan/consent.ts';
import { Models } from '../../run/result/model-cache.ts';
import { besideOriginal, parsePick, pickFrom } from '../../run/result/pick.ts';
import { writeCandidate } from '../../run/result/write.ts';
import { RunFolder } from '../../run/store/folder.ts';
import { readRun } from '../../run/store/run-data.ts';
import { extraArm } from '../../terms/candidates.ts';
import { signed } from '../../terms/comparison/verdict.ts';
import { namedOrLastRun } from '../named-run.ts';
import type { Output } from '../output.ts';
import { shown } from '../overwrite.ts';

interface WriteOptions {
  readonly pick: string;
  readonly out?: string;
}

/** `espalier write [RUN] --pick WHICH`: the model and config of one network of a run. */
export async function write(output: Output, [named]: string[], options: WriteOptions): Promise<void> {
  const pick = parsePick(options.pick);
  const folder = await namedOrLastRun(process.cwd(), named);
  const data = await readRun(folder);
  const id = path.basename(folder);
  if (!data.done) {
    await (await RunFolder.look(folder)).run.refuseDamagedRecord();
    throw new InputError(
      `the run ${id} has not ended, and writes nothing before; go on with: espalier prune --resume ${id}`,
    );
  }
  const ref = pickFrom(data, pick);
  const out = options.out === undefined ? await planned(folder) : path.resolve(options.out);
  const { model, config, sha256 } = await writeCandidate(folder, ref, out, new Models());
  const { cost, accuracy } = await readConfig(config);
  const score = accuracy.test ?? accuracy.fineTuned;
  const trained = score !== undefined;
  const name = extraArm(ref.arm, ref.id);
  // what was measured is the trained network's
  const beside = trained ? besideOriginal(data, ref) : null;
  output.data({
    run: id,
    candidate: name,
    ...cost.after,
    accuracy: score ?? null,
    beside,
    trained,
    model,
    config,
    sha256,
  });
  const { macs, params } = cost.after;
  const scores = [accuracy.fineTuned, accuracy.test].flatMap((one) =>
    one ? [`, ${percent(one.accuracy, 2)} on ${one.split}`] : [],
  );
  output.print(`${name}: ${count(macs)} MACs, ${count(params)} parameters${scores.join('')}`);
  if (beside)
    output.print(
      `beside the original: ${signed(beside)} points on ${beside.images.toLocaleString('en-US')} validation images (paired, 95 %)`,
    );
  if (!trained && data.data)
    output.note(
      'note: of this one the run kept no trained weights: it is cut from the original, and not trained',
    );
  output.print(`model   ${shown(model)}`);
  output.print(`config  ${shown(config)}`);
}

/** Where the run itself wrote. @throws InputError where that is a place that nobody here agreed to */
async function planned(folder: string): Promise<string> {
  const { run, plan } = await RunFolder.look(folder);
  const out = run.resolve(plan.out);
  const deeds = await deedsOf(run, plan);
  const [deed] = await unconsented(
    run,
    deeds.filter(({ kind, what }) => kind === 'write' && what === out),
  );
  if (deed)
    throw new InputError(
      `the run ${path.basename(folder)} was not planned here and ${described(deed)}; name a folder with --out`,
    );
  return out;
}
