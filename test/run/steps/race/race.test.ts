import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../../../../src/graph/random.ts';
import type { Plan } from '../../../../src/run/plan/plan.ts';
import type { EventOf, RunEvent } from '../../../../src/terms/run-events.ts';
import { configIn, recorded, runInPieces, wholeRun } from '../../story.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-race-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

// long enough for a race of some networks
const racing: Partial<Plan> = { settings: { raced: 3 }, fineTuneEpochs: 400, controls: ['uniform'] };

const racesOf = (events: readonly RunEvent[]) =>
  events.filter((event): event is EventOf<'raced'> => event.type === 'raced');
const chosenOf = (events: readonly RunEvent[], arm: string) =>
  events.filter((event): event is EventOf<'chosen'> => event.type === 'chosen' && event.arm === arm);

test('what a method found races with the plain rules, and the lowest loss of the last round is the result', async () => {
  const { events, config: written } = await wholeRun(path.join(folder, 'whole'), racing);
  const turns = racesOf(events);
  const found = new Set(
    events.flatMap((event) =>
      event.type === 'candidate' && event.arm === 'drawn' && event.candidate.origin === 'drawn'
        ? [event.candidate.id]
        : [],
    ),
  );
  const first = turns.filter(({ round }) => round === 1);
  expect(first.filter(({ id }) => found.has(id))).toHaveLength(3);
  const origins = new Map(
    events.flatMap((event) =>
      event.type === 'candidate' && event.arm === 'drawn'
        ? [[event.candidate.id, event.candidate.origin]]
        : [],
    ),
  );
  expect(first.map(({ id }) => origins.get(id))).toEqual(
    expect.arrayContaining(['uniform', 'l1', 'l1, global widths', 'taylor']),
  );
  const { of } = turns[0];
  for (let round = 2; round <= of; round++) {
    const before = turns.filter((one) => one.round === round - 1);
    const now = turns.filter((one) => one.round === round);
    const ranked = [...before].sort((a, b) => a.score.loss - b.score.loss).map(({ id }) => id);
    const rules = ranked.filter((id) => !found.has(id));
    // the best, or all of them but the last, and the best of the rules
    const best = new Set(ranked.slice(0, now.length));
    const kept = now.map(({ id }) => id);
    expect(kept).toContain(rules[0]);
    if (best.has(rules[0])) expect(new Set(kept)).toEqual(best);
    expect(now.length).toBeLessThan(before.length);
  }
  const last = turns.filter(({ round }) => round === of);
  expect(last).toHaveLength(2);
  const winner = last.reduce((a, b) => (b.score.loss < a.score.loss ? b : a));
  const chosen = chosenOf(events, 'drawn');
  expect(chosen).toHaveLength(1);
  expect(chosen[0].candidate.id).toBe(winner.id);
  // who is told to race, and whose network is told to have won
  const said = events.flatMap((event) =>
    event.type === 'stage' && event.stage === 'race' ? [event.message] : [],
  );
  expect(said[0]).toMatch(new RegExp(`^${first.length} networks race, 3 of them found by drawn`));
  const rule = found.has(winner.id) ? undefined : origins.get(winner.id);
  expect((JSON.parse(written) as { method: { rule?: string } }).method.rule).toBe(rule);
  expect(turns.every(({ id, rule: is }) => Boolean(is) === !found.has(id))).toBe(true);
});

test('a rule’s network in the race is that rule’s control, to the last channel', async () => {
  const { events } = await wholeRun(path.join(folder, 'rules'), {
    ...racing,
    controls: ['uniform', 'random', 'l1'],
  });
  for (const rule of ['uniform', 'random', 'l1']) {
    const [control] = chosenOf(events, rule);
    const raced = events.find(
      (event): event is EventOf<'candidate'> =>
        event.type === 'candidate' && event.arm === 'drawn' && event.candidate.origin === rule,
    );
    expect(raced!.candidate.kept).toEqual(control.candidate.kept);
  }
});

test('a fine-tuning of a few steps has a race of four, each trained as long as the winner will be', async () => {
  const { events } = await wholeRun(path.join(folder, 'short'), { ...racing, fineTuneEpochs: 2 });
  expect(racesOf(events).map(({ round, of, images }) => [round, of, images])).toEqual([
    [1, 1, 800],
    [1, 1, 800],
    [1, 1, 800],
    [1, 1, 800],
  ]);
  expect(chosenOf(events, 'drawn')).toHaveLength(1);
});

test('stopped at any event and gone on, it gives the same config and the same story', async () => {
  const whole = await wholeRun(path.join(folder, 'undisturbed'), racing);
  const where = path.join(folder, 'stopped');
  const { run, stops } = await runInPieces(where, racing, new Random(3), 60);
  expect(stops).toBeGreaterThan(5);
  expect(await configIn(where)).toBe(whole.config);
  expect(await recorded(run.folder)).toEqual(whole.events);
});
