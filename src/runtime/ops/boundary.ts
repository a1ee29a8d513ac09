import { asImage } from '../../graph/ops/rules/layout.ts';
import { InputError } from '../../graph/errors.ts';
import { kept } from '../onnx/layout.ts';
import type { OpRun } from './context.ts';

const absent = ({ node }: { readonly node: { readonly id: string } }): never => {
  throw new InputError(`input ${node.id} is not among the graph's inputs`);
};

/** An input is given, not computed. */
export const input: OpRun<'input'> = { run: absent, onnx: absent };

/** One for all samples: what reads it stretches it over the batch. */
export const constant: OpRun<'constant'> = {
  run: (c) => {
    const value = c.param('value')!;
    return c.tf.reshape(value, [1, ...value.shape]);
  },
  onnx: (c) => {
    const { values, shape } = c.param('value')!;
    if (!asImage(shape)) return c.writer.floats(values, [1, ...shape]);
    return kept(c.writer, c.writer.floats(values, [1, ...shape]), shape);
  },
};

export const opaque: OpRun<'opaque'> = {
  run: (c, op) => {
    throw new InputError(
      `layer ${c.node.layer} (${op.what}) is not known to Espalier, so this network can't be executed`,
    );
  },
  onnx: (c, op) => {
    throw new InputError(
      `layer ${c.node.layer} (${op.what}) is not known to Espalier, so it can't be scored`,
    );
  },
};
