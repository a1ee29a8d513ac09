import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { trainedControls } from '../../../src/protocol/controls.ts';
import { methods } from '../../../src/methods/index.ts';
import { draft } from '../../../src/protocol/plan.ts';

const root = path.resolve(import.meta.dirname, '../../..');
interface Setting {
  readonly default: unknown;
  readonly enum?: string[];
  readonly items?: { readonly enum: string[] };
}
const settings = (
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    contributes: { configuration: { properties: Record<string, Setting> } };
  }
).contributes.configuration.properties;

describe('settings', () => {
  it('offer exactly the methods that there are', () => {
    expect([...settings['espalier.method'].enum!].sort()).toEqual([...methods.keys()].sort());
    for (const control of settings['espalier.controls'].items!.enum)
      expect(trainedControls.includes(control) || methods.has(control), control).toBe(true);
  });

  it('start from values that a plan takes', () => {
    const names = ['method', 'effort', 'seed', 'roundTo', 'controls', 'backend'] as const;
    for (const name of names)
      expect(draft.shape[name].safeParse(settings[`espalier.${name}`].default).success, name).toBe(true);
    expect(draft.shape.backend.options).toEqual(settings['espalier.backend'].enum);
    expect(draft.shape.effort.options).toEqual(settings['espalier.effort'].enum);
  });
});
