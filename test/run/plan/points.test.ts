import { expect, it } from 'vitest';
import { InputError } from '../../../src/graph/errors.ts';
import { pointsAsked } from '../../../src/run/plan/points.ts';

it('takes several points where a range is given alone, and refuses a range for the goal alone', () => {
  expect(pointsAsked({})).toBeUndefined();
  expect(pointsAsked({ points: 1 })).toBe(1);
  expect(pointsAsked({ points: 3 })).toBe(3);
  expect(pointsAsked({ explore: 30 })).toBe(5);
  expect(pointsAsked({ points: 2, explore: 30 })).toBe(2);
  expect(() => pointsAsked({ points: 1, explore: 30 })).toThrow(
    new InputError(
      '--explore 30%: is the cheapest of several points, and --points 1 is the goal alone; leave one of them out',
    ),
  );
});
