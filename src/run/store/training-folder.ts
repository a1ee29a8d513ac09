import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { makeFolder } from '../../files/make-folder.ts';
import { InputError } from '../../graph/errors.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { checkpointState, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { makeOwnFolder, refuseLinked } from './folder.ts';
import { lockFolder } from '../../files/lock.ts';
import type { Lock } from '../../files/lock.ts';
import { CheckpointPace } from './checkpoint-pace.ts';
import { sweepStaging } from './staging.ts';
import { numerics } from '../../terms/numerics.ts';
import type { Numerics } from '../../terms/numerics.ts';
import { espalierFolder, runFiles } from '../../terms/run-folder.ts';

/** What decides a training's result: the model, the images, the settings. Plain data; compared part by part. */
export type TrainingInputs = Readonly<Record<string, unknown>>;

const stateSchema = z.strictObject({
  /** its inputs, by the name that older versions gave them */
  plan: z.record(z.string(), z.unknown()),
  training: z.unknown(),
  /** what the training began to compute by; absent in those of older versions */
  computedBy: numerics.optional(),
});

const trainings = 'training';

/**
 * A training under way: `.espalier/training/<name>/` beside the file that it will write, with a checkpoint to go on
 * from after a stop or a crash. Gone once the file is written.
 */
export class TrainingFolder {
  private readonly pace: CheckpointPace;
  /** whether there is a checkpoint of this training to go on from */
  kept: boolean;

  private constructor(
    readonly folder: string,
    private readonly inputs: TrainingInputs,
    private readonly computedBy: Numerics | undefined,
    seconds: number | undefined,
    /** where the training stood, to go on from; null: from its beginning */
    readonly from: Snapshot | null,
    /** a training that was stopped is there, and will be overwritten */
    readonly overwrites: boolean,
    private readonly lock: Lock,
  ) {
    this.pace = new CheckpointPace(seconds);
    this.kept = from !== null;
  }

  /** What the stopped training of a file began to compute by; undefined where none is there, or it doesn't say. */
  static async computedBy(out: string): Promise<Numerics | undefined> {
    const folder = path.join(path.dirname(out), espalierFolder, trainings, path.basename(out));
    return stateSchema.safeParse(await checkpointState(folder)).data?.computedBy;
  }

  /**
   * @param out the file that the training will write
   * @param computedBy what this process computes by; one that goes on keeps what it began with
   * @param seconds least time between checkpoints, where nothing is stopped
   * @param resume go on with the one that was stopped
   * @throws InputError where there is none to go on with, it was another one, or another process works on it
   */
  static async open(
    out: string,
    inputs: TrainingInputs,
    { resume = false, seconds, computedBy }: { resume?: boolean; seconds?: number; computedBy?: Numerics },
  ): Promise<TrainingFolder> {
    const folder = path.join(await makeOwnFolder(path.dirname(out), trainings), path.basename(out));
    await refuseLinked([folder]);
    await makeFolder(folder);
    const lock = await lockFolder(folder, undefined, 'training');
    try {
      await sweepStaging(folder);
      if (!resume) {
        const stopped = (await checkpointState(folder)) !== null;
        return new TrainingFolder(folder, inputs, computedBy, seconds, null, stopped, lock);
      }
      const found = await readCheckpoint(folder);
      const state = found && stateSchema.safeParse(found.json);
      if (!state?.success)
        throw new InputError(
          `there is no stopped training of ${out} to go on with; leave out --resume to begin one`,
        );
      const now = JSON.parse(JSON.stringify(inputs)) as TrainingInputs;
      const other = Object.keys({ ...state.data.plan, ...now }).find(
        (key) => JSON.stringify(state.data.plan[key]) !== JSON.stringify(now[key]),
      );
      if (other === 'images')
        throw new InputError(
          `the images have changed since the training of ${out} was stopped; put them back as they were to go on with it, or leave out --resume to begin anew`,
        );
      if (other)
        throw new InputError(
          `the stopped training of ${out} differs in its ${other}; give the same options to go on with it, or leave out --resume to begin anew`,
        );
      const from = { json: state.data.training, arrays: found!.arrays };
      return new TrainingFolder(folder, inputs, state.data.computedBy, seconds, from, false, lock);
    } catch (error) {
      await lock.release();
      await removeEmpty(folder);
      throw error;
    }
  }

  /** Whether a checkpoint is worth its time now. */
  get due(): boolean {
    return this.pace.due();
  }

  async save({ json, arrays }: Snapshot): Promise<void> {
    const snapshot = { json: { plan: this.inputs, training: json, computedBy: this.computedBy }, arrays };
    if (!(await this.lock.holds()))
      throw new InputError(
        `the training's folder ${this.folder} was removed, or taken over by another process, while it was at work`,
      );
    await this.pace.save(() => writeCheckpoint(this.folder, snapshot));
    this.kept = true;
  }

  /** The result is written: nothing is left to go on with. */
  async finish(): Promise<void> {
    // by name: whatever else lies there is not this training's
    for (const name of [runFiles.checkpoint, runFiles.oldCheckpoint, runFiles.newCheckpoint])
      await rm(path.join(this.folder, name), { recursive: true, force: true });
    await this.close();
  }

  async close(): Promise<void> {
    await this.lock.release();
    await removeEmpty(this.folder);
  }
}

/** Leaves nothing behind where there is nothing to go on with. */
async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {});
}
