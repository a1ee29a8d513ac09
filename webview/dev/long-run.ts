import { packed } from '../../src/terms/comparison/answers.ts';
import type { NetworkView } from '../../src/protocol/views.ts';
import { draws } from './deep-network.ts';
import type { RunCandidate } from '../../src/terms/candidates.ts';
import type { ListedEvent } from '../../src/terms/run-events.ts';

/** A search of so many candidates, as a run of rewarded meta-pruning tells it. */
export function longRun(network: NetworkView, candidates: number, method = 'rewarded-meta'): ListedEvent[] {
  const random = draws(7);
  const { cost } = network;
  const events: ListedEvent[] = [
    {
      type: 'opened',
      model: { name: network.name, path: `/project/${network.name}`, format: network.format },
      cost,
      groups: [],
      layers: [],
    },
    { type: 'backend', name: 'tensorflow', why: 'the fastest here', threads: 2 },
    {
      type: 'data',
      path: 'images',
      form: 'folder',
      classes: Array.from({ length: 10 }, (_, i) => `class ${i}`),
      train: 45_000,
      validation: 5_000,
      test: 10_000,
      preprocess: { name: 'unit', scale: [1 / 255], offset: [0], bgr: false },
      found: 'scored highest',
    },
    { type: 'budgets', budgets: [{ metric: 'macs', limit: cost.macs / 2, original: cost.macs }] },
    {
      type: 'score',
      step: 'original',
      split: 'validation',
      score: { accuracy: 92.4, loss: 0.25, images: 5000 },
    },
    {
      type: 'arm',
      arm: method,
      control: false,
      reward: {
        kind: 'rewarded-meta',
        metric: 'macs',
        baseAccuracy: 100,
        baseCost: cost.macs,
        accuracyExponent: 2,
        efficiencyExponent: 1,
        accuracyGap: 0.1,
      },
    },
    { type: 'stage', arm: method, stage: 'generator', message: 'training the generator for 2 epochs' },
  ];
  for (let step = 1; step <= 20; step++)
    events.push({
      type: 'loss',
      arm: method,
      stage: 'generator',
      epoch: step / 10,
      loss: 2.3 * Math.exp(-step / 9) + 0.2 + random() * 0.05,
      accuracy: 100 - 80 * Math.exp(-step / 7) - random() * 3,
    });
  events.push({ type: 'stage', arm: method, stage: 'search', message: 'searching' });
  const rewardOf = (accuracy: number, macs: number) =>
    (100 / Math.max(0.1, 100 - accuracy)) ** 2 * -Math.log(macs / cost.macs);
  const one = (arm: string, id: number, share: number, loss: number, origin: string): RunCandidate => {
    const recalibrated = Math.min(92, 92.2 - 55 * Math.exp(-share * 7) - loss);
    const macs = Math.round(cost.macs * share);
    const params = Math.round(cost.params * (share * 0.9 + 0.05));
    return {
      arm,
      id,
      origin,
      cost: {
        macs,
        params,
        bytes: 4 * params,
        peakActivationBytes: Math.round(cost.peakActivationBytes * (0.5 + share / 2)),
      },
      accuracies: { cut: Math.max(10, recalibrated - 20 * random() - 5), recalibrated },
      reward: rewardOf(recalibrated, macs),
    };
  };
  let best: RunCandidate | null = null;
  for (let id = 0; id < candidates; id++) {
    const candidate = one(
      method,
      id,
      0.22 + random() * 0.5,
      random() ** 1.6 * 9 + 0.2,
      ['random', 'crossover', 'mutation'][Math.floor(random() * 3)],
    );
    events.push({ type: 'candidate', arm: method, candidate });
    if (candidate.cost.macs <= cost.macs / 2 && (best === null || candidate.reward! > best.reward!))
      best = candidate;
    if (id % Math.ceil(candidates / 20) === 0 && best)
      events.push({
        type: 'generation',
        arm: method,
        generation: Math.floor((20 * id) / candidates),
        best: best.id,
        reward: best.reward!,
      });
  }
  events.push({
    type: 'progress',
    arm: method,
    stage: 'search',
    done: candidates,
    total: candidates,
    unit: 'candidates',
  });
  if (best) events.push({ type: 'chosen', arm: method, candidate: best });
  for (const [index, arm] of ['uniform', 'random', 'l1'].entries()) {
    const candidate = one(arm, 0, 0.5, 2 + index, arm);
    events.push(
      { type: 'arm', arm, control: true },
      { type: 'candidate', arm, candidate },
      {
        type: 'chosen',
        arm,
        candidate: {
          ...candidate,
          accuracies: { ...candidate.accuracies, fineTuned: candidate.accuracies.recalibrated! + 1.5 },
        },
      },
    );
  }
  if (best) {
    events.push(
      { type: 'stage', arm: method, stage: 'fine-tune', message: 'fine-tuning' },
      {
        type: 'score',
        arm: method,
        step: 'recalibrated',
        split: 'validation',
        score: { accuracy: best.accuracies.recalibrated!, loss: 0.3, images: 5000 },
      },
    );
  }
  const ended = [
    [method, 91.6] as const,
    ['uniform', 90.9] as const,
    ['random', 90.2] as const,
    ['l1', 91.1] as const,
  ];
  for (const [arm, accuracy] of ended) {
    const right = packed(Array.from({ length: 10_000 }, () => random() < accuracy / 100));
    const score = { accuracy, loss: 0.3, images: 10_000, right };
    events.push({ type: 'score', arm, step: 'test', split: 'test', score });
  }
  return [...events, { type: 'done' }];
}
