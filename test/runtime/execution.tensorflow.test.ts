import { executionSuite } from './execution-suite.ts';

executionSuite('tensorflow');
