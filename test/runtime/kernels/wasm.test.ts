import { describe } from 'vitest';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { kernelTests } from './suite.ts';

describe('kernels of wasm', () => {
  kernelTests(() => openBackend({ prefer: 'wasm', threads: 2 }));
});
