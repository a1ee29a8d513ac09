import * as vscode from 'vscode';
import { t } from '../l10n.ts';
import { cancellable } from '../window/progress.ts';
import { needTrust } from './register.ts';
import type { Handler, Parts } from './register.ts';

/** Commands about the engine, its backend and what the extension remembers. */
export function engineCommands(parts: Parts): Record<string, Handler> {
  const { engine, log, context } = parts;
  return {
    'espalier.showLog': () => log.show(),
    'espalier.doctor': async () => {
      const { backend, why, lines, fix } = await cancellable(t('Looking at the backend'), async (signal) =>
        (await engine.look()).request('doctor', {}, signal),
      );
      log.info(t('Backend: {0} ({1})', backend, why));
      for (const { name, ok, text } of lines)
        log[ok ? 'info' : 'warn'](`  ${ok ? '✓' : '✗'} ${name}: ${text}`);
      if (fix) log.info(t('To fix: {0}', fix));
      log.show(true);
      if (!vscode.workspace.isTrusted) {
        void vscode.window.showInformationMessage(
          t(
            'In Restricted Mode no backend is looked for. Trust the workspace to see which one runs would use.',
          ),
        );
        return;
      }
      const setUp = t('Set Up…');
      const offer = fix && backend !== 'tensorflow' ? [setUp] : [];
      void vscode.window
        .showInformationMessage(t('Runs use {0}: {1}', backend, why), ...offer)
        .then((pressed) => {
          if (pressed) return vscode.commands.executeCommand('espalier.setUpTensorflow');
        });
    },
    'espalier.setUpTensorflow': async () => {
      needTrust();
      const go = t('Set Up');
      const answer = await vscode.window.showInformationMessage(
        t('Set up TensorFlow for Espalier?'),
        {
          modal: true,
          detail: t(
            "TensorFlow's libraries are taken from this machine where they are found; otherwise pip fetches them (about 250 MB, kept outside your project). Then a small part is compiled, which needs a C++ compiler.",
          ),
        },
        go,
      );
      if (answer !== go) return;
      const { ready, why, fix } = await cancellable(t('Setting up TensorFlow'), async (signal, report) => {
        const look = await engine.look();
        const stop = look.on('setup', ({ text }) => {
          log.info(`setup: ${text}`);
          report(text);
        });
        try {
          return await look.request('setup', {}, signal);
        } finally {
          stop();
        }
      });
      log.info(`setup: ${ready ? 'ready' : 'not ready'}: ${why}`);
      // The process has chosen its backend already.
      await engine.restart();
      if (ready) void vscode.window.showInformationMessage(t('TensorFlow is ready: {0}', why));
      else {
        const show = t('Show Log');
        const said = fix ? t('TensorFlow is not ready: {0} To fix: {1}', why, fix) : why;
        void vscode.window.showWarningMessage(said, show).then((pressed) => {
          if (pressed) log.show();
        });
      }
    },
    'espalier.resetState': async () => {
      const reset = t('Forget');
      const answer = await vscode.window.showWarningMessage(
        t('Forget everything that Espalier remembers in this workspace?'),
        {
          modal: true,
          detail: t('Stars, last choices and waiting runs are forgotten. Runs, models and configs stay.'),
        },
        reset,
      );
      if (answer !== reset) return;
      for (const memory of [context.workspaceState, context.globalState])
        for (const key of memory.keys()) await memory.update(key, undefined);
      await engine.restart();
    },
  };
}
