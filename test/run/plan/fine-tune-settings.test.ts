import { expect, it } from 'vitest';
import { fineTuneSettings, scratchSettings } from '../../../src/run/plan/fine-tune-settings.ts';
import { GraphBuilder } from '../../support/builder.ts';
import type { Tuned } from '../../../src/run/plan/fine-tune-settings.ts';

function withNorm(norm: boolean) {
  const b = new GraphBuilder({ seed: 1 });
  const made = b.conv(b.input([8, 8, 3]), 4, 3);
  return b.build(norm ? b.batchNorm(made) : made).graph;
}

const few: Tuned = { images: 2700, validation: 300, macs: 12.5e6, teaches: true };
const quick = { effort: 'quick' } as const;

it('takes as many epochs as 2,000 steps need on few images, and never fewer than 3', () => {
  // 42 steps of 64 an epoch
  expect(fineTuneSettings(quick, few).epochs).toBe(48);
  // 14 of 32
  expect(fineTuneSettings(quick, { ...few, images: 450 }).epochs).toBe(143);
  // 351 of 128; 2e12 MACs are one epoch of resnet20
  expect(fineTuneSettings(quick, { ...few, images: 45_000, macs: 41e6 }).epochs).toBe(3);
  expect(fineTuneSettings({ effort: 'thorough' }, { ...few, images: 45_000, macs: 41e6 }).epochs).toBe(40);
});

it('does not keep a large network at work for hours because its images are few', () => {
  // 2e12 / (2,700 x 300e6) = 2.5 epochs
  expect(fineTuneSettings(quick, { ...few, macs: 300e6 }).epochs).toBe(3);
  expect(fineTuneSettings(quick, { ...few, macs: 50e6 }).epochs).toBe(14);
  // a step an epoch: not 2,000 looks at the validation images
  expect(fineTuneSettings(quick, { ...few, images: 45 }).epochs).toBe(500);
});

it('does as it is told', () => {
  const given = { ...quick, fineTuneEpochs: 7, fineTuneRate: 0.01, augment: { flip: true, shift: 2 } };
  expect(fineTuneSettings({ ...given, distillation: 0.4, frozen: 'kept' }, few)).toMatchObject({
    epochs: 7,
    schedule: { kind: 'cosine', rate: 0.01 },
    augmentation: { flip: true, shift: 2 },
    distillation: 0.4,
    frozen: 'kept',
  });
});

it('distils from an original that has something to teach, unless told not to', () => {
  expect(fineTuneSettings(quick, few).distillation).toBe(0.7);
  expect(fineTuneSettings(quick, { ...few, teaches: false })).not.toHaveProperty('distillation');
  expect(fineTuneSettings({ ...quick, distillation: 0 }, few)).not.toHaveProperty('distillation');
});

it('keeps the best epoch where there are enough validation images to tell', () => {
  expect(fineTuneSettings(quick, few)).toMatchObject({ patience: 16, keepBest: true });
  const blind = fineTuneSettings(quick, { ...few, validation: 99 });
  expect(blind.patience).toBe(0);
  expect(blind).not.toHaveProperty('keepBest');
});

it('trains the control from scratch on the same images, aims and epochs, with a rate of its own', () => {
  const tuning = fineTuneSettings({ ...quick, fineTuneRate: 0.001 }, few);
  const scratch = scratchSettings(tuning, few.images, withNorm(true));
  const { epochs, batchSize, augmentation, distillation, patience, keepBest } = tuning;
  expect(scratch).toMatchObject({ epochs, batchSize, augmentation, distillation, patience, keepBest });
  expect(scratch.schedule.rate).toBe(0.05);
  // without norms that rate ends at chance
  expect(scratchSettings(tuning, few.images, withNorm(false)).schedule.rate).toBeCloseTo(0.01, 12);
});
