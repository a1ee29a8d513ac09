import { openSync, readSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs, shared, sharedPath } from '../../support/needs.ts';
import {
  headBytes,
  isConfig,
  isModelName,
  isLayersModelHead,
  isPage,
  mayBeTfjs,
  stem,
} from '../../../src/extension/models/kinds.ts';

describe('by name', () => {
  it('model files and configs are told from others', () => {
    expect(['a.h5', 'B.H5', 'c.hdf5', 'd.keras', 'e.zip'].every(isModelName)).toBe(true);
    expect(['a.h5.txt', 'h5', 'model.json', 'a.keras.json', 'zip'].some(isModelName)).toBe(false);
    expect(isConfig('/x/net.espalier.json')).toBe(true);
    expect(isConfig('/x/espalier.json')).toBe(false);
  });

  it('what the system would start is no page', () => {
    expect(isPage('/a/.espalier/runs/x/report.html')).toBe(true);
    for (const file of [
      '/a/report.desktop',
      '/a/report.html.exe',
      '/a/html',
      'report.html',
      '//host/x/report.html',
    ])
      expect(isPage(file), file).toBe(false);
  });

  it('JSON in folders of tools and pruned configs are never looked into', () => {
    expect(mayBeTfjs('/a/model.json')).toBe(true);
    expect(mayBeTfjs('C:\\a\\model.json')).toBe(true);
    for (const file of [
      '/a/node_modules/x/model.json',
      '/a/.espalier/runs/x/run.json',
      '/a/net.espalier.json',
      '/a/b.h5',
    ])
      expect(mayBeTfjs(file), file).toBe(false);
  });

  it('a model is named by its file, or by the folder of a model.json', () => {
    expect(stem('/a/resnet20.h5')).toBe('resnet20');
    expect(stem('/a/resnet20.espalier.json')).toBe('resnet20');
    expect(stem('/a/mobilenet/model.json')).toBe('mobilenet');
    expect(stem('/a/mnist.json')).toBe('mnist');
  });
});

describe('by content', () => {
  it('LayersModels are told from other JSON', () => {
    for (const model of [
      '{"modelTopology": {"class_name": "Sequential"}}',
      '\uFEFF {"format":"layers-model","generatedBy":"keras v2","modelTopology":{"model_config":{}}}',
      '{"weightsManifest":[{"paths":["a.bin"]}],"modelTopology":{}}',
    ])
      expect(isLayersModelHead(model), model).toBe(true);
    for (const other of [
      '',
      '{}',
      '[{"modelTopology": 1}]',
      '{"format":"graph-model","modelTopology":{"node":[]}}',
      '{"modelTopology":{"node":[{"name":"x"}]},"weightsManifest":[]}',
      'modelTopology:',
    ])
      expect(isLayersModelHead(other), other).toBe(false);
  });

  const models = sharedPath('models');
  const need = needs(shared('models'));
  it.skipIf(need.skip)(need.name('real models are told right, layers from graphs'), () => {
    const told = (folder: string) =>
      readdirSync(path.join(models, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .map((name) => isLayersModelHead(head(path.join(models, folder, name))));
    const [layers, graphs] = [told('tfjs-layers'), told('tfjs-graph')];
    expect(layers.length).toBeGreaterThan(1);
    expect(layers.every(Boolean)).toBe(true);
    expect(graphs.length).toBeGreaterThan(1);
    expect(graphs.some(Boolean)).toBe(false);
  });
});

function head(file: string): string {
  const buffer = Buffer.alloc(headBytes);
  return buffer.toString('utf8', 0, readSync(openSync(file, 'r'), buffer, 0, headBytes, 0));
}
