import { expect, it } from 'vitest';
import { packed } from '../../../src/terms/comparison/answers.ts';
import { curvesOf } from '../../../src/terms/comparison/curves.ts';
import { bestWithin, frontsOf, hypervolume, knee, undominated } from '../../../src/terms/comparison/front.ts';
import type { FrontPoint } from '../../../src/terms/comparison/front.ts';
import { emptyRun, withEvents } from '../../../src/terms/run-data.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';

const cost = (macs: number) => ({ macs, params: 10 * macs, bytes: 40 * macs, peakActivationBytes: 7 });

/** A network at this cost, of an original's 100, at this accuracy. */
function point(macs: number, accuracy: number): FrontPoint {
  const candidate = { arm: 'ours', id: macs, origin: 'none', cost: cost(macs), accuracies: {} };
  return { candidate, score: { accuracy, loss: 1, images: 1000 }, split: 'test' };
}

type Body<T> = T extends unknown ? Omit<T, 'seq' | 'at'> : never;
const story = (...events: Body<ListedEvent>[]) =>
  withEvents(emptyRun('run'), events.map((event, seq) => ({ ...event, seq, at: seq })) as ListedEvent[]);

const budgets: Body<ListedEvent> = {
  type: 'budgets',
  budgets: [{ metric: 'macs', limit: 50, original: 100 }],
};
const opened = { type: 'opened', cost: cost(100) } as Body<ListedEvent>;
const score = (right: number) => ({
  accuracy: right / 10,
  loss: 1,
  images: 1000,
  right: packed(Array.from({ length: 1000 }, (_, i) => i < right)),
});

/** An arm at its end. */
function ended(arm: string, control: boolean, macs: number, right: number): Body<ListedEvent>[] {
  const candidate = { id: 3, origin: 'none', cost: cost(macs), accuracies: {} };
  return [
    { type: 'arm', arm, control },
    { type: 'chosen', arm, candidate },
    { type: 'score', arm, split: 'validation', step: 'fineTuned', score: score(right + 5) },
    { type: 'score', arm, split: 'test', step: 'test', score: score(right) },
  ];
}

it('leaves out what a cheaper one is as accurate as', () => {
  const [a, b, c, d] = [point(10, 60), point(20, 55), point(30, 60), point(40, 61)];
  expect(undominated([a, b, c, d])).toEqual([a, d]);
  expect(undominated([])).toEqual([]);
});

it('takes the most accurate within a limit, of equals the first', () => {
  const within = (limit: number) =>
    bestWithin(
      [point(10, 60), point(20, 55), point(30, 60), point(40, 61)],
      limit,
      ({ candidate }) => candidate.cost.macs,
      ({ score: { accuracy } }) => accuracy,
    )?.candidate.id;
  expect([9, 10, 30, 39.9, 40, 100].map(within)).toEqual([undefined, 10, 10, 10, 40, 40]);
});

it('measures the area under the steps of a curve, from the original at no accuracy', () => {
  // from 1 to 0.5 at 90, from there to 0.25 at 80, from there to 0.125 at 50
  const points = [point(12.5, 50), point(25, 80), point(50, 90)];
  expect(hypervolume(points, 'macs', cost(100))).toBeCloseTo(0.5 * 90 + 0.25 * 80 + 0.125 * 50, 10);
  // one that is dominated adds nothing, and one alone has its own step
  expect(hypervolume([...points, point(60, 85)], 'macs', cost(100))).toBeCloseTo(71.25, 10);
  expect(hypervolume([point(25, 80)], 'macs', cost(100))).toBeCloseTo(60, 10);
  expect(hypervolume([point(100, 80)], 'macs', cost(100))).toBe(0);
});

it('finds where a curve begins to fall', () => {
  const [a, b, c, d] = [point(10, 50), point(20, 75), point(30, 86), point(50, 90)];
  // above the line from the cheapest to the dearest, in shares: b: 25/40 - 10/40 = 0.375; c: 36/40 - 20/40 = 0.4
  expect(knee([a, b, c, d], 'macs')).toBe(c);
  expect(knee([a, point(20, 77), c, d], 'macs')?.candidate.cost.macs).toBe(20);
  expect(knee([a, d], 'macs')).toBeNull();
  // the third is dominated
  expect(knee([a, d, point(60, 80)], 'macs')).toBeNull();
  // all on a line, or below it
  expect(knee([point(10, 10), point(20, 20), point(30, 30)], 'macs')).toBeNull();
  expect(knee([point(10, 10), point(20, 12), point(30, 30)], 'macs')).toBeNull();
});

