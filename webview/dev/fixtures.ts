import type { CandidateView, PanelEvent, RunSummary } from '../../src/protocol/events.ts';
import type { DiffView, GroupView, LayerView, NetworkView } from '../../src/protocol/views.ts';
import type { Ready } from '../state.ts';
import type { DataFound, DataView } from '../../src/protocol/plan.ts';

/** What the page's host answers with: recorded (record.mjs) or made here, large. Never part of the extension. */
export interface Fixture {
  readonly ready: Ready;
  readonly network: NetworkView;
  readonly found: readonly DataFound[];
  readonly data: DataView;
  readonly runs: readonly RunSummary[];
  /** by the run's folder */
  readonly events: Readonly<Record<string, readonly PanelEvent[]>>;
  readonly diff: DiffView;
}

/** The same draws on every machine: a multiplicative congruential generator. */
export function draws(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

/** A residual network of so many layers: stages whose blocks share a group, and a group of each block's own. */
export function deepNetwork(layers: number): NetworkView {
  const made: LayerView[] = [];
  const groups: GroupView[] = [];
  const put = (layer: Omit<LayerView, 'node'>, role: 'producer' | 'through' | 'consumer') => {
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

/** A search of so many candidates, as a run of rewarded meta-pruning tells it. */
export function longRun(network: NetworkView, candidates: number, method = 'rewarded-meta'): PanelEvent[] {
  const random = draws(7);
  const { cost } = network;
  const events: PanelEvent[] = [
    {
      type: 'opened',
      model: { name: network.name, path: `/project/${network.name}`, format: network.format },
      cost,
    },
    { type: 'backend', name: 'tensorflow', why: 'the fastest here', threads: 2 },
    {
      type: 'data',
      path: 'images',
      form: 'folder',
      classes: Array.from({ length: 10 }, (_, i) => `class ${i}`),
      train: 45_000,
      validation: 5_000,
      test: 10_000,
      preprocess: 'unit',
      found: 'scored highest',
    },
    { type: 'budgets', budgets: [{ metric: 'macs', limit: cost.macs / 2, original: cost.macs }] },
    {
      type: 'score',
      step: 'original',
      split: 'validation',
      score: { accuracy: 92.4, loss: 0.25, images: 5000 },
    },
    {
      type: 'arm',
      arm: method,
      control: false,
      reward: {
        kind: 'rewarded-meta',
        metric: 'macs',
        baseAccuracy: 100,
        baseCost: cost.macs,
        accuracyExponent: 2,
        efficiencyExponent: 1,
        accuracyGap: 0.1,
      },
    },
    { type: 'stage', arm: method, stage: 'generator', message: 'training the generator for 2 epochs' },
  ];
  for (let step = 1; step <= 20; step++)
    events.push({
      type: 'loss',
      arm: method,
      stage: 'generator',
      epoch: step / 10,
      loss: 2.3 * Math.exp(-step / 9) + 0.2 + random() * 0.05,
      accuracy: 100 - 80 * Math.exp(-step / 7) - random() * 3,
    });
  events.push({ type: 'stage', arm: method, stage: 'search', message: 'searching' });
  const rewardOf = (accuracy: number, macs: number) =>
    (100 / Math.max(0.1, 100 - accuracy)) ** 2 * -Math.log(macs / cost.macs);
  const one = (arm: string, id: number, share: number, loss: number, origin: string): CandidateView => {
    const recalibrated = Math.min(92, 92.2 - 55 * Math.exp(-share * 7) - loss);
    const macs = Math.round(cost.macs * share);
    const params = Math.round(cost.params * (share * 0.9 + 0.05));
    return {
      arm,
      id,
      origin,
      macs,
      params,
      bytes: 4 * params,
      peakActivationBytes: Math.round(cost.peakActivationBytes * (0.5 + share / 2)),
      cut: Math.max(10, recalibrated - 20 * random() - 5),
      recalibrated,
      reward: rewardOf(recalibrated, macs),
    };
  };
  let best: CandidateView | null = null;
  for (let id = 0; id < candidates; id++) {
    const candidate = one(
      method,
      id,
      0.22 + random() * 0.5,
      random() ** 1.6 * 9 + 0.2,
      ['random', 'crossover', 'mutation'][Math.floor(random() * 3)],
    );
    events.push({ type: 'candidate', candidate });
    if (candidate.macs <= cost.macs / 2 && (best === null || candidate.reward! > best.reward!))
      best = candidate;
    if (id % Math.ceil(candidates / 20) === 0 && best)
      events.push({
        type: 'generation',
        arm: method,
        generation: Math.floor((20 * id) / candidates),
        best: best.id,
        reward: best.reward!,
      });
  }
  events.push({
    type: 'progress',
    arm: method,
    stage: 'search',
    done: candidates,
    total: candidates,
    unit: 'candidates',
  });
  if (best) events.push({ type: 'chosen', candidate: best });
  for (const [index, arm] of ['uniform', 'random', 'l1'].entries()) {
    const candidate = one(arm, 0, 0.5, 2 + index, arm);
    events.push(
      { type: 'arm', arm, control: true },
      { type: 'candidate', candidate },
      { type: 'chosen', candidate: { ...candidate, fineTuned: candidate.recalibrated! + 1.5 } },
    );
  }
  if (best) {
    events.push(
      { type: 'stage', arm: method, stage: 'fine-tune', message: 'fine-tuning' },
      {
        type: 'score',
        arm: method,
        step: 'recalibrated',
        split: 'validation',
        score: { accuracy: best.recalibrated!, loss: 0.3, images: 5000 },
      },
    );
  }
  return events;
}

const METHODS: Ready['methods'] = [
  {
    name: 'rewarded-meta',
    summary:
      'a generator learns good weights at any width; a search ranks candidates by accuracy and efficiency',
    needsImages: true,
  },
  {
    name: 'metapruning',
    summary: 'the same machinery with a hard budget, ranked by accuracy alone',
    needsImages: true,
  },
  { name: 'taylor', summary: 'first-order Taylor importance', needsImages: true },
  { name: 'l1', summary: 'importance by the weights\u2019 L1 norm', needsImages: false },
];

/** Everything, large or small, without a recording. */
export function madeFixture(layers: number, candidates: number): Fixture {
  const network = deepNetwork(layers);
  const folder = '/project/.espalier/runs/2026-11-21-001';
  const events = candidates ? longRun(network, candidates) : [];
  const summary = (id: string, part: Partial<RunSummary>): RunSummary => ({
    id,
    folder: `/project/.espalier/runs/${id}`,
    status: 'done',
    model: `/project/${network.name}`,
    method: 'rewarded-meta',
    effort: 'standard',
    seed: 1,
    goal: 'macs \u2264 50%',
    created: Date.now() - 3_600_000,
    candidates: 0,
    result: null,
    written: null,
    failure: null,
    ...part,
  });
  return {
    ready: {
      protocol: 1,
      model: `/project/${network.name}`,
      name: network.name,
      workspace: '/project',
      trusted: true,
      compare: null,
      run: candidates ? folder : null,
      tab: 'network',
      methods: METHODS,
      preprocesses: ['unit', 'signed', 'raw', 'imagenet', 'caffe', 'standardise'],
      strings: {},
      defaults: {},
      engine: 'TensorFlow 2.21.0, 2 threads',
      past: null,
    },
    network,
    found: [
      { path: '/project/images', form: 'folder of class folders', images: 60_000 },
      { path: '/project/old/mnist', form: 'IDX files', images: 70_000 },
    ],
    data: {
      path: '/project/images',
      form: 'folder of class folders',
      classes: Array.from({ length: 10 }, (_, i) => `class ${i}`),
      train: 45_000,
      validation: 5_000,
      test: 10_000,
      shape: [32, 32, 3],
      broken: 2,
      warnings: ['2 images can\u2019t be read and are left out.'],
    },
    runs: candidates
      ? [
          summary('2026-11-21-001', {
            status: 'running',
            candidates,
            result: { accuracy: 90.8, original: 92.4, macsShare: 0.497, paramsShare: 0.55 },
          }),
          summary('2026-11-20-002', {
            status: 'failed',
            created: Date.now() - 90_000_000,
            method: 'metapruning',
            failure:
              'images/cat/0001.jpg can\u2019t be read: not a JPEG file. Mend or remove it, then resume.',
          }),
          summary('2026-11-20-001', {
            created: Date.now() - 180_000_000,
            candidates: 412,
            method: 'l1',
            result: { accuracy: 91.6, original: 92.4, macsShare: 0.49, paramsShare: 0.54 },
            written: {
              model: '/project/deep-pruned.h5',
              config: '/project/deep.espalier.json',
              report: '/project/.espalier/runs/2026-11-20-001/report.html',
              // a later run took its config's place
              now: {
                model: 'same',
                config: 'changed',
                report: 'same',
                instead: 'constrained, seed 1, 8.60 M MACs',
              },
            },
          }),
          summary('2026-11-19-001', { status: 'stopped', created: Date.now() - 280_000_000, candidates: 37 }),
        ]
      : [],
    events: { [folder]: events },
    diff: diffOf(network),
  };
}

/** A comparison of a network with a cut of itself at random, for layers with channels. */
export function diffOf(network: NetworkView, seed = 3): DiffView {
  const random = draws(seed);
  const kept = network.groups.map((group) => {
    const share = group.frozen ? 1 : 0.4 + random() * 0.5;
    const letters = Array.from({ length: group.channels }, () => (random() < share ? 'k' : 'r'));
    if (!letters.includes('k')) letters[0] = 'k';
    return letters.join('');
  });
  const count = (text: string) => [...text].filter((letter) => letter === 'k').length;
  let share = 1;
  const layers = network.layers
    .filter((layer) => layer.width !== null)
    .map((layer) => {
      const channels = layer.group === null ? 'k'.repeat(layer.width!) : kept[layer.group];
      const now = count(channels);
      const out = now / channels.length;
      const ratio = out * share;
      share = out;
      return {
        layer: layer.layer,
        type: layer.type,
        width: { a: layer.width!, b: now },
        macs: { a: layer.macs, b: Math.round(layer.macs * ratio) },
        params: { a: layer.params, b: Math.round(layer.params * ratio) },
        channels,
        importance: Array.from(channels, () => Math.round(random() * 1000) / 1000),
        group: layer.group,
      };
    });
  const sum = (key: 'macs' | 'params', of: 'a' | 'b') =>
    layers.reduce((total, layer) => total + layer[key][of], 0);
  const { cost } = network;
  return {
    a: { label: 'original' },
    b: { label: 'candidate 388' },
    layers,
    onlyInA: [],
    onlyInB: [],
    warnings: [],
    total: {
      a: cost,
      b: {
        macs: sum('macs', 'b'),
        params: sum('params', 'b'),
        bytes: 4 * sum('params', 'b'),
        peakActivationBytes: cost.peakActivationBytes,
      },
    },
    metrics: [
      {
        id: 'test',
        unit: 'percent',
        split: 'test',
        a: 41.3,
        b: 16,
        verdict: 'worse',
        why: null,
      },
      { id: 'fineTuned', unit: 'percent', split: 'validation', a: 40, b: 43.3, verdict: 'better', why: null },
      { id: 'latency', unit: 'ms', split: null, a: 0.8, b: 0.45, verdict: null, why: 'other-machine' },
    ],
    about: [
      { id: 'method', a: 'rewarded-meta', b: 'constrained', differs: true },
      { id: 'seed', a: '1', b: '1', differs: false },
      { id: 'effort', a: 'quick', b: 'standard', differs: true },
      { id: 'images', a: 'images', b: 'images', differs: false },
    ],
    costs: [
      { id: 'macs', a: cost.macs, b: sum('macs', 'b'), verdict: 'better' },
      { id: 'params', a: cost.params, b: sum('params', 'b'), verdict: 'better' },
      { id: 'bytes', a: cost.bytes, b: 4 * sum('params', 'b'), verdict: 'better' },
      { id: 'memory', a: cost.peakActivationBytes, b: cost.peakActivationBytes, verdict: 'same' },
    ],
    groups: network.groups.map(({ id, channels, frozen }) => ({ id, channels, frozen })),
  };
}
