import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findGroups } from '../../src/graph/channels.ts';
import { costModel } from '../../src/graph/cost.ts';
import { fullArchitecture } from '../../src/graph/architecture.ts';
import { InputError } from '../../src/graph/errors.ts';
import { Random } from '../../src/graph/random.ts';
import { loadModel } from '../../src/formats/index.ts';
import { methodNamed } from '../../src/methods/index.ts';
import { runPrune } from '../../src/run/prune.ts';
import type { Plan } from '../../src/run/plan/plan.ts';
import { pointsOf } from '../../src/run/plan/points.ts';
import { Models } from '../../src/run/result/model-cache.ts';
import { writeCandidate } from '../../src/run/result/write.ts';
import { RunFolder } from '../../src/run/store/folder.ts';
import type { EventOf, RunEvent } from '../../src/terms/run-events.ts';
import { fakeServices, workspaceWithPlan } from './fake.ts';
import { configIn, recorded, runInPieces, wholeRun, weightsAside } from './story.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-points-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const asked: Partial<Plan> = { points: 3, explore: 12.5, controls: ['uniform', 'scratch'] };

const chosen = (events: readonly RunEvent[]) =>
  events.filter((event): event is EventOf<'chosen'> => event.type === 'chosen');

test('takes its method and its controls to cheaper points too, the goal first, each within its own budget', async () => {
  const { events } = await wholeRun(path.join(folder, 'whole'), asked);
  const found = chosen(events);
  // 50 % down to 12.5 % in three points: each half of the last
  expect(found.map(({ arm }) => arm)).toEqual([
    'drawn',
    'drawn@25%',
    'drawn@12.5%',
    'uniform',
    'uniform@25%',
    'uniform@12.5%',
    'scratch',
  ]);
  const opened = events.find((event): event is EventOf<'opened'> => event.type === 'opened')!;
  const shares = found.map(({ candidate }) => candidate.cost.macs / opened.cost.macs);
  for (const [i, most] of [0.5, 0.25, 0.125, 0.5, 0.25, 0.125].entries()) {
    expect(shares[i]).toBeLessThanOrEqual(most);
    expect(shares[i]).toBeGreaterThan(0.6 * most);
  }
  const tested = events.filter(
    (event): event is EventOf<'score'> => event.type === 'score' && event.step === 'test',
  );
  expect(tested.map(({ arm }) => arm)).toEqual(found.map(({ arm }) => arm));
  const arms = events.filter((event): event is EventOf<'arm'> => event.type === 'arm');
  expect(arms.filter(({ control }) => !control).map(({ arm }) => arm)).toEqual([
    'drawn',
    'drawn@25%',
    'drawn@12.5%',
  ]);
});

test('what the run writes is the goal’s network, with points or without', async () => {
  const [alone, several] = [
    await wholeRun(path.join(folder, 'alone'), { ...asked, points: undefined, explore: undefined }),
    await wholeRun(path.join(folder, 'several'), asked),
  ];
  const { front, ...rest } = JSON.parse(several.config) as {
    front: { name: string; macs: number; test: number }[];
  };
  expect(rest).toEqual(JSON.parse(alone.config));
  // and, for a reviewer, what the other points came to
  const found = chosen(several.events).filter(({ arm }) => arm.includes('@'));
  expect(front.map(({ name, macs }) => [name, macs])).toEqual(
    found.map(({ arm, candidate }) => [arm, candidate.cost.macs]),
  );
  expect(front.every(({ test }) => test > 0)).toBe(true);
});

