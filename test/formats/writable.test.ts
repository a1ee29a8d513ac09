import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createNetwork, loadModel, outputFormat, saveModel } from '../../src/formats/index.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { InputError } from '../../src/graph/errors.ts';

import type * as update from '../../src/formats/keras-config/write/update.ts';

/** A layer whose new width the configuration has no place for. */
const stuck = vi.hoisted(() => ({ layer: '' }));
vi.mock('../../src/formats/keras-config/write/update.ts', async (original) => {
  const real = await original<typeof update>();
  const { InputError } = await import('../../src/graph/errors.ts');
  const widths = new Map<string, number>();
  return {
    ...real,
    updateKerasConfig: (...[config, graph]: Parameters<typeof real.updateKerasConfig>) => {
      const node = graph.nodes.find(({ layer }) => layer === stuck.layer);
      const width = node && graph.params[node.params.kernel].shape.at(-1)!;
      if (width !== undefined && width < Math.max(width, widths.get(stuck.layer) ?? 0))
        throw new InputError(`layer "${stuck.layer}" has no place for its width`);
      if (width !== undefined) widths.set(stuck.layer, width);
      return real.updateKerasConfig(config, graph);
    },
  };
});
afterEach(() => void (stuck.layer = ''));

const folder = mkdtempSync(path.join(tmpdir(), 'espalier-writable-'));

describe('what a file can’t hold narrower', () => {
  it('is fixed when the model is opened, with the reason, and all else can be pruned', async () => {
    const model = createNetwork('resnet8', { seed: 1 });
    const file = path.join(folder, 'net.h5');
    await saveModel(model, model.graph, model.weights, file);
    const free = findGroups((await loadModel(file)).graph).groups;
    const group = free.find(({ frozen, members }) => frozen === undefined && members.length < 8)!;
    stuck.layer = group.members.find(({ role }) => role === 'producer')!.layer;
    await saveModel(model, model.graph, model.weights, file);
    const opened = await loadModel(file);
    const { groups } = findGroups(opened.graph);
    const fixed = groups.filter(({ frozen }, i) => frozen !== free[i].frozen);
    expect(fixed.map(({ id }) => id)).toContain(group.id);
    expect(groups.find(({ id }) => id === group.id)!.frozen).toMatch(
      /can't hold it narrower: layer ".*" has no place/,
    );
    expect(groups.some(({ frozen }) => frozen === undefined)).toBe(true);
  });

  it('in another format is refused when that is asked for, by the layer’s name', async () => {
    const model = createNetwork('resnet8', { seed: 1 });
    const config = structuredClone(model.container.kerasConfig) as {
      config: { layers: { config: object }[] };
    };
    const layer = config.config.layers.find(({ config }) => 'filters' in config)!;
    Object.assign(layer.config, { activation: 'hard_sigmoid' });
    const container = { ...model.container, kerasConfig: config };
    for (const [ending, works] of [
      ['.keras', false],
      ['.json', true],
    ] as const) {
      const asked = outputFormat(path.join(folder, `x${ending}`), { ...model, container });
      if (works) await expect(asked).resolves.toBe('tfjs-layers');
      else {
        const error = await asked.catch((e: unknown) => e);
        expect(error).toBeInstanceOf(InputError);
        expect((error as Error).message).toMatch(/layer ".+" means something else/);
      }
    }
  });
});
