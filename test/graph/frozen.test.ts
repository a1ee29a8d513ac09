import { describe, expect, it } from 'vitest';
import { frozenLayers, thaw } from '../../src/graph/frozen.ts';
import { InputError } from '../../src/graph/errors.ts';
import type { Graph } from '../../src/graph/types.ts';
import { parseKerasConfig } from '../../src/formats/keras-config/index.ts';
import { frozenSetting, frozenSentence } from '../../src/run/plan/fine-tune-settings.ts';

const layer = (class_name: string, name: string, config: object = {}) => ({
  class_name,
  config: { name, ...config },
});

/** A sequential network of a convolution, a batch norm and a dense layer, each frozen or not. */
function network(conv: boolean, norm: boolean, dense: boolean, nested = false): Graph {
  const body = [
    layer('Conv2D', 'conv', {
      filters: 4,
      kernel_size: [3, 3],
      batch_input_shape: [null, 8, 8, 3],
      trainable: !conv,
    }),
    layer('BatchNormalization', 'norm', { momentum: 0.999, epsilon: 1e-3, trainable: !norm }),
  ];
  const base = { class_name: 'Sequential', config: { name: 'base', trainable: false, layers: body } };
  const head = [
    layer('GlobalAveragePooling2D', 'pool'),
    layer('Dense', 'out', { units: 3, trainable: !dense }),
  ];
  const layers = nested ? [base, ...head] : [...body, ...head];
  return parseKerasConfig({ class_name: 'Sequential', config: { name: 'net', layers } }, 'test').graph;
}

const trained = ({ params }: Graph) =>
  Object.values(params).flatMap(({ id, trainable }) => (trainable ? id : []));

describe('a network that its file has frozen', () => {
  it('in a nested model: all of it opens, statistics stay statistics', () => {
    const graph = network(false, false, false, true);
    expect(frozenLayers(graph)).toEqual(['base/conv', 'base/norm']);
    expect(trained(graph)).toEqual(['out/kernel', 'out/bias']);
    const open = thaw(graph);
    expect(frozenLayers(open)).toEqual([]);
    expect(trained(open).sort()).toEqual(
      [
        'base/conv/kernel',
        'base/conv/bias',
        'base/norm/gamma',
        'base/norm/beta',
        'out/kernel',
        'out/bias',
      ].sort(),
    );
    const norm = open.nodes.find(({ op }) => op.kind === 'batchNorm')!;
    expect(norm.op).toMatchObject({ momentum: 0.9 });
  });

  it('one batch norm alone', () => {
    const graph = network(false, true, false);
    expect(frozenLayers(graph)).toEqual(['norm']);
    expect(thaw(graph).params['norm/gamma']).toEqual({ id: 'norm/gamma', shape: [4], trainable: true });
    expect(thaw(graph).params['norm/moving_mean'].trainable).toBe(false);
  });

  it('nothing frozen: the same graph, momentum and all', () => {
    const graph = network(false, false, false);
    expect(thaw(graph)).toBe(graph);
    expect(frozenSetting(graph, true)).toBeUndefined();
    expect(frozenSentence(graph, true)).toBeNull();
  });

  it('says what becomes of it', () => {
    expect(frozenSetting(network(true, true, false), undefined)).toBe('trained');
    expect(frozenSetting(network(true, true, false), true)).toBe('kept');
    expect(frozenSentence(network(true, true, false), undefined)).toContain(
      '2 layers are frozen in the file, and are trained',
    );
    expect(frozenSentence(network(false, false, true), undefined)).toContain(
      'layer out is frozen in the file, and is trained',
    );
    expect(frozenSentence(network(true, true, false), true)).toContain('stay so, as asked');
  });

  it('all of it, to be kept so: nothing is left to train', () => {
    expect(frozenSentence(network(true, true, true), undefined)).toContain('3 layers');
    expect(() => frozenSentence(network(true, true, true), true)).toThrow(InputError);
    expect(() => frozenSentence(network(true, true, true), true)).toThrow(
      '--keep-frozen nothing is left to train',
    );
  });
});
