import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readOperators } from '../../../src/formats/onnx/ops/index.ts';

it('docs/onnx.md says which operators are read, no more and no less', () => {
  const text = readFileSync('docs/onnx.md', 'utf8');
  const part = text.slice(text.indexOf('## Operators'), text.indexOf('What a file computes'));
  const listed = [...part.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...readOperators].sort());
});
