import { describe, expect, it } from 'vitest';
import { compareFacts } from '../../src/graph/facts.ts';
import type { SideFacts } from '../../src/graph/facts.ts';
import { aboutRows, costRows, metricRows } from '../../src/report/facts.ts';

const total = {
  a: { macs: 100, params: 10, bytes: 40, peakActivationBytes: 8 },
  b: { macs: 50, params: 10, bytes: 60, peakActivationBytes: 8 },
};
const side = (test: number, about: SideFacts['about'] = {}, images = 300): SideFacts => ({
  accuracy: { test: { accuracy: test, split: 'test', images } },
  about: { method: 'l1', seed: '1', digest: 'd', ...about },
});

describe('figures of two networks', () => {
  it('a fall of accuracy is a fall, whatever was saved, and comes first', () => {
    const facts = compareFacts(side(41.3), side(16, { method: 'constrained' }), total);
    expect(facts.metrics[0]).toMatchObject({ id: 'test', a: 41.3, b: 16, verdict: 'worse' });
    expect(metricRows(facts)[0]).toMatchObject({ name: 'Test accuracy (test)', change: '−25.3 points' });
    expect(aboutRows(facts)[0]).toMatchObject({
      name: 'Method',
      a: 'l1',
      b: 'constrained',
      change: 'differs',
    });
    expect(costRows(facts).map(({ verdict }) => verdict)).toEqual(['better', 'same', 'worse', 'same']);
  });

  it.each<[string, SideFacts]>([
    ['other images', side(50, { digest: 'e' })],
    ['other preprocessing', side(50, { preprocessing: 'caffe' })],
    ['fewer images', side(50, {}, 100)],
  ])('measured on %s: both are shown, and neither is called better', (_, other) => {
    expect(compareFacts(side(40), other, total).metrics[0]).toMatchObject({
      a: 40,
      b: 50,
      verdict: null,
      why: 'other-images',
    });
  });

  it('where one side doesn’t say on how many images, neither better nor other images is claimed', () => {
    const { accuracy, about } = side(50);
    const searched: SideFacts = {
      accuracy: { test: { accuracy: accuracy.test!.accuracy, split: 'test' } },
      about,
    };
    const facts = compareFacts(side(40), searched, total);
    expect(facts.metrics[0]).toMatchObject({ a: 40, b: 50, verdict: null, why: null });
    expect(metricRows(facts)[0].change).toBe('+10.0 points');
  });

  it('what is known of one side alone stands alone', () => {
    const facts = compareFacts({ accuracy: {}, about: {} }, side(50), total);
    expect(facts.metrics[0]).toMatchObject({ a: null, b: 50, verdict: null, why: null });
    expect(metricRows(facts)[0]).toMatchObject({ a: '–', change: '' });
  });
});