it('gives each method and control its curve, the cheapest first', () => {
  const run = story(
    opened,
    budgets,
    ...ended('ours', false, 48, 900),
    ...ended('ours@25%', false, 24, 850),
    ...ended('uniform', true, 50, 880),
    ...ended('uniform@25%', true, 25, 800),
  );
  const fronts = frontsOf(run, 'macs');
  expect(fronts.map(({ arm, control }) => [arm, control])).toEqual([
    ['ours', false],
    ['uniform', true],
  ]);
  expect(
    fronts[0].points.map(({ candidate, score: { accuracy }, split }) => [candidate.arm, accuracy, split]),
  ).toEqual([
    ['ours@25%', 85, 'test'],
    ['ours', 90, 'test'],
  ]);
});

it('has a network once, which was tried on the way to an accuracy and is the result', () => {
  const run = story(
    opened,
    budgets,
    ...ended('ours', false, 24, 850),
    ...ended('ours@25%', false, 24, 850),
    ...ended('ours@20%', false, 20, 850),
  );
  const [{ points }] = frontsOf(run, 'macs');
  expect(points.map(({ candidate }) => candidate.arm)).toEqual(['ours@20%', 'ours']);
});

it('counts another candidate that was fine-tuned to its method, and a control’s to the control', () => {
  const extra = (arm: string, macs: number, right: number): Body<ListedEvent>[] => [
    { type: 'candidate', arm, candidate: { id: 9, origin: 'none', cost: cost(macs), accuracies: {} } },
    { type: 'score', arm: `${arm}#9`, split: 'test', step: 'test', score: score(right) },
  ];
  const run = story(
    opened,
    budgets,
    ...ended('ours', false, 48, 900),
    ...ended('uniform', true, 50, 880),
    ...extra('ours', 48, 870),
    ...extra('uniform', 20, 700),
  );
  const { curves } = curvesOf(run);
  const named = curves.map(({ arm, control, points }) => [
    arm,
    control,
    points.map(({ candidate: { arm: of, id }, dominated, rival }) => [`${of}#${id}`, dominated, rival?.arm]),
  ]);
  expect(named).toEqual([
    // of two at one cost the better stands
    [
      'ours',
      false,
      [
        ['ours#3', false, 'uniform'],
        ['ours#9', true, 'uniform'],
      ],
    ],
    [
      'uniform',
      true,
      [
        ['uniform#9', false, undefined],
        ['uniform#3', false, 'ours'],
      ],
    ],
  ]);
});

it('compares a point with the best other method at the same cost, image by image', () => {
  const { curves, split, metric } = curvesOf(
    story(
      opened,
      budgets,
      ...ended('ours', false, 48, 850),
      ...ended('ours@25%', false, 24, 820),
      ...ended('uniform', true, 50, 820),
      ...ended('uniform@25%', true, 25, 850),
      ...ended('random@25%', true, 25, 700),
      ...ended('scratch', true, 48, 600),
    ),
  );
  expect([split, metric]).toEqual(['test', 'macs']);
  const [cheap, dear] = curves[0].points;
  // between 85 % at 25 and 82 % at 50: ln(48 / 25) / ln(50 / 25) of the way
  const way = Math.log(48 / 25) / Math.log(2);
  expect(dear.rival).toMatchObject({ arm: 'uniform', share: 0.48, between: true, images: 1000 });
  expect(dear.rival!.points).toBeCloseTo(85 - (85 - 3 * way), 10);
  // 30 of 1,000 images differ, by the way each: 196 * sqrt((30 way^2 - (30 way)^2 / 1000) / 1e6)
  expect(dear.rival!.error).toBeCloseTo(196 * way * Math.sqrt((30 - 0.9) / 1e6), 8);
  // cheaper than any of its own, but by less than a twentieth
  expect(cheap.rival).toMatchObject({ arm: 'uniform', points: -3, share: 0.25, between: false });
  expect(cheap.rival!.error).toBeCloseTo(1.0573, 4);
  expect([cheap.share, dear.share]).toEqual([0.24, 0.48]);
  expect(curves.find(({ arm }) => arm === 'scratch')!.points[0].rival).toMatchObject({
    arm: 'ours',
    points: -25,
  });
});

it('takes all from the same images: those of the test once one network has seen it', () => {
  const [, , tuned] = ended('ours@25%', false, 24, 820);
  const chosen = ended('ours@25%', false, 24, 820).slice(0, 2);
  const first = story(opened, budgets, ...chosen, tuned);
  expect(
    frontsOf(first, 'macs')[0].points.map(({ split, score: { accuracy } }) => [split, accuracy]),
  ).toEqual([['validation', 82.5]]);
  const later = story(opened, budgets, ...ended('ours', false, 48, 900), ...chosen, tuned);
  expect(frontsOf(later, 'macs')[0].points.map(({ split }) => split)).toEqual(['test']);
  expect(curvesOf(story(opened)).curves).toEqual([]);
});
