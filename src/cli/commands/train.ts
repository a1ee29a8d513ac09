import { stat } from 'node:fs/promises';
import path from 'node:path';
import { hasNorms } from '../../graph/op-facts.ts';
import { COMMONEST } from '../../data/pixels/resize.ts';
import { loadModel, outputFormat, saveModel } from '../../formats/index.ts';
import { Occupied } from '../../formats/files.ts';
import { InputError, Interrupted } from '../../graph/errors.ts';
import { frozenLayers } from '../../graph/frozen.ts';
import { differences, goesOnOtherwise, goOnAlike, numericsOf } from '../../runtime/backend/numerics.ts';
import { defaultTrainSettings } from '../../runtime/training/schedule.ts';
import { travel } from '../../run/result/companions.ts';
import { orderOf, remarksOn } from '../../run/images/head.ts';
import { modelFile, hashModel } from '../../formats/identity.ts';
import { keepInputs } from '../../run/result/keep-inputs.ts';
import { refuseMixed } from '../../run/result/output-names.ts';
import { placeModel } from '../../run/result/place.ts';
import { probeFile, probeFolder } from '../../run/store/disk-space.ts';
import { settle } from '../../run/steps/settle.ts';
import { TrainingFolder } from '../../run/store/training-folder.ts';
import { openTrainer } from '../../run/steps/trainer.ts';
import { percent } from '../../report/text.ts';
import type { Output } from '../output.ts';
import { mayOverwrite, shown } from '../overwrite.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataOptions } from './data-options.ts';
import type { DataFlags } from './data-options.ts';
import type { TrainSettings } from '../../terms/training.ts';
import type { FormatName } from '../../terms/written.ts';

interface TrainOptions extends DataFlags {
  readonly epochs?: number;
  readonly seed?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly schedule?: TrainSettings['schedule']['kind'];
  readonly optimizer?: TrainSettings['optimizer'];
  readonly weightDecay?: number;
  readonly labelSmoothing?: number;
  readonly patience?: number;
  readonly fineTune?: boolean;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly checkpointSeconds?: number;
  readonly out: string;
}

