import { expect, it } from 'vitest';
import { findAugmentation } from '../../../src/run/plan/augmentation.ts';

const facts = { epochs: 20, height: 32, width: 40, classes: 10 };

/** What an original gets right: as they are, with half of them mirrored, and shifted. */
async function found(plain: number, flipped: number, shifted: number, changes: Partial<typeof facts> = {}) {
  const tried: object[] = [];
  const { augmentation, why } = await findAugmentation({
    ...facts,
    ...changes,
    accuracy: async (how) => {
      tried.push(how);
      return how.flip ? flipped : how.shift ? shifted : plain;
    },
  });
  return { augmentation, why, tried };
}

it('mirrors and shifts by an eighth what the original knows mirrored and shifted', async () => {
  const { augmentation, why } = await found(80, 79, 65);
  expect(augmentation).toEqual({ flip: true, shift: 4 });
  expect(why).toBe(
    'mirrored at random and shifted by up to 4 pixels: the original gets 80.0 % right of them as they are, half of them mirrored 79.0 % right, shifted by up to 4 pixels 65.0 % right',
  );
});

it('does not mirror digits, nor shift what is told by its place', async () => {
  // of what is right above chance, 89 points of 99 and 39 of 89 are left
  expect((await found(99, 90, 95)).augmentation).toEqual({ flip: false, shift: 4 });
  expect((await found(99, 98, 48)).augmentation).toEqual({ flip: true, shift: 0 });
});

it('counts what is right above chance, of few classes too', async () => {
  // of 2 classes, 50 % is nothing: 46 of 49 points are left, and 46.5
  expect((await found(99, 96, 99, { classes: 2 })).augmentation.flip).toBe(false);
  expect((await found(99, 96.6, 99, { classes: 2 })).augmentation.flip).toBe(true);
});

it('leaves images as they are in few epochs, and tries nothing then', async () => {
  const { augmentation, tried } = await found(80, 80, 80, { epochs: 5 });
  expect(augmentation).toEqual({ flip: false, shift: 0 });
  expect(tried).toEqual([]);
});

it('shifts no image that is too small to be shifted by an eighth', async () => {
  expect((await found(80, 80, 80, { height: 7 })).augmentation).toEqual({ flip: true, shift: 0 });
});
