import { titled } from '../../terms/images.ts';
import { loadModel } from '../../formats/index.ts';
import { InputError } from '../../graph/errors.ts';
import { judgeOnnx } from '../../runtime/scoring/agreement.ts';
import type { Judgement } from '../../runtime/scoring/agreement.ts';
import { labelledHead } from '../../runtime/heads.ts';
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

interface EvaluateOptions extends DataFlags {
  readonly split?: SplitName;
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
  try {
    const name = options.split ?? (set.test ? 'test' : 'validation');
    const split = set[name];
    if (!split) throw new InputError(`${data.path} has no ${name} images`);
    const model = labelledFor(loaded, set, data);
    const { trust, said } = await judgement();
    if (said) output.note(`note: ${said}`);
    const { preprocess, found } = await choosePreprocess(data, set, model, { threads, trust, signal });
    const warnings = remarksOn(model, set);
    const order = orderOf(set);
    const total = split.size;
    const score = await scoreSplit(model, split, preprocess, {
      threads,
      trust,
      signal,
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
      labelsOf: model.graph.outputs.length > 1 ? labelledHead(model.graph).name : undefined,
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
    const others = unlabelled(model.graph);
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
    await set.close();
  }
}