/** `espalier train MODEL --data PATH --out FILE` */
export async function train(output: Output, [file]: string[], options: TrainOptions): Promise<void> {
  const data = dataOptions(options)!;
  if (data.noLabels)
    throw new InputError(
      'train learns from labels, and a network has nothing to learn from its own answers: leave --no-labels out',
    );
  const out = path.resolve(options.out);
  const model = await loadModel(file);
  const format = await outputFormat(out, model);
  const named = await modelFile(out);
  const target =
    format === 'tfjs-layers' && path.extname(named) === '' ? path.join(named, 'model.json') : named;
  await keepInputs([target], { images: data.path });
  await refuseMixed(target);
  const before = await stat(target).catch(() => null);
  // one that goes on may have written already when it was killed: that shows at its end
  if (before && !options.resume)
    await mayOverwrite([{ file: target }], { force: options.force, json: output.json });
  const agreed = before && (!options.resume || options.force) ? [await hashModel(target)] : [];
  await probeFile(target);
  await probeFolder(
    path.dirname(target),
    4 * [...model.weights.values()].reduce((sum, w) => sum + w.length, 0),
  );
  const progress = new Progress();
  const stop = stopOnCtrlC(() => progress.say('Stopping…'));
  const { signal } = stop;
  const seed = options.seed ?? 1;
  // a fresh network can't tell one preprocessing from another
  const preprocess = options.preprocess ?? (options.fineTune ? 'auto' : 'unit');
  const resize = options.resize ?? (options.fineTune ? 'auto' : COMMONEST);
  const began = options.resume ? await TrainingFolder.computedBy(out) : undefined;
  if (began)
    goOnAlike(began, options.threads, {
      what: `stopped training of ${out}`,
      anew: 'leave out --resume to begin anew',
    });
  const trainer = await openTrainer({ ...data, preprocess, resize }, model, {
    backend: options.backend ?? began?.backend ?? 'auto',
    threads: options.threads ?? began?.threads,
    seed,
    // fresh weights answer nothing that is worth keeping
    answers: options.fineTune === true,
    needsLabels: true,
    signal,
    ...progress.opening,
  });
  let training: TrainingFolder | null = null;
  try {
    const { set, backend } = trainer.images;
    progress.say(`backend: ${backend.name}, ${backend.threads} threads: ${backend.why}`);
    for (const sentence of trainer.learns ?? []) progress.say(sentence);
    const frozen = frozenLayers(model.graph).length;
    if (frozen) progress.say(`layers that the file has frozen stay as they are: ${frozen}`);
    const settings = trainSettings(
      options,
      { images: set.train.size, norms: hasNorms(model.graph) },
      data.augment,
    );
    const computedBy = numericsOf(backend);
    const other = began ? differences(began, computedBy) : [];
    for (const message of [...remarksOn(model, set), ...(other.length ? [goesOnOtherwise(other)] : [])]) {
      output.data({ type: 'warning', message });
      progress.say(`warning: ${message}`);
    }
    const order = orderOf(set);
    if (order !== null) progress.say(`classes: ${order}`);
    progress.say(
      `training on ${set.train.size} images, ${settings.epochs} epochs, batches of ${settings.batchSize}`,
    );
    const inputs = {
      model: await hashModel(await modelFile(file)),
      data: { ...data, path: path.resolve(data.path) },
      images: set.stamp ?? set.digest,
      preprocessing: preprocess,
      classes: set.recordedClasses,
      resize,
      settings,
      seed,
      engine: `${backend.name}, ${backend.threads} threads`,
    };
    training = await TrainingFolder.open(out, inputs, {
      resume: options.resume,
      seconds: options.checkpointSeconds,
      computedBy,
    });
    if (training.overwrites)
      progress.say('a training that was stopped is overwritten (--resume would go on with it)');
    const events = trainer.train(model, settings, {
      stage: 'train',
      seed,
      signal,
      from: training.from ?? undefined,
    });
    let settled;
    for (;;) {
      const next = await events.next();
      if (next.done) {
        settled = await settle(
          trainer,
          { graph: model.graph, weights: next.value.weights },
          settings.epochs,
          signal,
        );
        break;
      }
      const event = next.value;
      if (event.type === 'checkpoint') {
        if (signal.aborted || training.due) await training.save(event.take());
        continue;
      }
      output.data(event);
      if (event.type === 'progress') progress.update({ ...event, perSecond: event.imagesPerSecond });
      else
        progress.say(
          `epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, ${percent(event.accuracy, 2)} on validation`,
        );
    }
    const { weights, score: validation, said } = settled;
    if (said !== undefined) progress.say(said);
    await placed(target, agreed, training, format, (place) => saveModel(model, model.graph, weights, place));
    const beside = await travel(model, target);
    await training.finish();
    training = null;
    const trained = { graph: model.graph, weights };
    const test = set.test ? await trainer.score(trained, 'test', signal) : null;
    progress.clear();
    const files = beside.files.map(({ file }) => file);
    output.data({ type: 'result', out, beside: files, settings, seed, validation, test });
    output.print(
      `${percent(validation.accuracy, 2)} on ${validation.images} validation images` +
        (test ? `, ${percent(test.accuracy, 2)} on ${test.images} test images` : ''),
    );
    output.print(`wrote ${out}`);
    for (const one of files) output.print(`labels ${shown(one)}`);
    if (beside.note) output.note(`warning: ${beside.note}`);
  } catch (error) {
    progress.clear();
    if (error instanceof Interrupted)
      output.note(training?.kept ? 'Stopped; the same command with --resume goes on.' : 'Stopped.');
    throw error;
  } finally {
    stop.release();
    await training?.close();
    await trainer.close();
  }
}

/** Writes the trained model, unless another file came to stand there meanwhile; the training is kept then. */
async function placed(
  target: string,
  replaces: readonly string[],
  training: TrainingFolder,
  format: FormatName,
  save: (file: string) => Promise<void>,
): Promise<void> {
  try {
    await placeModel(target, { stage: training.folder, format, replaces, save });
  } catch (error) {
    if (!(error instanceof Occupied)) throw error;
    throw new InputError(
      `${shown(target)} is there by now, and is not of this training; move it, or add --force, and go on with --resume: the training is kept`,
    );
  }
}

function trainSettings(
  options: TrainOptions,
  { images, norms }: { images: number; norms: boolean },
  augment: TrainSettings['augmentation'] | undefined,
): TrainSettings {
  const base = defaultTrainSettings(options.fineTune ? 'fine-tune' : 'scratch', {
    images,
    norms,
    epochs: options.epochs,
    optimizer: options.optimizer,
  });
  const given = {
    batchSize: options.batchSize,
    weightDecay: options.weightDecay,
    labelSmoothing: options.labelSmoothing,
    patience: options.patience,
    augmentation: augment,
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const rate = options.learningRate ?? base.schedule.rate;
  const kind = options.schedule ?? base.schedule.kind;
  return { ...base, ...known, schedule: { ...base.schedule, kind, rate } };
}
