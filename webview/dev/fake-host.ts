import '../no-eval.ts';
import 'vscode-jsonrpc/browser';
import { host as contract } from '../../src/protocol/panel.ts';
import { Failure, notify, serve, type Handlers } from '../../src/protocol/rpc.ts';
import { acceptPort } from '../../src/protocol/transport.ts';
import type { Host, PanelState } from '../../src/protocol/panel.ts';
import type { MessageConnection } from 'vscode-jsonrpc';
import type { RunSummary } from '../../src/protocol/runs.ts';
import { madeFixture, type Fixture } from './fixtures.ts';
import { dress } from './themes.ts';
import type { SensitivityQuestion } from '../../src/protocol/views.ts';
import type { ListedEvent } from '../../src/terms/run-events.ts';

/**
 * The page without an editor: acquireVsCodeApi whose other end answers from a fixture. The address says what:
 * theme=dark|light|hcDark|hcLight, layers=N, candidates=N, points (of the trade-off: a run with several), recorded (the
 * server's recording), tab=…, untrusted, live (events come over time), fail=METHOD, hang=METHOD, late=METHOD (hangs
 * once), norun, nodata, onedata, terminal (a terminal's run), memory (the host remembers), measured (the sensitivity is
 * known), pace=MS (a group's measuring).
 */
const query = new URLSearchParams(location.search);
dress(query.get('theme') ?? 'dark');

const recorded = (window as unknown as { recorded?: Fixture }).recorded;
const fixture: Fixture =
  query.has('recorded') && recorded
    ? recorded
    : madeFixture(
        Number(query.get('layers') ?? 60),
        Number(query.get('candidates') ?? 412),
        query.has('points'),
      );

/** What the panel asked for, for tests. */
const asked: { method: string; params: unknown }[] = [];
const toHost = new Set<(message: unknown) => void>();
const STATE = 'espalier-state';
/** what the host remembers, where the address says `memory` */
const MEMORY = 'espalier-memory';

Object.assign(window, {
  asked,
  acquireVsCodeApi: () => ({
    postMessage: (message: unknown) => {
      const copy: unknown = structuredClone(message);
      queueMicrotask(() => toHost.forEach((listener) => listener(copy)));
    },
    getState: () => JSON.parse(sessionStorage.getItem(STATE) ?? 'null') as unknown,
    setState: (state: unknown) => sessionStorage.setItem(STATE, JSON.stringify(state)),
  }),
});

const fixed = 'It was started outside this window, as in a terminal: stop it there (Ctrl-C).';
let runs: readonly RunSummary[] = query.has('norun')
  ? []
  : fixture.runs.map((one) => (query.has('terminal') && one.status === 'running' ? { ...one, fixed } : one));
let link: MessageConnection;
const stars = new Set<string>();
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function statusOf(folder: string, status: RunSummary['status']): void {
  runs = runs.map((one) => (one.folder === folder ? { ...one, status } : one));
  notify(link, contract, 'status', {
    run: folder,
    status,
    queued: false,
    fixed: null,
    message: null,
    log: [],
    memory: 512,
  });
  notify(link, contract, 'runs', { runs: [...runs] });
}

async function tellEvents(folder: string, events: readonly ListedEvent[]): Promise<void> {
  const live = query.has('live');
  const size = live ? Number(query.get('live') || 5) : 2000;
  notify(link, contract, 'events', { run: folder, reset: true, events: [] });
  for (let at = 0; at < events.length; at += size) {
    notify(link, contract, 'events', { run: folder, reset: false, events: events.slice(at, at + size) });
    await wait(live ? 250 : 0);
  }
}

/** of what the sensitivity is known, where the address says `measured` */
const KNOWN: SensitivityQuestion = {
  data: { path: '/project/images', preprocess: 'auto' },
  effort: 'standard',
  seed: 1,
  roundTo: 1,
  freeze: [],
  interiorOutputs: false,
  backend: 'auto',
};

