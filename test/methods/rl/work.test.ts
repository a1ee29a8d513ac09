import { describe, expect, it } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import type { Work } from '../../../src/methods/types.ts';
import { smallNet } from '../nets.ts';
import type { Effort } from '../../../src/terms/choices.ts';
import type { Metric } from '../../../src/terms/goals.ts';
import { effort as efforts } from '../../../src/terms/choices.ts';

const { graph } = smallNet();
const dependencies = findGroups(graph);
const whole = costModel(graph, dependencies)(fullArchitecture(dependencies)).macs;
const images = { train: 600, validation: 200 };

function work(
  name: string,
  effort: Effort = 'quick',
  given: Record<string, unknown> = {},
  [metric, share]: [Metric, number] = ['macs', 0.5],
): Work {
  const method = methodNamed(name);
  const settings = method.settings(given, effort, {
    graph,
    dependencies,
    trainImages: images.train,
    untrained: false,
  });
  const budgets = [{ metric, limit: share * whole, original: whole }];
  return method.work!(settings, { graph, dependencies, budgets, roundTo: 1, images });
}

const sum = (parts: Work['trained']) => parts.reduce((total, part) => total + part.images, 0);

describe.each(['agent', 'constrained'])('predicted work of %s', (name) => {
  it('grows with the effort, in all its parts', () => {
    const [quick, standard, thorough] = efforts.options.map((effort) => work(name, effort));
    for (const [less, more] of [
      [quick, standard],
      [standard, thorough],
    ]) {
      expect(less.opened).toBeGreaterThan(0);
      expect(more.opened).toBeGreaterThan(less.opened);
      expect(sum(less.scored)).toBeGreaterThan(0);
      expect(sum(more.scored)).toBeGreaterThan(sum(less.scored));
      expect(sum(more.recalibrated)).toBeGreaterThan(sum(less.recalibrated));
      expect(less.seconds).toBeGreaterThan(0);
      expect(more.seconds).toBeGreaterThan(less.seconds!);
      expect(sum(more.trained)).toBeGreaterThanOrEqual(sum(less.trained));
    }
  });

  it('is of networks within the budget', () => {
    for (const limit of [0.3, 0.6]) {
      const [{ share }] = work(name, 'quick', {}, ['macs', limit]).scored;
      expect(share).toBeLessThanOrEqual(limit);
      expect(share).toBeGreaterThan(limit - 0.15);
    }
    expect(() => work(name, 'quick', {}, ['macs', 1e-9])).toThrow(/can't be reached/);
  });
});

describe('predicted work of agent', () => {
  it('counts epochs of weights, episodes and choices', () => {
    const given = { fill: 1, joint: 2, align: 1, episodes: 3, validationImages: 100 };
    const { trained, scored, opened } = work('agent', 'quick', given);
    // (1 + 2) rounds of 3, two choices, two of the uniform network; at the end these three, and what is chosen
    expect(opened).toBe(17);
    expect(sum(scored)).toBe(1700);
    expect(sum(trained)).toBeGreaterThanOrEqual(3 * images.train);
    expect(sum(trained)).toBeLessThan(3.5 * images.train);
    expect(work('agent', 'quick', { ...given, select: 'best' }).opened).toBe(21);
    expect(work('agent', 'quick', { ...given, finalists: 1, rewardScale: 'epoch' }).opened).toBe(12);
  });

  it('an agent that does not learn takes no time for it', () => {
    expect(work('agent', 'quick', { agentUpdates: 0, decoderUpdates: 0 }).seconds).toBe(0);
    expect(work('agent', 'quick', { agentUpdates: 0, representation: false }).seconds).toBe(0);
  });
});

describe('predicted work of constrained', () => {
  it('counts episodes, the uniform width and the ends, and steps of tuning', () => {
    const given = { updates: 2, episodesPerUpdate: 5, finalists: 3, tuneBatchSize: 10 };
    const plain = work('constrained', 'quick', given);
    expect(plain.opened).toBe(15);
    expect(sum(plain.trained)).toBe(0);
    // the first half of the episodes without, the second with 4 steps each, and so the ends
    expect(sum(work('constrained', 'quick', { ...given, tuneSteps: [0, 4] }).trained)).toBe(10 * (20 + 16));
    expect(sum(work('constrained', 'quick', { ...given, importance: 'taylor' }).trained)).toBe(images.train);
  });

  it('guesses the widths where budgets are only measured', () => {
    const [{ share }] = work('constrained', 'quick', {}, ['latency', 0.5]).scored;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThanOrEqual(0.5);
  });
});
