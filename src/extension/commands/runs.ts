import path from 'node:path';
import * as vscode from 'vscode';
import type { RunSummary } from '../../protocol/runs.ts';
import { InputError } from '../../graph/errors.ts';
import { t } from '../l10n.ts';
import { stem } from '../models/kinds.ts';
import { alive, resumable, runDescription, stateName } from '../views/labels.ts';
import type { RunState } from '../views/labels.ts';
import { folderOf, rowOf } from './arguments.ts';
import { needTrust } from './register.ts';
import type { Handler, Parts } from './register.ts';
import { openReport } from '../window/report.ts';
import { runFiles } from '../../terms/run-folder.ts';

/** Commands on runs: each takes the one clicked on, else the only one that it suits, else one that is picked. */
export function runCommands(parts: Parts): Record<string, Handler> {
  const { runs, panels, tree } = parts;

  const state = (folder: string): RunState => {
    const { status, queued } = runs.status(folder);
    return queued ? 'queued' : status;
  };

  async function run(
    given: unknown,
    title: string,
    suits: (state: RunState) => boolean,
  ): Promise<string | undefined> {
    const named = folderOf(given);
    if (named) return named;
    if (!runs.list.length) await runs.refresh();
    const fitting = runs.list.filter(({ folder }) => suits(state(folder)));
    if (!fitting.length) throw new InputError(t('There is no run that this can be done with now.'));
    if (fitting.length === 1 && fitting.length === runs.list.length) return fitting[0].folder;
    return (await pickRun(fitting, title))?.folder;
  }

  async function pickRun(list: readonly RunSummary[], title: string): Promise<RunSummary | undefined> {
    const newest = [...list].sort((a, b) => b.created - a.created);
    const picked = await vscode.window.showQuickPick(
      newest.map((run) => ({
        label: stem(run.model),
        description: `${stateName(state(run.folder))} · ${runDescription(run, state(run.folder), null)}`,
        detail: run.id,
        run,
      })),
      { title, matchOnDescription: true, matchOnDetail: true },
    );
    return picked?.run;
  }

  return {
    'espalier.openRun': async (given) => {
      const folder = await run(given, t('Open which run?'), () => true);
      if (folder) await panels.openRun(folder, 'tradeoff');
    },
    'espalier.pauseRun': async (given) => {
      const folder = await run(given, t('Pause which run?'), (one) => one === 'running');
      if (folder) await runs.pause(folder);
    },
    'espalier.resumeRun': async (given) => {
      needTrust();
      const folder = await run(given, t('Resume which run?'), resumable);
      if (folder) await runs.resume(folder);
    },
    'espalier.stopRun': async (given) => {
      const folder = await run(given, t('Stop which run?'), alive);
      if (folder) await runs.stop(folder);
    },
    'espalier.removeRun': async (given) => {
      const folder = await run(given, t('Remove which run?'), (one) => !alive(one));
      if (!folder) return;
      if (alive(state(folder))) throw new InputError(t('This run is at work. Stop it first.'));
      const remove = t('Remove');
      const answer = await vscode.window.showWarningMessage(
        t('Remove the run {0}?', path.basename(folder)),
        {
          modal: true,
          detail: t(
            'Its candidates and its checkpoint are deleted for good. Models and configs that were written stay.',
          ),
        },
        remove,
      );
      if (answer === remove) await runs.remove(folder);
    },
    'espalier.openReport': async (given) => {
      const folder = await run(given, t('Report of which run?'), (one) => one === 'done');
      const written = runs.list.find((one) => one.folder === folder)?.written;
      const report = written?.report;
      if (!folder) return;
      if (!report) throw new InputError(t('This run has no report yet.'));
      // its own folder keeps a copy
      await openReport(written.now.report === 'same' ? report : path.join(folder, runFiles.report));
    },
    'espalier.refreshRuns': () => tree.refresh(),
    'espalier.diffCandidate': async (given) => {
      const node = rowOf(given);
      if (!node) throw new InputError(t('Choose a candidate in the view Espalier Runs.'));
      const { arm, id } = node.row;
      await panels.compare(
        { kind: 'original', run: node.folder },
        { kind: 'candidate', run: node.folder, arm, id },
      );
    },
    'espalier.fineTuneCandidate': async (given) => {
      needTrust();
      const node = rowOf(given);
      if (!node) throw new InputError(t('Choose a candidate in the view Espalier Runs.'));
      if (alive(state(node.folder)))
        throw new InputError(t('This run is still at work. Wait until it has ended, or stop it.'));
      await runs.start(node.folder, { arm: node.row.arm, id: node.row.id });
      await panels.openRun(node.folder);
    },
  };
}
