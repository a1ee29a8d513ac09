import { expect, it } from 'vitest';
import { packed } from '../../../src/terms/comparison/answers.ts';
import type { Front, FrontPoint } from '../../../src/terms/comparison/front.ts';
import { rivalOf } from '../../../src/terms/comparison/rival.ts';

const costOf = ({ candidate }: FrontPoint) => candidate.cost.macs / 100;

/** A network at this cost, of an original's 100, that answers the first so many of 100 images rightly. */
function point(macs: number, right: number, recorded = true): FrontPoint {
  const cost = { macs, params: 1, bytes: 4, peakActivationBytes: 7 };
  const answers = packed(Array.from({ length: 100 }, (_, i) => i < right));
  return {
    candidate: { arm: 'any', id: macs, origin: 'none', cost, accuracies: {} },
    score: { accuracy: right, loss: 1, images: 100, ...(recorded && { right: answers }) },
    split: 'test',
  };
}
const curve = (arm: string, ...points: FrontPoint[]): Front => ({ arm, control: true, points });

it('reads the others’ curves at the point’s own cost, halfway between costs by their ratio', () => {
  const uniform = curve('uniform', point(10, 60), point(40, 80));
  const l1 = curve('l1', point(10, 50), point(40, 78));
  const found = rivalOf(point(20, 75), [l1, uniform], costOf)!;
  expect(found).toMatchObject({ arm: 'uniform', share: 0.2, between: true });
  expect(found.points).toBeCloseTo(75 - 70, 10);
});

it('takes a network as it is where it costs exactly that, the better of two', () => {
  const uniform = curve('uniform', point(10, 60), point(20, 72), point(20, 70), point(40, 80));
  expect(rivalOf(point(20, 75), [uniform], costOf)).toMatchObject({ points: 3, share: 0.2, between: false });
});

it('goes no more than a twentieth beyond a curve’s ends', () => {
  const short = curve('short', point(21, 60), point(40, 80));
  expect(rivalOf(point(20, 75), [short], costOf)).toMatchObject({ points: 15, share: 0.21, between: false });
  expect(rivalOf(point(19, 75), [short], costOf)).toBeNull();
  expect(rivalOf(point(42, 75), [short], costOf)).toMatchObject({ points: -5, share: 0.4 });
  expect(rivalOf(point(43, 75), [short], costOf)).toBeNull();
  // what costs half as much has no say, however bad it is
  expect(rivalOf(point(80, 75), [short, curve('scratch', point(79, 40))], costOf)?.arm).toBe('scratch');
});

it('says nothing where nothing is beside it, or no answers were recorded', () => {
  expect(rivalOf(point(20, 75), [], costOf)).toBeNull();
  expect(rivalOf(point(20, 75), [curve('empty')], costOf)).toBeNull();
  expect(rivalOf(point(20, 75), [curve('old', point(20, 70, false))], costOf)).toBeNull();
});
