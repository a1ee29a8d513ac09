import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { killLoop } from '../../bench/kills.mjs';

it(
  'killed at random moments and resumed each time, a run gives the same bytes and leaves nothing',
  { timeout: 900_000 },
  async () => {
    // moments differ from test run to test run on purpose; the seed is printed for whoever must repeat one
    const seed = Number(process.env.ESPALIER_KILL_SEED ?? Date.now() % 1_000_000);
    const loop = killLoop as (given: object) => Promise<{ kills: number; faults: string[] }>;
    const { kills, faults } = await loop({ kills: 6, seed, only: ['rewarded-meta', 'l1'] });
    expect(faults).toEqual([]);
    expect(kills).toBe(6);
  },
);
