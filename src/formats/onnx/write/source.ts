import type { Network } from '../network.ts';
import type { OnnxModel } from '../proto/model.ts';
import type { External } from '../proto/tensor.ts';

/** A model file, and what it was read as. */
export interface OnnxSource {
  readonly bytes: Uint8Array;
  readonly model: OnnxModel;
  readonly network: Network;
  readonly external: External;
}
