import { describe } from 'vitest';
import { openBackend } from '../../../../src/runtime/backend/open.ts';
import { lacks, needs } from '../../../support/needs.ts';
import { kernelTests } from '../suite.ts';

const need = needs(await lacks.tensorflow());

describe.skipIf(need.skip)(need.name('kernels of tensorflow'), () => {
  kernelTests(() => openBackend({ prefer: 'tensorflow' }));
});
