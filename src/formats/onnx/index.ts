import type { ModelFormat } from '../types.ts';
import { isOnnx, readOnnx } from './read.ts';
import { sourceOf, writeOnnx } from './write.ts';
import { rewritten } from './write/write.ts';

/** ONNX' own files: a ModelProto, perhaps with weights beside it. */
export const onnx: ModelFormat = {
  name: 'onnx',
  detect: isOnnx,
  read: readOnnx,
  write: writeOnnx,
  refusal: (model) => (narrow) => {
    rewritten(sourceOf(model), narrow, undefined);
    return undefined;
  },
};
