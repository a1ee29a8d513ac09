import { expect, it } from 'vitest';
import { createNetwork } from '../../../src/formats/index.ts';
import { unlabelled } from '../../../src/run/images/head.ts';

it('says which outputs labels say nothing of, and nothing where one output is given twice', () => {
  const { graph } = createNetwork('cnn4', { inputShape: [8, 8, 1], classes: 4, width: 0.25, seed: 1 });
  const [output] = graph.outputs;
  const inner = graph.nodes.find(({ op }) => op.kind === 'flatten' || op.kind === 'globalAvgPool')!;
  expect(unlabelled(graph)).toBeNull();
  expect(unlabelled({ ...graph, outputs: [output, output] })).toBeNull();
  expect(unlabelled({ ...graph, outputs: [output, inner.id] })).toMatch(
    /say nothing of [^ ,]+ \(--labels-of/,
  );
});
