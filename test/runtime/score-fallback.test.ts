import { describe, expect, it, vi } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { evaluate, openScorer } from '../../src/runtime/scoring/score.ts';
import { randomInputs } from './zoo.ts';

vi.mock('onnxruntime-node', () => ({
  get InferenceSession(): never {
    throw new Error('libonnxruntime.so.1: cannot open shared object file');
  },
}));

describe('without onnxruntime', () => {
  const b = new GraphBuilder({ seed: 2, lively: true });
  const { graph, weights } = b.build(b.softmax(b.dense(b.globalPool(b.input([4, 4, 3])), 3)));
  const [x] = randomInputs(graph, 5);

  it('the training backend scores, and says why', async () => {
    const backend = await openBackend({ threads: 1 });
    const scorer = await openScorer(graph, weights, { backend });
    expect(scorer.engine).toBe(backend.name);
    expect(scorer.why).toContain('cannot open shared object file');
    const scores = await scorer.scores(x, 5);
    for (let i = 0; i < 5; i++)
      expect(scores[3 * i] + scores[3 * i + 1] + scores[3 * i + 2]).toBeCloseTo(1, 5);
    const y = Int32Array.from({ length: 5 }, (_, i) => {
      const row = [...scores.subarray(3 * i, 3 * i + 3)];
      return row.indexOf(Math.max(...row));
    });
    const batches = async function* () {
      yield { n: 5, x, y };
    };
    expect((await evaluate({ graph, weights }, batches(), { backend })).accuracy).toBe(100);
    await scorer.release();
    expect(backend.tf.memory().numTensors).toBe(0);
  });

  it("without being told which, the process's own backend does", async () => {
    const scorer = await openScorer(graph, weights);
    expect(scorer.engine).toBe((await openBackend()).name);
    await scorer.release();
  });

  it('and with no backend allowed, it fails', async () => {
    await expect(openScorer(graph, weights, { backend: 'none' })).rejects.toThrow(
      'cannot open shared object file',
    );
  });
});
