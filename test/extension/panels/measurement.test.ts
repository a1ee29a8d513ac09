import { expect, it } from 'vitest';
import { Measurement } from '../../../src/extension/panels/measurement.ts';
import type { Engine } from '../../../src/extension/types.ts';
import type { Look } from '../../../src/protocol/look.ts';
import type { Client } from '../../../src/protocol/rpc.ts';
import { Failure } from '../../../src/protocol/rpc.ts';
import type { Measuring, SensitivityQuestion, SensitivityView } from '../../../src/protocol/views.ts';

const question: SensitivityQuestion = {
  data: { path: '/images', preprocess: 'auto' },
  effort: 'quick',
  seed: 1,
  roundTo: 1,
  freeze: [],
  interiorOutputs: false,
  backend: 'auto',
};
const other = { ...question, freeze: ['conv'] };
const view: SensitivityView = {
  sha256: 'a',
  images: 1,
  recalibrated: 1,
  whole: { loss: 1, accuracy: 50 },
  groups: [],
  warnings: [],
};
const answer = { question, view };
const live = () => new AbortController().signal;

/** A measurement with processes that do as they are told. */
function made() {
  const processes: {
    ended: boolean;
    tell: (progress: Measuring) => void;
    answer: (view: SensitivityView) => void;
    fail: (error: Error) => void;
  }[] = [];
  const told: Measuring[] = [];
  const engine: Pick<Engine, 'apart'> = {
    apart: async (work) => {
      const one = { ended: false, tell: () => {}, answer: () => {}, fail: () => {} } as (typeof processes)[0];
      processes.push(one);
      const client = {
        on: (_: string, listener: (progress: Measuring) => void) => {
          one.tell = listener;
          return () => {};
        },
        request: () =>
          new Promise<SensitivityView>((resolve, reject) =>
            Object.assign(one, { answer: resolve, fail: reject }),
          ),
      } as unknown as Client<Look>;
      try {
        return await work(client);
      } finally {
        one.ended = true;
      }
    },
  };
  return { processes, told, measurement: new Measurement(engine, (progress) => told.push(progress)) };
}

it('starts nothing unless it is to measure', async () => {
  const { processes, measurement } = made();
  expect(await measurement.ask('/m', null, live())).toBeNull();
  expect(processes).toHaveLength(0);
});

it('goes on without its page: one made anew hears how far it is, and the answer; later it is known', async () => {
  const { processes, told, measurement } = made();
  const first = measurement.ask('/m', question, live());
  processes[0].tell({ done: 1, total: 4, seconds: 9 });
  const second = measurement.ask('/m', null, live());
  expect(told).toEqual([
    { done: 0, total: 0, seconds: null },
    { done: 1, total: 4, seconds: 9 },
    { done: 1, total: 4, seconds: 9 },
  ]);
  processes[0].answer(view);
  expect(await first).toEqual(answer);
  expect(await second).toEqual(answer);
  expect(await measurement.ask('/m', null, live())).toEqual(answer);
  expect(processes).toHaveLength(1);
  // asked to measure again, it does
  void measurement.ask('/m', question, live());
  expect(processes).toHaveLength(2);
});

it('called off, its process ends at once, and the next starts anew', async () => {
  const { processes, measurement } = made();
  const abort = new AbortController();
  const first = measurement.ask('/m', question, abort.signal);
  abort.abort();
  const second = measurement.ask('/m', question, live());
  await expect(first).rejects.toMatchObject({ kind: 'cancelled' });
  expect(processes.map(({ ended }) => ended)).toEqual([true, false]);
  processes[1].answer(view);
  expect(await second).toEqual(answer);
});

it('another question, or the panel’s end, ends what is under way', async () => {
  const { processes, measurement } = made();
  const first = measurement.ask('/m', question, live());
  const second = measurement.ask('/m', other, live());
  await expect(first).rejects.toMatchObject({ kind: 'cancelled' });
  measurement.clear();
  await expect(second).rejects.toMatchObject({ kind: 'cancelled' });
  expect(processes.map(({ ended }) => ended)).toEqual([true, true]);
  expect(await measurement.ask('/m', null, live())).toBeNull();
});

it('what failed is not kept', async () => {
  const { processes, measurement } = made();
  const first = measurement.ask('/m', question, live());
  processes[0].fail(new Failure('input', 'no images'));
  await expect(first).rejects.toThrow('no images');
  expect(await measurement.ask('/m', null, live())).toBeNull();
});
