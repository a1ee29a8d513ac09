import { fineTuneDefaults } from '../../terms/training.ts';
import type { Schedule, TrainSettings } from '../../terms/training.ts';

/**
 * Learning rate of step `step` (from 0) of `total`. Warm-up goes linearly from rate / 10 to rate over its steps; the
 * schedule then runs over those that remain: step multiplies by `factor` (0.1) at each milestone (0.5 and 0.75 of the
 * whole), linear falls to 0, cosine falls along half a wave to 0 (Loshchilov and Hutter 2017, without restarts).
 */
export function rateAt(schedule: Schedule, step: number, total: number): number {
  const { kind, rate } = schedule;
  const warmup = schedule.warmupSteps ?? 0;
  if (step < warmup) return rate * (0.1 + 0.9 * (step / warmup));
  const rest = Math.max(total - warmup, 1);
  const at = Math.min((step - warmup) / rest, 1);
  switch (kind) {
    case 'constant':
      return rate;
    case 'linear':
      return rate * (1 - at);
    case 'cosine':
      return (rate * (1 + Math.cos(Math.PI * at))) / 2;
    case 'step': {
      const passed = (schedule.milestones ?? [0.5, 0.75]).filter((m) => step >= m * total).length;
      return rate * (schedule.factor ?? 0.1) ** passed;
    }
  }
}

/** Images a step: the larger the set, the more. */
export function fineTuneBatch(images: number): number {
  return images >= 10_000 ? 128 : images >= 1_000 ? 64 : 32;
}

/** Rates that suit each optimizer where a user names none. Measured in docs/fine-tuning.md. */
const RATES = { sgd: 0.1, adam: fineTuneDefaults.rate } as const;

/**
 * Settings that work for small convolutional networks. From scratch: SGD at the rate 0.1 at batch 128 after a warm-up,
 * decay 5e-4, as for ResNets on CIFAR, a fifth of that rate where nothing normalises (cnn4 on Fashion-MNIST: 10 % at 0.1,
 * 88 % at 0.02); the rate goes with the batch. Fine-tuning: Adam, whose steps don't go with the
 * scale of the inputs, as SGD's do, so that one rate suits networks of raw and of standardised pixels.
 */
export function defaultTrainSettings(
  kind: 'scratch' | 'fine-tune',
  about: {
    readonly images: number;
    readonly epochs?: number;
    readonly optimizer?: TrainSettings['optimizer'];
    /** whether the network has layers that normalise (default true) */
    readonly norms?: boolean;
  },
): TrainSettings {
  const { images, epochs, optimizer, norms = true } = about;
  const scratch = kind === 'scratch';
  const batchSize = fineTuneBatch(images);
  const count = epochs ?? (scratch ? 30 : 10);
  const stepsPerEpoch = Math.max(Math.ceil(images / batchSize), 1);
  const by = optimizer ?? (scratch ? 'sgd' : 'adam');
  const rate = by === 'adam' ? RATES.adam : ((norms ? RATES.sgd : RATES.sgd / 5) * batchSize) / 128;
  return {
    epochs: count,
    batchSize,
    optimizer: by,
    schedule: {
      kind: 'cosine',
      rate: scratch || by === 'adam' ? rate : rate / 5,
      warmupSteps: scratch ? Math.min(stepsPerEpoch, Math.floor((stepsPerEpoch * count) / 10)) : 0,
    },
    momentum: 0.9,
    nesterov: false,
    weightDecay: scratch ? 5e-4 : 1e-4,
    labelSmoothing: 0,
    augmentation: { flip: false, shift: 0 },
    patience: 0,
  };
}
