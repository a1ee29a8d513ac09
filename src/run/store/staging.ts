import path from 'node:path';
import { strayMark, sweep } from '../../formats/files.ts';

const prefix = 'writing-';

/** A folder in which a model is written before it is put in its place; its name says whose it is. */
export const stagingFolder = (folder: string): string => path.join(folder, `${prefix}${strayMark()}`);

/** Removes what processes left that were killed while they wrote. */
export const sweepStaging = (folder: string): Promise<void> => sweep(folder, prefix, '');
