import type { ModelFormat } from '../types.ts';
import { detectTfjs, readTfjs } from './read.ts';
import { writeTfjs } from './write.ts';

/** TensorFlow.js LayersModel: a model.json and its weight shards. */
export const tfjsLayers: ModelFormat = {
  name: 'tfjs-layers',
  detect: detectTfjs,
  read: readTfjs,
  write: writeTfjs,
};
