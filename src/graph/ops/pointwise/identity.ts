import { unchanged } from '../rules/channels.ts';
import { ONE } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

const spec: OpSpec<OpOf<'identity'> | OpOf<'dropout'>> = {
  inputs: ONE,
  params: {},
  passes: 'value',
  shape: (_, { inputs: [x] }) => x,
  channels: (_, step) => unchanged(step),
};

export { spec as identity, spec as dropout };
