import type { ModelFormat } from '../types.ts';
import { isHdf5, readKerasH5 } from './read.ts';
import { writeKerasH5 } from './write.ts';

/** Keras models in one HDF5 file (.h5, .hdf5). */
export const kerasH5: ModelFormat = {
  name: 'keras-h5',
  detect: isHdf5,
  read: readKerasH5,
  write: writeKerasH5,
};
