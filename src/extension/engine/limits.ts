import type { Look } from '../../protocol/look.ts';

const seconds = 1000;
const minutes = 60 * seconds;

/** How long an answer may take, in milliseconds: generous, so that only what hangs is given up. */
export const limits: Readonly<Record<keyof Look['requests'], number>> = {
  hello: 60 * seconds,
  doctor: 2 * minutes,
  // fetches hundreds of megabytes and compiles
  setup: 60 * minutes,
  inspect: 2 * minutes,
  reach: 2 * minutes,
  findData: 1 * minutes,
  openData: 10 * minutes,
  // trains a few steps of a model that may be large
  assess: 10 * minutes,
  // every group at every width: as long as the user waits
  sensitivity: 7 * 24 * 60 * minutes,
  deeds: 1 * minutes,
  agree: 1 * minutes,
  create: 5 * minutes,
  runs: 1 * minutes,
  readRun: 1 * minutes,
  diff: 5 * minutes,
  exportDiff: 5 * minutes,
  write: 30 * minutes,
  // may train as long as the run did
  apply: 7 * 24 * 60 * minutes,
  verify: 60 * minutes,
  hash: 60 * minutes,
};
