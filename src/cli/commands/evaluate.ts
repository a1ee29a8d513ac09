import { titled } from '../../data/preprocess.ts';
import { loadModel } from '../../formats/index.ts';
import { InputError } from '../../graph/errors.ts';
import { latency } from '../../runtime/latency.ts';
import { machineName } from '../../run/result.ts';
import { choosePreprocess, openSet, scoreSplit } from '../../run/workshop.ts';
import { percent } from '../../report/text.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataPlan } from './data-options.ts';
import type { DataOptions } from './data-options.ts';

interface EvaluateOptions extends DataOptions {
  readonly split?: 'train' | 'validation' | 'test';
}

/** `espalier evaluate MODEL --data PATH`: no engine but ONNX Runtime is needed. */
export async function evaluate(output: Output, [file]: string[], options: EvaluateOptions): Promise<void> {
  const data = dataPlan(options)!;
  const model = await loadModel(file);
  const progress = new Progress();
  const stop = stopOnCtrlC(() => progress.say('Stopping…'));
  const { signal } = stop;
  const { threads } = options;
  const set = await openSet(data, model, {
    threads,
    signal,
    onProgress: (done, total) => progress.update({ stage: 'reading images', done, total, unit: 'images' }),
  });
  try {
    const name = options.split ?? (set.test ? 'test' : 'validation');
    const split = set[name];
    if (!split) throw new InputError(`${data.path} has no ${name} images`);
    const { preprocess, found } = await choosePreprocess(data, set, model, { threads, signal });
    const total = split.size;
    const score = await scoreSplit(model, split, preprocess, {
      threads,
      signal,
      onImages: (done) => progress.update({ stage: 'scoring', done, total, unit: 'images' }),
    });
    const speed = await latency(model.graph, model.weights, { threads, signal }).catch((error: unknown) => {
      if (signal.aborted || error instanceof InputError) throw error;
      return null;
    });
    progress.clear();
    output.data({
      model: file,
      split: name,
      ...score,
      preprocess,
      found,
      latency: speed,
      machine: machineName(),
    });
    output.print(
      `${percent(score.accuracy, 2)} right, loss ${score.loss.toFixed(4)}, on ${score.images} ${name} images`,
    );
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
