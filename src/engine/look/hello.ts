import { PREPROCESSES } from '../../data/pixels/preprocess.ts';
import { engineVersion } from '../../config/version.ts';
import { methods } from '../../methods/index.ts';
import { protocolVersion } from '../../protocol/contract.ts';
import type { Result } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';

/** Who answers, and what it can do. */
export function hello(): Result<Look, 'hello'> {
  return {
    protocol: protocolVersion,
    engine: engineVersion,
    pid: process.pid,
    node: process.version,
    methods: [...methods.values()].map(({ name, summary, needsImages }) => ({ name, summary, needsImages })),
    preprocesses: ['auto', ...Object.keys(PREPROCESSES), 'standardise'],
  };
}
