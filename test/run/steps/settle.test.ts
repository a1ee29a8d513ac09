import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../src/formats/index.ts';
import type { Weights } from '../../../src/graph/types.ts';
import type { Trainer } from '../../../src/run/steps/ports.ts';
import { settle, settlingImages } from '../../../src/run/steps/settle.ts';
import type { Score } from '../../../src/terms/scores.ts';

const { graph, weights: trained } = createNetwork('resnet8', {
  inputShape: [8, 8, 1],
  classes: 4,
  width: 0.25,
  seed: 1,
});
const bare = {
  ...graph,
  nodes: graph.nodes.map((node) =>
    node.op.kind === 'batchNorm'
      ? { ...node, op: { kind: 'activation', activation: 'relu' } as const }
      : node,
  ),
};
const afresh: Weights = new Map(trained);

/** A trainer in which the trained network and the recalibrated one score as given. */
function trainer(before: Partial<Score>, after: Partial<Score>) {
  const seen: string[] = [];
  const score = (partial: Partial<Score>): Score => ({ accuracy: 50, loss: 1, images: 100, ...partial });
  const fake = {
    images: { set: { train: { size: 10_000 } } },
    recalibrate: async (_: unknown, __: unknown, most: number) => {
      seen.push(`${most} images`);
      return afresh;
    },
    score: async ({ weights }: { weights: Weights }, split: string) => {
      seen.push(split);
      return score(weights === afresh ? after : before);
    },
  };
  return { seen, trainer: fake as unknown as Trainer };
}

describe('batch norms after a training', () => {
  it('are measured afresh where that scores better, and it is said with both figures', async () => {
    const { trainer: context, seen } = trainer({ accuracy: 25, loss: 4 }, { accuracy: 100, loss: 0.01 });
    const settled = await settle(context, { graph, weights: trained }, 1);
    expect(settled).toMatchObject({ recalibrated: true, score: { accuracy: 100 } });
    expect(settled.weights).toBe(afresh);
    expect(settled.said).toMatch(/0\.0100 instead of 4\.0000 .*100\.0 instead of 25\.0 %/);
    // on the validation split alone; the test split is for the end
    expect(seen).toEqual(['validation', '2500 images', 'validation']);
  });

  it.each<[string, Partial<Score>]>([
    ['as good', {}],
    ['better by noise', { loss: 0.995 }],
    ['worse', { loss: 1.2, accuracy: 90 }],
    ['no number', { loss: NaN }],
    ['better by the labels, worse by another output', { loss: 0.5, outputs: [of(9)] }],
  ])('stay as they were trained where they are %s', async (_, after) => {
    const { trainer: context } = trainer({ outputs: [of(1)] }, { outputs: [of(1)], ...after });
    const settled = await settle(context, { graph, weights: trained }, 1);
    expect(settled.weights).toBe(trained);
    expect(settled).toMatchObject({ recalibrated: false, score: { loss: 1 } });
    expect(settled.said).toContain('stay as they are');
  });

  it('are not looked for where there are none, nor where nothing was trained', async () => {
    for (const [network, epochs] of [
      [bare, 1],
      [graph, 0],
    ] as const) {
      const { trainer: context, seen } = trainer({}, { loss: 0 });
      const settled = await settle(context, { graph: network, weights: trained }, epochs);
      expect([settled.weights, settled.said, seen]).toEqual([trained, undefined, ['validation']]);
    }
  });

  it('are measured on few images beside those that the training went through', () => {
    expect(settlingImages(10_000, 1)).toBe(2500);
    expect(settlingImages(10_000, 40)).toBe(6400);
    expect(settlingImages(1_000, 3)).toBe(750);
    // all of a small set, and never more than there are
    expect(settlingImages(100, 3)).toBe(100);
    expect(settlingImages(300, 1)).toBe(256);
    expect(settlingImages(300, 0)).toBe(0);
  });
});

function of(value: number) {
  return { name: 'features', loss: 'KL divergence', value } as const;
}
