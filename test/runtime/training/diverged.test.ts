import { expect, test } from 'vitest';
import { train } from '../../../src/runtime/training/trainer.ts';
import type { Trainable, TrainOptions } from '../../../src/runtime/training/trainer.ts';
import { defaultTrainSettings } from '../../../src/runtime/training/schedule.ts';
import type { Batch, Snapshot } from '../../../src/runtime/types.ts';

/** A network that learns nothing and holds nothing. */
const network = {
  trainStep: () => 1,
  snapshot: () => ({ json: null, arrays: new Map() }),
  restore: () => {},
} as unknown as Trainable;

const batch = { n: 1 } as Batch;

/** Validation losses of the epochs; the accuracies that are told, until the training stops for want of a better loss. */
async function told(losses: readonly number[], stopAfter?: number): Promise<(number | undefined)[]> {
  const accuracies: (number | undefined)[] = [];
  let saved: Snapshot | undefined;
  const options = (from?: Snapshot): TrainOptions => ({
    batches: async function* () {
      yield batch;
    },
    stepsPerEpoch: 1,
    settings: { ...defaultTrainSettings('fine-tune', { images: 1, epochs: losses.length }), patience: 2 },
    validate: async () => {
      const epoch = accuracies.length;
      return { accuracy: epoch, loss: losses[epoch], images: 1 };
    },
    from,
  });
  const go = async (from?: Snapshot) => {
    for await (const event of train(network, options(from))) {
      if (event.type === 'loss') accuracies.push(event.accuracy);
      if (event.type !== 'checkpoint' || accuracies.length !== stopAfter || from) continue;
      const { json, arrays } = event.take();
      // as a run's folder keeps it
      saved = { json: JSON.parse(JSON.stringify(json)) as unknown, arrays };
      return;
    }
  };
  await go();
  if (saved) await go(saved);
  return accuracies;
}

test.each([[[NaN, 5, 4, 3]], [[NaN, NaN, 3, 2]], [[2, NaN, 1, NaN, NaN, 1]]])(
  'a training whose validation loss was no number is gone on with as if never stopped: %j',
  async (losses) => {
    const whole = await told(losses);
    for (let epochs = 1; epochs < whole.length; epochs++) expect(await told(losses, epochs)).toEqual(whole);
  },
);
