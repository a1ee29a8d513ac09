import { titled } from '../../terms/images.ts';
import { loadModel } from '../../formats/index.ts';
import { InputError } from '../../graph/errors.ts';
import { judgeOnnx } from '../../runtime/scoring/agreement.ts';
import type { Judgement } from '../../runtime/scoring/agreement.ts';
import { headsOf, labelledHead, taughtLike } from '../../runtime/heads.ts';
import { latency } from '../../runtime/scoring/latency.ts';
import { orderOf, remarksOn, unlabelled } from '../../run/images/head.ts';
import { machineName } from '../../system/machine.ts';
import { labelledFor, openSet, scoreSplit } from '../../run/steps/trainer.ts';
import { choosePreprocess } from '../../run/images/preprocess.ts';
import { percent } from '../../report/text.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataOptions } from './data-options.ts';
import type { DataFlags } from './data-options.ts';
import type { SplitName } from '../../terms/scores.ts';
import { type LoadedModel } from '../../formats/types.ts';
import { originalOf } from '../../run/rebuild/original.ts';
import { openOriginal, type Original } from '../../run/images/unlabelled.ts';
import { openBackend } from '../../runtime/backend/open.ts';
import { agreementIs } from '../../runtime/training/taught.ts';

interface EvaluateOptions extends DataFlags {
  readonly split?: SplitName;
  /** what it is compared with where there are no labels */
  readonly original?: string;
}

/** `espalier evaluate MODEL --data PATH`: no backend is needed where there is ONNX Runtime. */
export async function evaluate(output: Output, [file]: string[], options: EvaluateOptions): Promise<void> {
  const data = dataOptions(options)!;
  const loaded = await loadModel(file);
  const progress = new Progress();
  const stop = stopOnCtrlC(() => progress.say('Stopping…'));
  const { signal } = stop;
  const { threads } = options;
  let judged: Promise<Judgement> | undefined;
  const judgement = () => (judged ??= judgeOnnx(loaded, { threads }));
  const set = await openSet(data, loaded, {
    threads,
    signal,
    trust: async () => (await judgement()).trust,
    ...progress.opening,
  });
  let original: Original | null = null;
  try {
    const name = options.split ?? (set.test ? 'test' : 'validation');
    const split = set[name];
    if (!split) throw new InputError(`${data.path} has no ${name} images`);
    const labelled = labelledFor(loaded, set, data);
    const backend = set.unlabelled ? await openBackend({ threads }) : undefined;
    const against = backend ? await originalFor(file, options.original) : null;
    const source = against === null ? null : await loadModel(against);
    const { trust, said } = await judgement();
    if (said) output.note(`note: ${said}`);
    const { preprocess, found } = await choosePreprocess(data, set, source ?? labelled, {
      threads,
      trust,
      signal,
      backend,
    });
    original = backend && source ? await openOriginal(backend, source, set, preprocess, signal) : null;
    if (source) sameOutputs(loaded, source);
    const model = original ? { ...loaded, graph: taughtLike(loaded.graph, original.graph) } : labelled;
    const warnings = remarksOn(model, set);
    const order = orderOf(set);
    const total = split.size;
    const score = await scoreSplit(model, split, preprocess, {
      threads,
      trust,
      signal,
      answers: original?.answers,
      onImages: (done) => progress.update({ stage: 'scoring', done, total, unit: 'images' }),
    });
    const speed = await latency(model.graph, model.weights, { threads, trust, signal }).catch(
      (error: unknown) => {
        if (signal.aborted || error instanceof InputError) throw error;
        return null;
      },
    );
    progress.clear();
    for (const warning of warnings) output.note(`warning: ${warning}`);
    output.data({
      model: file,
      split: name,
      ...score,
      labelsOf: model.graph.outputs.length > 1 && !original ? labelledHead(model.graph).name : undefined,
      preprocess,
      found,
      classes: set.classes,
      classesFrom: set.classesFrom,
      warnings,
      latency: speed,
      machine: machineName(),
    });
    output.print(
      `${percent(score.accuracy, 2)} ${score.measure ?? 'right'}, loss ${score.loss.toFixed(4)}, on ${score.images} ${name} images`,
    );
    if (order !== null) output.print(`classes ${order}`);
    const others = original ? null : unlabelled(model.graph);
    if (against !== null) output.print(`compared with ${against}: agreement is ${agreementIs(model.graph)}`);
    if (others) output.note(others);
    output.print(`preprocessing ${titled(preprocess)} (${found})`);
    if (!speed) output.note('latency could not be measured: onnxruntime-node is not there (espalier doctor)');
    else
      output.print(
        `${speed.medianMs.toFixed(2)} ms an image (${speed.engine}, ${speed.threads} threads, ${machineName()})`,
      );
  } finally {
    progress.clear();
    stop.release();
    original?.close();
    await set.close();
  }
}

/** What a model is compared with where there are no labels: what the user names, else what a config beside it says. */
async function originalFor(file: string, named: string | undefined): Promise<string> {
  const found = named ?? (await originalOf(file, { roots: [process.cwd()] }));
  if (found === null)
    throw new InputError(
      `without labels ${file} is compared with the model that it was pruned from, and no config beside it says which that is: name it with --original FILE, or give images with classes`,
    );
  return found;
}

/** @throws InputError where two networks can't be compared value by value */
function sameOutputs({ graph, name }: LoadedModel, source: LoadedModel): void {
  const [own, others] = [graph, source.graph].map((one) => headsOf(one).map(({ size }) => size));
  if (own.join() !== others.join())
    throw new InputError(
      `${name} gives ${own.join(', ')} values an image and ${source.name} ${others.join(', ')}: it was not pruned from that`,
    );
}