const handlers: Handlers<Host> = {
  ready: () => ({
    ...fixture.ready,
    run: query.has('norun') ? null : fixture.ready.run,
    trusted: !query.has('untrusted'),
    past: query.has('memory')
      ? (JSON.parse(sessionStorage.getItem(MEMORY) ?? 'null') as PanelState | null)
      : null,
    tab: (query.get('tab') ?? fixture.ready.tab) as Fixture['ready']['tab'],
  }),
  remember: ({ state }) => {
    sessionStorage.setItem(MEMORY, JSON.stringify(state));
    return {};
  },
  reach: () => {
    const share = (part: number) => {
      const { macs, params, bytes, peakActivationBytes } = fixture.network.cost;
      return {
        macs: macs * part,
        params: params * part,
        bytes: bytes * part,
        peakActivationBytes: peakActivationBytes * part,
      };
    };
    return {
      original: fixture.network.cost,
      multiples: [1, 2, 4, 8, 16, 32].map((multiple) => ({
        multiple,
        choice: multiple <= 8,
        least: share(0.001 + 0.01 * multiple),
        floors: {
          'rewarded-meta': share(0.021 + 0.01 * multiple),
          metapruning: share(0.021 + 0.01 * multiple),
        },
      })),
    };
  },
  network: ({ freeze }) => ({
    ...fixture.network,
    groups: fixture.network.groups.map((group) =>
      group.frozen === null &&
      group.members.some((member) => member.role === 'producer' && freeze.includes(member.layer))
        ? { ...group, frozen: 'frozen by you' }
        : group,
    ),
  }),
  findData: async () => {
    await wait(100);
    return { found: query.has('nodata') ? [] : fixture.found.slice(0, query.has('onedata') ? 1 : 9) };
  },
  pickData: () => ({ path: '/project/elsewhere/photos' }),
  openData: async ({ path, limit = Infinity, noLabels }) => {
    await wait(200);
    const none = noLabels ? { classes: [], unlabelled: noLabels } : {};
    return { ...fixture.data, path, train: Math.min(fixture.data.train, limit), ...none };
  },
  assess: async ({ draft, measure }) => {
    await wait(measure ? 1500 : 50);
    const original = fixture.network.cost;
    const targets = draft.targets.map((target) => {
      if (target.metric === 'latency' || target.metric === 'script')
        return {
          reachable: true,
          message: 'it is measured while the search goes on',
          limit: null,
          original: null,
          least: null,
        };
      const whole = target.metric === 'memory' ? original.peakActivationBytes : original[target.metric];
      const limit = target.relative ? (whole * target.value) / 100 : target.value;
      const least = whole * 0.021;
      if (limit < least)
        return {
          reachable: false,
          message: `${target.metric} can\u2019t go below 2.1 % of the original: the layers that may not be pruned need as much.`,
          limit,
          original: whole,
          least,
        };
      if (limit >= whole)
        return {
          reachable: true,
          message: 'the original is within this already: nothing would be pruned',
          limit,
          original: whole,
          least,
        };
      return { reachable: true, message: '', limit, original: whole, least };
    });
    const problems = [];
    if (!draft.data && fixture.ready.methods.find((one) => one.name === draft.method)?.needsImages)
      problems.push('This method needs images: choose a data set.');
    if (targets.some((target) => !target.reachable)) problems.push('A goal can\u2019t be reached.');
    const factor = { quick: 1, standard: 6, thorough: 30 }[draft.effort];
    return {
      targets,
      problems,
      notes: [],
      writes: { model: 'resnet20.pruned.h5', config: 'resnet20.espalier.json' },
      roundTo: draft.roundTo === 'auto' ? 8 : draft.roundTo,
      seconds: measure ? factor * 210 * (1 + draft.controls.length) : null,
      basis: measure
        ? '40 training steps and 200 scored images on this machine.'
        : 'Nothing was measured yet.',
    };
  },
  sensitivity: async ({ question }, signal) => {
    if (!question) return query.has('measured') ? { question: KNOWN, view: fixture.sensitivity } : null;
    const total = fixture.sensitivity.groups.length;
    const pace = Number(query.get('pace') ?? 40);
    notify(link, contract, 'measuring', { done: 0, total: 0, seconds: null });
    await wait(pace);
    for (let done = 0; done < total; done++) {
      if (signal.aborted) throw new Failure('cancelled', 'stopped');
      const seconds = done === 0 ? null : ((total - done) * pace) / 1000;
      notify(link, contract, 'measuring', { done, total, seconds });
      await wait(pace);
    }
    return { question, view: fixture.sensitivity };
  },
  start: ({ draft }) => {
    const folder = fixture.ready.run ?? '/project/.espalier/runs/new';
    const made: RunSummary = {
      id: folder.split('/').at(-1)!,
      folder,
      status: 'running',
      model: draft.model,
      method: draft.method,
      effort: draft.effort,
      seed: draft.seed,
      goal: 'macs \u2264 50%',
      created: Date.now(),
      candidates: 0,
      result: null,
      written: null,
      failure: null,
    };
    runs = [made, ...runs.filter((one) => one.folder !== folder)];
    return { folder };
  },
  runs: () => ({ runs: [...runs] }),
  follow: ({ run }) => {
    const summary = runs.find((one) => one.folder === run);
    if (!summary) throw new Failure('input', `${run}: there is no such run any more.`);
    setTimeout(() => {
      void tellEvents(run, fixture.events[run] ?? []);
      notify(link, contract, 'status', {
        run,
        status: summary.status,
        queued: false,
        fixed: summary.fixed ?? null,
        message: summary.failure,
        log: summary.failure ? ['epoch 1', 'Error: not a JPEG file'] : [],
        memory: 512,
      });
    });
    return summary;
  },
  stop: async ({ run }) => {
    await wait(300);
    statusOf(run, 'stopped');
    return {};
  },
  pause: ({ run }) => (statusOf(run, 'paused'), {}),
  resume: ({ run }) => (statusOf(run, 'running'), {}),
  remove: ({ run }) => {
    runs = runs.filter((one) => one.folder !== run);
    notify(link, contract, 'runs', { runs: [...runs] });
    return { removed: true };
  },
  fineTune: async () => (await wait(500), {}),
  write: async () => (
    await wait(300),
    {
      model: '/project/deep-pruned.h5',
      config: '/project/deep.espalier.json',
      sha256: { model: 'a'.repeat(64), config: 'b'.repeat(64) },
    }
  ),
  commit: async () => (await wait(300), { hash: '0123456789abcdef', files: ['/project/deep.espalier.json'] }),
  diff: async () => (await wait(50), fixture.diff),
  pickSide: () => ({ side: { kind: 'model', file: '/project/other.h5', label: 'other.h5' } }),
  exportDiff: ({ format }) => ({ file: `/project/diff.${format === 'html' ? 'html' : 'md'}` }),
  star: ({ arm, id, starred }) => {
    if (starred) stars.add(`${arm} ${id}`);
    else stars.delete(`${arm} ${id}`);
    return {};
  },
  stars: () => ({
    starred: [...stars].map((key) => ({ arm: key.split(' ')[0], id: Number(key.split(' ')[1]) })),
  }),
  open: () => ({}),
};

const watched = Object.fromEntries(
  Object.entries(handlers).map(([method, handler]) => [
    method,
    async (params: unknown, signal: AbortSignal) => {
      asked.push({ method, params });
      const times = asked.filter((one) => one.method === method).length;
      if (query.get('hang') === method || (query.get('late') === method && times === 1))
        await new Promise(() => {});
      if (query.get('fail') === method)
        throw new Failure(
          'input',
          'resnet20.h5 is not a whole file: it ends within the weights of conv2d_3. Get it again.',
          'Error: unexpected end\n    at read (keras-h5/read.ts:41)',
        );
      return (handler as (params: unknown, signal: AbortSignal) => unknown)(params, signal);
    },
  ]),
) as unknown as Handlers<Host>;

acceptPort(
  {
    post: (message) => {
      const copy: unknown = structuredClone(message);
      setTimeout(() => window.postMessage(copy, '*'));
      return true;
    },
    listen(listener) {
      toHost.add(listener);
      return () => toHost.delete(listener);
    },
  },
  (connection) => {
    link = connection;
    serve(connection, contract, watched);
    connection.listen();
  },
);
