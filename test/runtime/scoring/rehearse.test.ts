import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../support/builder.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { rehearse } from '../../../src/runtime/scoring/rehearse.ts';
import { zoo } from '../zoo.ts';

describe('rehearse', () => {
  it('takes every network that can be trained, and leaves nothing behind', async () => {
    const backend = await openBackend({ threads: 1 });
    for (const { graph, weights } of zoo()) rehearse(backend, graph, weights);
    expect(backend.tf.memory().numTensors).toBe(0);
  });

  it('names the layer that the backend has no kernel for', async () => {
    const backend = await openBackend({ threads: 1 });
    const b = new GraphBuilder({ seed: 1 });
    const h = b.depthwise(b.conv(b.input([6, 6, 2]), 4, 3), 3, { name: 'blurred' });
    const { graph, weights } = b.build(b.dense(b.flatten(h), 3));
    const depthwiseConv2d = (): never => {
      throw new Error('Invalid TF_Status: 12\nMessage: no kernel');
    };
    const lacking = { ...backend, kernels: { ...backend.kernels, depthwiseConv2d } };
    expect(() => rehearse(lacking, graph, weights)).toThrow(/^layer blurred: the \w+ backend .*no kernel/);
  });
});