test('a point is written with the weights that it was trained to', async () => {
  const { where, run, events } = await wholeRun(path.join(folder, 'written'), asked);
  const point = chosen(events).find(({ arm }) => arm === 'drawn@25%')!;
  const { model } = await writeCandidate(
    run.folder,
    { arm: 'uniform@25%', id: 0 },
    path.join(where, 'points'),
    new Models(),
  ).catch(() => ({ model: '' }));
  expect(point.candidate.cost.macs).toBeGreaterThan(0);
  const written = await loadModel(model);
  const filed = await weightsAside(run, 'uniform@25%');
  expect([...written.weights.values()].map((values) => [...values])).toEqual(
    [...filed!.values()].map((values) => [...values]),
  );
  const groups = findGroups(written.graph);
  const cost = costModel(written.graph, groups)(fullArchitecture(groups));
  const control = chosen(events).find(({ arm }) => arm === 'uniform@25%')!;
  expect(cost.macs).toBe(control.candidate.cost.macs);
});

test('stopped at any event and gone on, it gives the same config, the same points and the same story', async () => {
  const whole = await wholeRun(path.join(folder, 'undisturbed'), asked);
  const where = path.join(folder, 'stopped');
  const { run, stops } = await runInPieces(where, asked, new Random(3), 50);
  expect(stops).toBeGreaterThan(3);
  expect(await configIn(where)).toBe(whole.config);
  expect(await recorded(run.folder)).toEqual(whole.events);
  for (const arm of ['drawn@25%', 'drawn@12.5%'])
    expect(await weightsAside(run, arm)).toEqual(await weightsAside(whole.run, arm));
});

test('one search may serve all points: they go on from what the goal’s has learned, wherever the run was stopped', async () => {
  const together: Partial<Plan> = { ...asked, method: 'served', controls: ['uniform'] };
  const whole = await wholeRun(path.join(folder, 'served'), together);
  const found = chosen(whole.events).filter(({ arm }) => arm.startsWith('served@'));
  expect(found.map(({ arm }) => arm)).toEqual(['served@25%', 'served@12.5%']);
  const origins = found.map(({ candidate }) => candidate.origin);
  expect(origins[0]).toMatch(/^learned 0\.\d+ of 2$/);
  expect(origins[1]).toBe(origins[0]);
  const where = path.join(folder, 'served in pieces');
  const { run, stops } = await runInPieces(where, together, new Random(4), 40);
  expect(stops).toBeGreaterThan(3);
  expect(await configIn(where)).toBe(whole.config);
  expect(await recorded(run.folder)).toEqual(whole.events);
  // by itself each point is searched for where a budget has to be measured
  const measured = await wholeRun(path.join(folder, 'served by latency'), {
    ...together,
    targets: [{ metric: 'latency', value: 50, relative: true }],
    explore: undefined,
  });
  const alone = chosen(measured.events).filter(({ arm }) => arm.startsWith('served@'));
  expect(alone.length).toBeGreaterThan(0);
  for (const { candidate } of alone) expect(candidate.origin).toMatch(/^served /);
});

test('a range that leads nowhere is refused in a sentence; one that nobody gave stays within reach', async () => {
  await expect(wholeRun(path.join(folder, 'above'), { ...asked, explore: 60 })).rejects.toThrow(
    new InputError('--explore 60%: is not below the goal, 50 % of the macs; give less'),
  );
  await expect(wholeRun(path.join(folder, 'below'), { ...asked, explore: 0.01 })).rejects.toThrow(
    /the cheapest point \(--explore\): target macs .*can't be reached; the nearest is/,
  );
  const model = await loadModel(path.join((await wholeRun(path.join(folder, 'plain'), {})).where, 'net.h5'));
  const dependencies = findGroups(model.graph);
  const original = costModel(model.graph, dependencies)(fullArchitecture(dependencies)).macs;
  const network = { graph: model.graph, dependencies, roundTo: 1, arms: [methodNamed('rewarded-meta')] };
  const budgets = [{ metric: 'macs' as const, limit: original / 20, original }];
  for (const { share } of pointsOf({ points: 4 }, budgets, network)) expect(share).toBeLessThan(1);
});

