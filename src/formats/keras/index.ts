import type { ModelFormat } from '../types.ts';
import { isZip, readKeras } from './read.ts';
import { writeKeras } from './write.ts';

/** The zip of Keras 3 (.keras). */
export const keras: ModelFormat = {
  name: 'keras',
  detect: isZip,
  read: readKeras,
  write: writeKeras,
};
