// Records what the panel's host would answer, from the built engine: for looking at the panel in a plain browser.
//   node webview/dev/record.mjs OUT.json MODEL WORKSPACE DATA
// MODEL's runs in WORKSPACE (made with `espalier prune`) are taken whole. OUT belongs outside the repository.
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';

const [out, model, workspace, data] = process.argv.slice(2).map((given) => path.resolve(given));
const engine = fork('dist/engine.cjs', ['look'], {
  execArgv: [],
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
const connection = createMessageConnection(new IPCMessageReader(engine), new IPCMessageWriter(engine));
connection.listen();
const ask = (method, params) => connection.sendRequest(method, params);

const contract = readFileSync('src/protocol/contract.ts', 'utf8');
const protocol = Number(/protocolVersion = (\d+)/.exec(contract)[1]);
const hello = await ask('hello', { protocol, trusted: true });
const network = await ask('inspect', { model, freeze: [], interiorOutputs: false });
const { runs } = await ask('runs', { workspace });
const events = {};
for (const { folder } of runs) {
  events[folder] = [];
  for (let from = 0; from !== null;) {
    const part = await ask('readRun', { folder, from, most: 2000 });
    events[folder].push(...part.events);
    from = part.next;
  }
}
const [run] = runs;
const chosen =
  run &&
  events[run.folder]
    .filter(({ type }) => type === 'chosen')
    .map(({ arm, candidate }) => ({ arm, id: candidate.id }))[0];
const recording = {
  ready: {
    protocol,
    model,
    name: path.basename(model),
    workspace,
    trusted: true,
    compare: null,
    run: run?.folder ?? null,
    tab: 'network',
    methods: hello.methods,
    preprocesses: hello.preprocesses,
    strings: {},
    defaults: {},
    backend: (await ask('doctor', {})).backend,
  },
  network,
  found: (await ask('findData', { folders: [workspace], model })).found,
  data: await ask('openData', { path: data, model }),
  runs,
  events,
  sensitivity: await ask('sensitivity', {
    model,
    data: { path: data, preprocess: 'auto' },
    effort: 'quick',
    seed: 1,
    roundTo: 1,
    freeze: [],
    interiorOutputs: false,
    backend: 'auto',
  }),
  diff:
    chosen &&
    (await ask('diff', {
      a: { kind: 'original', run: run.folder },
      b: { kind: 'candidate', run: run.folder, arm: chosen.arm, id: chosen.id },
    })),
};
writeFileSync(out, JSON.stringify(recording));
console.log(
  `${out}: ${network.layers.length} layers, ${runs.length} runs, ${Object.values(events).flat().length} events`,
);
connection.dispose();
engine.kill();
