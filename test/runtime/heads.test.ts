import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { InputError } from '../../src/graph/errors.ts';
import { decideLabels, headsOf, labelledHead } from '../../src/runtime/heads.ts';
import { describeAims } from '../../src/runtime/training/losses.ts';
import { measureOf } from '../../src/runtime/scoring/score.ts';

/** A network with several ends on one row of eight features. */
function ends(make: (b: GraphBuilder, features: string) => string[]) {
  const b = new GraphBuilder({ seed: 1 });
  const features = b.globalPool(b.relu(b.conv(b.input([6, 6, 3], 'x'), 8, 3)));
  return b.build(make(b, features)).graph;
}

describe('what an output is', () => {
  it.each<[string, (b: GraphBuilder, f: string) => string, string, number | null]>([
    ['a dense layer with a softmax', (b, f) => b.softmax(b.dense(f, 4)), 'softmax', 4],
    [
      'a softmax that is reshaped',
      (b, f) => b.flatten(b.softmax(b.reshape(b.dense(f, 4), [1, 1, 4]))),
      'softmax',
      4,
    ],
    ['several sigmoids', (b, f) => b.activation(b.dense(f, 4), 'sigmoid'), 'sigmoids', 4],
    ['two sigmoids', (b, f) => b.reshape(b.activation(b.dense(f, 2), 'sigmoid'), [2, 1]), 'sigmoids', 2],
    ['one sigmoid', (b, f) => b.activation(b.dense(f, 1), 'sigmoid'), 'sigmoid', 2],
    ['no activation', (b, f) => b.dense(f, 4), 'logits', 4],
    ['one unit without one', (b, f) => b.dense(f, 1), 'logit', 2],
    ['a map of softmaxes', (b, f) => b.softmax(b.reshape(b.dense(f, 12), [2, 2, 3])), 'softmax', null],
    [
      'a map of sigmoids',
      (b, f) => b.activation(b.reshape(b.dense(f, 4), [2, 2, 1]), 'sigmoid'),
      'sigmoids',
      null,
    ],
    [
      'a softmax across a map',
      (b, f) => b.softmax(b.reshape(b.dense(f, 12), [2, 2, 3]), { axis: 0 }),
      'values',
      null,
    ],
    ['a map of values', (b, f) => b.reshape(b.dense(f, 4), [2, 2]), 'values', null],
  ])('%s', (_, make, kind, classes) => {
    const [head] = headsOf(ends((b, f) => [make(b, f)]));
    expect(head).toMatchObject({ kind, classes });
  });

  it('an accuracy is named for what it is', () => {
    expect(measureOf({ kind: 'sigmoids' })).toBe('top-1 of sigmoids');
    expect(measureOf({ kind: 'sigmoid' })).toBeUndefined();
  });
});

describe('which output labels are of', () => {
  const two = ends((b, f) => [
    b.dense(f, 4, { name: 'box' }),
    b.softmax(b.dense(f, 3, { name: 'colour' }), { name: 'colours' }),
    b.softmax(b.dense(f, 4, { name: 'kind' }), { name: 'kinds' }),
  ]);

  it('the one of as many classes, a classifier before plain values', () => {
    expect(decideLabels(two, 4).head.name).toBe('kinds');
    expect(decideLabels(two, 3).head.name).toBe('colours');
    expect(decideLabels(two, 4).doubt).toBeNull();
    expect(labelledHead(decideLabels(two, 3).graph).name).toBe('colours');
  });

  it('the one that was asked for, by name', () => {
    expect(decideLabels(two, 4, 'box').head.name).toBe('box');
    expect(() => decideLabels(two, 4, 'nose')).toThrow(InputError);
    expect(() => decideLabels(two, 4, 'nose')).toThrow('no output "nose"');
  });

  it('says what else would fit', () => {
    const twins = ends((b, f) => [
      b.softmax(b.dense(f, 4), { name: 'left' }),
      b.softmax(b.dense(f, 4), { name: 'right' }),
    ]);
    const { head, doubt } = decideLabels(twins, 4);
    expect(head.name).toBe('left');
    expect(doubt).toContain('"right" as well');
  });

  it('is told with the loss of each', () => {
    const said = describeAims(decideLabels(two, 4).graph, true);
    expect(said).toContain('labels are of "kinds": it learns by categorical cross-entropy');
    expect(said).toContain('"box" (mean squared error) and "colours" (KL divergence)');
    expect(
      describeAims(
        ends((b, f) => [b.softmax(b.dense(f, 4))]),
        true,
      ),
    ).toBeNull();
  });
});