test('a cheaper point that fails is left out with a warning, and the goal’s network is written all the same', async () => {
  const where = path.join(folder, 'failing');
  const plan = await workspaceWithPlan(where, asked);
  const run = await RunFolder.create(where, plan);
  const real = fakeServices();
  const ports = {
    ...real,
    method: async (name: string) => {
      const method = await real.method(name);
      return {
        ...method,
        run: (context: Parameters<typeof method.run>[0]) => {
          if (name === 'drawn' && context.budgets[0].limit < 0.2 * context.budgets[0].original)
            throw new InputError('no network is that small');
          return method.run(context);
        },
      };
    },
  };
  const events = runPrune(run, plan, ports, { checkpointSeconds: 0 });
  while (!(await events.next()).done);
  await run.close();
  const told = await recorded(run.folder);
  expect(chosen(told).map(({ arm }) => arm)).toEqual([
    'drawn',
    'drawn@25%',
    'uniform',
    'uniform@25%',
    'uniform@12.5%',
    'scratch',
  ]);
  expect(told).toContainEqual(
    expect.objectContaining({
      type: 'warning',
      message: 'the point drawn@12.5% is left out: no network is that small',
    }),
  );
  const { front } = JSON.parse(await configIn(where)) as { front: { name: string }[] };
  expect(front.map(({ name }) => name)).toEqual(['drawn@25%', 'uniform@25%', 'uniform@12.5%']);
});

describe('points closer together than the widths’ steps', () => {
  const close: Partial<Plan> = {
    ...asked,
    method: 'uniform',
    controls: ['l1'],
    explore: 20,
    points: 12,
    roundTo: 4,
  };
  const isLeft = (event: RunEvent): event is EventOf<'warning'> =>
    event.type === 'warning' && event.message.includes('is left out');

  test('a network that a dearer point has come to is trained once, which a sentence says', async () => {
    const { events, config } = await wholeRun(path.join(folder, 'close'), close);
    const kept = chosen(events).map(({ arm, candidate }) => ({ arm, kept: JSON.stringify(candidate.kept) }));
    for (const method of ['uniform', 'l1']) {
      const own = kept.filter(({ arm }) => arm.startsWith(method));
      expect(new Set(own.map((one) => one.kept)).size).toBe(own.length);
    }
    const left = events.filter(isLeft);
    expect(left.length).toBeGreaterThan(0);
    expect(kept.length + left.length).toBe(24);
    for (const { message } of left)
      expect(message).toMatch(
        /^the point (\w+)@[\d.]+% is left out: the network of \1(@[\d.]+%)? is within its budget already$/,
      );
    const { front } = JSON.parse(config) as { front: { name: string }[] };
    expect(front.map(({ name }) => name)).toEqual(
      kept.map(({ arm }) => arm).filter((arm) => arm.includes('@')),
    );
  });

  test('stopped at any event and gone on, it leaves out the same', async () => {
    const whole = await wholeRun(path.join(folder, 'whole'), close);
    const where = path.join(folder, 'pieces');
    const { run, stops } = await runInPieces(where, close, new Random(5), 20);
    expect(stops).toBeGreaterThan(3);
    expect(await configIn(where)).toBe(whole.config);
    expect(await recorded(run.folder)).toEqual(whole.events);
  });

  test('with a measured budget the networks are compared once they are found', async () => {
    const measured: Partial<Plan> = {
      ...close,
      targets: [{ metric: 'latency', value: 50, relative: true }],
      explore: undefined,
    };
    const { events } = await wholeRun(path.join(folder, 'measured'), measured);
    const same = events.filter(isLeft).map(({ message }) => message);
    expect(same).toContainEqual(expect.stringMatching(/: its network is that of uniform(@[\d.]+%)?$/));
    const own = chosen(events).filter(({ arm }) => arm.startsWith('uniform'));
    expect(new Set(own.map(({ candidate }) => JSON.stringify(candidate.kept))).size).toBe(own.length);
  });
});
