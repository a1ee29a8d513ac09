import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findGroups } from '../../../../src/graph/channels.ts';
import { costModel } from '../../../../src/graph/cost.ts';
import { fullArchitecture } from '../../../../src/graph/architecture.ts';
import { Random } from '../../../../src/graph/random.ts';
import type { Model } from '../../../../src/graph/types.ts';
import type { PrunedConfig } from '../../../../src/config/schema.ts';
import { loadModel } from '../../../../src/formats/index.ts';
import type { Plan } from '../../../../src/run/plan/plan.ts';
import type { RunPorts } from '../../../../src/run/steps/ports.ts';
import { Models } from '../../../../src/run/result/model-cache.ts';
import { writeCandidate } from '../../../../src/run/result/write.ts';
import { packed } from '../../../../src/terms/comparison/answers.ts';
import { emptyRun, mainArmOf, withEvents } from '../../../../src/terms/run-data.ts';
import type { EventOf, RunEvent } from '../../../../src/terms/run-events.ts';
import { fakeServices } from '../../fake.ts';
import { configIn, recorded, runInPieces, wholeRun } from '../../story.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-accuracy-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const macsOf = ({ graph }: Model): number => {
  const groups = findGroups(graph);
  return costModel(graph, groups)(fullArchitecture(groups)).macs;
};

/** A world in which every network loses 20 points times what it lacks of the original's MACs. */
function services(): RunPorts {
  const fake = fakeServices();
  let original = 0;
  return {
    ...fake,
    openTrainer: async (data, model, options) => {
      original = macsOf(model);
      const trainer = await fake.openTrainer(data, model, options);
      return {
        ...trainer,
        score: async (network) => {
          const right = Math.round(900 - 200 * (1 - macsOf(network) / original));
          const answers = Array.from({ length: 1000 }, (_, i) => i < right);
          return { accuracy: right / 10, loss: 1, images: 1000, right: packed(answers) };
        },
      };
    },
  };
}

const asked: Partial<Plan> = {
  targets: [{ metric: 'macs', value: 80, relative: true }],
  accuracyDrop: 10,
  controls: ['uniform', 'scratch'],
};

const chosen = (events: readonly RunEvent[]) =>
  events.filter((event): event is EventOf<'chosen'> => event.type === 'chosen');

test('finds the cheapest network that loses no more, and holds the controls to its budget', async () => {
  const { events, config, where } = await wholeRun(path.join(folder, 'whole'), asked, services());
  const run = withEvents(emptyRun(''), events);
  const main = mainArmOf(run)!;
  // 10 points are lost at half of the MACs: from 80 % down to 20 %, 5 tries come within a factor of 1.05 of that
  const share = main.chosen!.cost.macs / run.cost!.macs;
  expect(share).toBeGreaterThanOrEqual(0.5);
  expect(share).toBeLessThan(0.56);
  expect(main.scores.validation.fineTuned!.accuracy).toBeGreaterThanOrEqual(80);
  const points = run.arms.filter(({ arm }) => arm.startsWith('drawn@'));
  expect(points.length).toBeGreaterThanOrEqual(3);
  expect(points.length).toBeLessThanOrEqual(5);
  const cheaper = points.filter(({ chosen }) => chosen!.cost.macs < main.chosen!.cost.macs);
  for (const { scores } of cheaper) expect(scores.validation.fineTuned!.accuracy).toBeLessThan(80);
  const uniform = run.arms.find(({ arm }) => arm === 'uniform')!;
  expect(uniform.chosen!.cost.macs).toBeLessThanOrEqual(run.budgets[0].limit);
  expect(run.budgets[0].limit).toBeLessThan(0.6 * run.cost!.macs);
  const written = JSON.parse(config) as PrunedConfig;
  expect(written.method.accuracyDrop).toBe(10);
  expect(written.targets[0].limit).toBe(run.budgets[0].limit);
  expect(written.front!.map(({ name }) => name)).toEqual(points.map(({ arm }) => arm));
  expect(macsOf(await loadModel(path.join(where, 'out', 'net.pruned.h5')))).toBe(main.chosen!.cost.macs);
  expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
});

test('what was found is written again with the weights that it was trained to', async () => {
  const plain = { ...asked, method: 'l1', controls: [] };
  const { run, where, events } = await wholeRun(path.join(folder, 'again'), plain, services());
  const { candidate } = chosen(events).find(({ arm }) => arm === 'l1')!;
  const { sha256 } = await writeCandidate(
    run.folder,
    { arm: 'l1', id: candidate.id },
    path.join(where, 'out'),
    new Models(),
  );
  const config = JSON.parse(await configIn(where)) as PrunedConfig;
  expect(sha256.model).toBe(config.pruned!.sha256);
});

test('where nothing is accurate enough, the result is what lost least, and that is said', async () => {
  const { events } = await wholeRun(path.join(folder, 'none'), { ...asked, accuracyDrop: 1 }, services());
  const run = withEvents(emptyRun(''), events);
  // 80 % lose 4 points
  expect(mainArmOf(run)!.chosen!.cost.macs / run.cost!.macs).toBeGreaterThan(0.7);
  const warnings = events.flatMap((event) => (event.type === 'warning' ? event.message : []));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /^no network of 5 lost at most 1 point of accuracy: the result is the one that lost least, a network of 7\d\.\d % of the MACs loses 4\.\d\d ± \d\.\d\d points on 1,000 validation images/,
  );
});

test('where all of the range is accurate enough, the result is its cheapest', async () => {
  const { events } = await wholeRun(
    path.join(folder, 'all'),
    { ...asked, accuracyDrop: 50, explore: 30 },
    services(),
  );
  const run = withEvents(emptyRun(''), events);
  const share = mainArmOf(run)!.chosen!.cost.macs / run.cost!.macs;
  expect(share).toBeLessThanOrEqual(0.3);
  expect(share).toBeGreaterThan(0.2);
});

test('stopped at any event and gone on, it finds the same in the same order', async () => {
  const whole = await wholeRun(path.join(folder, 'undisturbed'), asked, services());
  const where = path.join(folder, 'stopped');
  const { run, stops } = await runInPieces(where, asked, new Random(5), 40, services());
  expect(stops).toBeGreaterThan(3);
  expect(await configIn(where)).toBe(whole.config);
  expect(await recorded(run.folder)).toEqual(whole.events);
});
