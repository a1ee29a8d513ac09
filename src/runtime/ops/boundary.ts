import { InputError } from '../../graph/errors.ts';
import type { OpRun } from './context.ts';

const absent = ({ node }: { readonly node: { readonly id: string } }): never => {
  throw new InputError(`input ${node.id} is not among the graph's inputs`);
};

/** An input is given, not computed. */
export const input: OpRun<'input'> = { run: absent, onnx: absent };

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
