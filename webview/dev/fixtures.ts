import type { RunSummary } from '../../src/protocol/runs.ts';
import type { DiffView, NetworkView, SensitivityView } from '../../src/protocol/views.ts';
import type { Ready } from '../state.ts';
import type { DataFound, DataView } from '../../src/protocol/plan.ts';
import { deepNetwork, draws } from './deep-network.ts';
import { longRun } from './long-run.ts';
import { pointRun } from './point-run.ts';
import type { ListedEvent } from '../../src/terms/run-events.ts';
import { protocolVersion } from '../../src/protocol/contract.ts';

/** What the page's host answers with: recorded (record.mjs) or made here, large. Never part of the extension. */
export interface Fixture {
  readonly ready: Ready;
  readonly network: NetworkView;
  readonly found: readonly DataFound[];
  readonly data: DataView;
  readonly runs: readonly RunSummary[];
  /** by the run's folder */
  readonly events: Readonly<Record<string, readonly ListedEvent[]>>;
  readonly diff: DiffView;
  readonly sensitivity: SensitivityView;
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
export function madeFixture(layers: number, candidates: number, points = false): Fixture {
  const network = deepNetwork(layers);
  const folder = '/project/.espalier/runs/2026-11-21-001';
  const found = candidates ? longRun(network, candidates) : [];
  const events = points ? pointRun(found) : found;
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
      protocol: protocolVersion,
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
      backend: 'TensorFlow 2.21.0, 2 threads',
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
              'images/cat/0001.jpg can\u2019t be read: not a JPEG file. Fix or remove it, then resume.',
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
    sensitivity: sensitivityOf(network),
  };
}

/** A comparison of a network with a cut of itself at random, for layers with channels. */
function diffOf(network: NetworkView, seed = 3): DiffView {
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

/** What narrowing each group alone would do, made up: early groups cost most. */
function sensitivityOf(network: NetworkView, seed = 5): SensitivityView {
  const random = draws(seed);
  const whole = { loss: 0.25, accuracy: 92.4 };
  const { macs, params } = network.cost;
  const open = network.groups.filter(({ frozen, channels }) => frozen === null && channels > 1);
  return {
    sha256: network.sha256,
    images: 2000,
    recalibrated: 1280,
    whole,
    groups: open.map(({ id, channels }, i) => {
      const steep = (0.2 + random()) / (1 + i / 4);
      const widths = [7, 6, 5, 4, 3, 2, 1].map((k) => Math.ceil((k * channels) / 8));
      return {
        id,
        channels,
        widths: [...new Set(widths)]
          .filter((width) => width < channels)
          .map((width) => {
            const gone = 1 - width / channels;
            const lost = steep * gone ** 2;
            return {
              width,
              macs: Math.round(macs * (1 - gone / open.length)),
              params: Math.round(params * (1 - gone / open.length)),
              loss: whole.loss + 2 * lost,
              accuracy: Math.max(10, whole.accuracy - 70 * lost),
            };
          }),
      };
    }),
    warnings: [],
  };
}
