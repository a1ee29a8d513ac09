import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { InputError } from '../../graph/errors.ts';
import { look as contract } from '../../protocol/look.ts';
import type { Look } from '../../protocol/look.ts';
import { notify, serve } from '../../protocol/rpc.ts';
import type { Handlers } from '../../protocol/rpc.ts';
import { Models } from '../../run/result/model-cache.ts';
import { restrict, trust } from '../../runtime/backend/restricted.ts';
import { endNow } from './end.ts';
import { refuseOthers } from '../version.ts';

/**
 * Serves the process that forked this one, until it goes away; restricted until a hello says that the workspace is
 * trusted. Each handler is
 * loaded when it is first asked for.
 */
export function look(): void {
  if (!process.send)
    throw new InputError('the looking engine is started by the editor: it needs a channel to it');
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process), {
    error: log,
    warn: log,
    info: () => {},
    log: () => {},
  });
  restrict();
  const models = new Models();
  serve(connection, contract, {
    hello: async ({ protocol, trusted }) => {
      refuseOthers(protocol);
      if (trusted) trust();
      return (await import('./hello.ts')).hello();
    },
    doctor: async () => (await import('./doctor.ts')).examine(),
    setup: async () =>
      (await import('./doctor.ts')).setup((text) => notify(connection, contract, 'setup', { text })),
    inspect: async (params) => (await import('./inspect.ts')).inspect(models, params),
    reach: async (params) => (await import('./plan/reach.ts')).reachTable(models, params),
    findData: async (params, signal) =>
      (await import('./plan/find-data.ts')).findData(models, params, signal),
    openData: async (params) => (await import('./plan/open-data.ts')).openData(models, params),
    assess: async ({ draft, measure }, signal) =>
      (await import('./plan/assess.ts')).assess(models, draft, measure, signal),
    sensitivity: async (params, signal) =>
      (await import('./sensitivity.ts')).sensitivity(models, params, signal, (progress) =>
        notify(connection, contract, 'measuring', progress),
      ),
    create: async ({ draft }) => (await import('./plan/create.ts')).create(models, draft),
    deeds: async ({ folder }) => (await import('./consent.ts')).deeds(folder),
    agree: async ({ folder, deeds }) => (await import('./consent.ts')).agree(folder, deeds),
    runs: async ({ workspace }) => ({
      runs: await (await import('../../run/store/list-runs.ts')).listRuns(workspace),
    }),
    readRun: async (params) => (await import('./runs.ts')).readRun(params),
    diff: async (params) => (await import('./diff.ts')).diffView(models, params),
    exportDiff: async (params) => (await import('./diff.ts')).exportDiff(models, params),
    write: async ({ run, arm, id, out }) =>
      await (await import('../../run/result/write.ts')).writeCandidate(run, { arm, id }, out, models),
    apply: async (params, signal) =>
      (await import('./configs.ts')).apply(params, signal, (done, total) =>
        notify(connection, contract, 'applying', { done, total }),
      ),
    hash: async ({ model }) => ({
      sha256: await (await import('../../formats/identity.ts')).hashModel(model),
    }),
    verify: async (params) => (await import('./configs.ts')).verify(params),
  } satisfies Handlers<Look>);
  process.once('disconnect', endNow);
  connection.onClose(endNow);
  connection.listen();
}

function log(message: string): void {
  process.stderr.write(`${message}\n`);
}
