import { raceTable } from '../../src/terms/comparison/race.ts';
import { Random } from '../../src/graph/random.ts';
import type { ReportArm, RunReport } from '../../src/report/types.ts';
import { packed } from '../../src/terms/comparison/answers.ts';
import type { CurvePoint } from '../../src/terms/comparison/curves.ts';
import type { ListedCandidate } from '../../src/terms/candidates.ts';

const cost = (macs: number) => ({
  macs,
  params: Math.round(macs / 150),
  bytes: Math.round(macs / 150) * 4,
  peakActivationBytes: 131072,
});
const score = (accuracy: number, images: number) => ({ accuracy, loss: (100 - accuracy) / 30, images });

/** Which images are right: drawn, so that two arms differ as two networks do. */
function answers(accuracy: number, images: number): string {
  const random = new Random(Math.round(10 * accuracy));
  return packed(Array.from({ length: images }, () => random.uniform() < accuracy / 100));
}

/** A report with everything in it; the numbers are drawn, not measured. Names try to break out of the page. */
export function sampleReport(): RunReport {
  const random = new Random(5);
  const candidates: ListedCandidate[] = Array.from({ length: 120 }, (_, id) => {
    const share = 0.22 + 0.5 * random.uniform();
    const accuracy = 92 - 50 * Math.exp(-share * 7) - 8 * random.uniform() ** 2;
    return {
      id,
      origin: random.pick(['random', 'mutation', 'crossover']),
      cost: cost(Math.round(40.8e6 * share)),
      accuracies: { recalibrated: accuracy },
      reward: accuracy / 100 - 0.2 * share,
    };
  });
  const groups = [
    { id: 'conv2d', size: 16, producers: ['conv2d', 'conv2d_2', 'conv2d_4'] },
    { id: 'conv2d_1', size: 16, producers: ['conv2d_1'] },
    { id: 'conv2d_3', size: 64, producers: ['conv2d_3'] },
    { id: 'wide<script>alert(1)</script>', size: 512, producers: ['wide'] },
    { id: 'dense', size: 10, producers: ['dense'], frozen: 'network output' },
  ];
  const kept = groups.map((group) => {
    const all = Array.from({ length: group.size }, (_, c) => c);
    return group.frozen ? all : all.filter(() => random.uniform() < 0.6);
  });
  const layers = groups.flatMap((group, g) =>
    group.producers.map((layer) => ({
      layer,
      type: g === 4 ? 'Dense' : 'Conv2D',
      group: g,
      macs: 1e6,
      params: 1e4,
    })),
  );
  // candidate 17 wins against 3, and 5 was left behind
  const turn = (round: number, id: number, loss: number) => ({
    type: 'raced' as const,
    arm: 'rewarded-meta',
    round,
    of: 2,
    id,
    images: 4000 * round,
    score: { accuracy: 100 - 20 * loss, loss, images: 5000 },
  });
  const turns = [turn(1, 3, 1.25), turn(1, 5, 1.5), turn(1, 17, 1.125), turn(2, 3, 0.75), turn(2, 17, 0.5)];
  const point = (
    arm: string,
    macs: number,
    accuracy: number,
    more: Partial<CurvePoint> = {},
  ): CurvePoint => ({
    candidate: { arm, id: 7, origin: 'x', cost: cost(macs), accuracies: {} },
    score: score(accuracy, 10000),
    split: 'test' as const,
    share: macs / 40.8e6,
    validation: accuracy,
    dominated: false,
    knee: false,
    rival: null,
    ...more,
  });
  const beside = (points: number, share: number, between = false) => ({
    rival: { arm: 'uniform', points, error: 0.31, images: 10000, share, between },
  });
  const arm = (name: string, accuracy: number, control: boolean): ReportArm => ({
    name,
    control,
    chosen: control ? { ...candidates[0], id: 0, origin: name, cost: cost(20.2e6) } : candidates[17],
    kept,
    scores: {
      cut: name === 'scratch' ? undefined : score(accuracy - 50, 5000),
      recalibrated: name === 'scratch' ? undefined : score(accuracy - 4, 5000),
      fineTuned: score(accuracy, 5000),
      test: { ...score(accuracy - 0.4, 10000), right: answers(accuracy - 0.4, 10000) },
    },
    candidates: control ? [] : candidates,
    race: control ? [] : raceTable(turns, candidates),
    generations: control
      ? []
      : Array.from({ length: 8 }, (_, i) => ({ generation: i, reward: 0.7 + 0.02 * Math.sqrt(i) })),
    losses: [
      ...(control
        ? []
        : [1, 2, 3].map((epoch) => ({
            type: 'loss' as const,
            stage: 'generator' as const,
            epoch,
            loss: 2 / epoch,
          }))),
      ...[1, 2, 3, 4].map((epoch) => ({
        type: 'loss' as const,
        stage: 'fine-tune' as const,
        epoch,
        loss: 0.5 / epoch + (control ? 0.05 : 0),
        accuracy: accuracy - 3 / epoch + 0.75,
      })),
    ],
    seconds: control ? 31 : 204.5,
    epochs: 4,
  });
  const dot =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  return {
    model: 'resnet20 & "co".h5',
    format: 'keras-h5',
    engine: '0.1.0',
    method: 'rewarded-meta',
    seed: 1,
    effort: 'standard',
    backend: 'tensorflow, 2 threads',
    cost: cost(40.8e6),
    budgets: [{ metric: 'macs', limit: 20.4e6, original: 40.8e6 }],
    data: {
      path: 'data/<b>fashion</b>',
      classes: ['shirt', 'shoe'],
      train: 55000,
      validation: 5000,
      test: 10000,
      preprocess: 'unit',
    },
    original: { validation: score(92.41, 5000), test: score(92.06, 10000) },
    latency: { type: 'latency', before: 1.42, after: 0.88, threads: 2, machine: 'A Processor, 2 cores' },
    arms: [
      arm('rewarded-meta', 91.2, false),
      arm('uniform', 90.1, true),
      arm('random', 89.3, true),
      arm('l1', 90.2, true),
      arm('scratch', 88.4, true),
    ],
    fronts: [
      {
        arm: 'rewarded-meta',
        control: false,
        // the middle one is worse than the cheapest
        points: [
          point('rewarded-meta@24.8%', 10.1e6, 88, beside(3, 0.25)),
          point('rewarded-meta@37.3%', 15.2e6, 87.5, { ...beside(-0.1, 15.2 / 40.8, true), dominated: true }),
          point('rewarded-meta', 20.2e6, 90.8, beside(1.1, 20.2 / 40.8)),
        ],
        hypervolume: 67,
      },
      {
        arm: 'uniform',
        control: true,
        points: [point('uniform@25%', 10.2e6, 85), point('uniform', 20.2e6, 89.7)],
        hypervolume: 66,
      },
    ],
    groups,
    layers,
    samples: [
      { image: dot, label: 'shirt', before: 'shirt', after: 'shirt' },
      { image: dot, label: 'shoe', before: 'shoe', after: 'shirt' },
    ],
    warnings: ["2 images can't be read & are left out"],
    seconds: 402,
  };
}
