import { describe } from 'vitest';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { prepareTensorflow } from '../../../src/runtime/backend/prepare.ts';
import { kernelTests } from './suite.ts';

const { addon } = await prepareTensorflow({ fetch: false, log: () => undefined });

describe.skipIf(addon === null)('kernels of tensorflow (needs TensorFlow: npm run setup)', () => {
  kernelTests(() => openBackend({ prefer: 'tensorflow' }));
});
