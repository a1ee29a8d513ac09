import { expect, it } from 'vitest';
import { GraphBuilder } from '../../support/builder.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import type { Graph } from '../../../src/graph/types.ts';
import { scoresLikeGuessing, settingsContext } from '../../../src/run/plan/method-settings.ts';

const b = new GraphBuilder({ seed: 1 });
const { graph: plain } = b.build(b.dense(b.flatten(b.conv(b.input([4, 4, 1]), 2, 3)), 2));
const params = Object.values(plain.params).map((param) => [
  param.id,
  { ...param, trainable: false, frozen: true as const },
]);
const graph: Graph = { ...plain, params: Object.fromEntries(params) as Graph['params'] };
const of = { graph, dependencies: findGroups(graph) };

it('a method sees the network as it is trained: what the file froze is open, unless it is kept so', () => {
  const known = { trainImages: 5, untrained: true };
  const open = (context: { graph: Graph }) =>
    Object.values(context.graph.params).filter(({ trainable }) => trainable).length;
  expect(open(settingsContext(of, {}, known))).toBe(params.length);
  expect(open(settingsContext(of, { keepFrozen: true }, known))).toBe(0);
  expect(settingsContext(of, {}, known)).toMatchObject(known);
});

it('it knows how images are varied in training, where that was asked for', () => {
  const known = { trainImages: 5, untrained: false };
  const augment = { flip: true, shift: 2 };
  expect(settingsContext(of, { data: { augment } }, known).augmentation).toEqual(augment);
  for (const data of [undefined, null, {}])
    expect(settingsContext(of, { data }, known).augmentation).toBe(undefined);
});

it('an accuracy within one and a half times of guessing is none', () => {
  expect([10, 14.9, 15, 80].map((accuracy) => scoresLikeGuessing(accuracy, 10))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(scoresLikeGuessing(undefined, 10)).toBe(false);
});
