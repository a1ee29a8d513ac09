import { expect, it } from 'vitest';
import { Random } from '../../src/graph/random.ts';
import { workOf } from './work.ts';

it('counts the work of src: twice as much for twice as much, four times as much for a square', async () => {
  const random = new Random(1);
  const draw = (n: number) => () => {
    for (let i = 0; i < n; i++) random.uniform();
  };
  await workOf(draw(10));
  const [one, two, square] = [await workOf(draw(300)), await workOf(draw(600)), await workOf(draw(300 * 4))];
  expect(one).toBeGreaterThanOrEqual(300);
  expect(two / one).toBeCloseTo(2, 1);
  expect(square / one).toBeCloseTo(4, 1);
});
