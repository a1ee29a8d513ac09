import type { GroupView, LayerView, NetworkView } from '../../src/protocol/views.ts';
import type { memberRoles } from '../../src/graph/types.ts';

/** The same draws on every machine: a multiplicative congruential generator. */
export function draws(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

/** A residual network of so many layers: stages whose blocks share a group, and a group of each block's own. */
export function deepNetwork(layers: number): NetworkView {
  const made: LayerView[] = [];
  const groups: GroupView[] = [];
  const put = (layer: Omit<LayerView, 'node'>, role: (typeof memberRoles)[number]) => {
    made.push({ ...layer, node: layer.layer });
    if (layer.group !== null)
      (groups[layer.group].members as GroupView['members'][number][]).push({
        layer: layer.layer,
        node: layer.layer,
        role,
      });
  };
  const group = (id: string, channels: number, frozen: string | null = null) =>
    groups.push({ id, channels, frozen, members: [] }) - 1;
  const stages = 4;
  put(
    {
      layer: 'input_1',
      type: 'InputLayer',
      outputShape: [224, 224, 3],
      macs: 0,
      params: 0,
      width: null,
      group: null,
    },
    'through',
  );
  for (let stage = 0; stage < stages; stage++) {
    const width = 32 << stage;
    const side = 112 >> stage;
    const shape = [side, side, width];
    const shared = group(`stage ${stage + 1}`, width);
    const before = made.length;
    for (let block = 0; made.length - before < layers / stages - 6; block++) {
      const own = group(`stage${stage + 1}_block${block + 1}_conv1`, width);
      const name = `stage${stage + 1}_block${block + 1}`;
      for (const [index, of] of [own, shared].entries()) {
        put(
          {
            layer: `${name}_conv${index + 1}`,
            type: 'Conv2D',
            outputShape: shape,
            macs: side * side * width * width * 9,
            params: width * width * 9,
            width,
            group: of,
          },
          'producer',
        );
        put(
          {
            layer: `${name}_bn${index + 1}`,
            type: 'BatchNormalization',
            outputShape: shape,
            macs: 0,
            params: width * 4,
            width: null,
            group: of,
          },
          'through',
        );
      }
      put(
        {
          layer: `${name}_add`,
          type: 'Add',
          outputShape: shape,
          macs: 0,
          params: 0,
          width: null,
          group: shared,
        },
        'through',
      );
      put(
        {
          layer: `${name}_relu`,
          type: 'Activation',
          outputShape: shape,
          macs: 0,
          params: 0,
          width: null,
          group: shared,
        },
        'through',
      );
    }
  }
  const out = group('predictions', 1000, 'its channels are the network\u2019s output');
  put(
    {
      layer: 'avg_pool',
      type: 'GlobalAveragePooling2D',
      outputShape: [256],
      macs: 0,
      params: 0,
      width: null,
      group: null,
    },
    'through',
  );
  put(
    {
      layer: 'predictions',
      type: 'Dense',
      outputShape: [1000],
      macs: 256_000,
      params: 257_000,
      width: 1000,
      group: out,
    },
    'producer',
  );
  const sum = (key: 'macs' | 'params') => made.reduce((total, layer) => total + layer[key], 0);
  return {
    name: 'deep.h5',
    format: 'keras-h5',
    inputs: [{ name: 'input_1', shape: [224, 224, 3] }],
    outputs: [{ name: 'predictions', shape: [1000] }],
    cost: {
      macs: sum('macs'),
      params: sum('params'),
      bytes: 4 * sum('params'),
      peakActivationBytes: 12_845_056,
    },
    layers: made,
    groups,
    labels: null,
    warnings: [],
    sha256: '0'.repeat(64),
    fileBytes: 4 * sum('params') + 40_000,
  };
}
