import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { PrunedConfig } from '../../config/schema.ts';
import type { Params, Result } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';
import { t } from '../l10n.ts';
import { workspaceRoots } from '../models/find.ts';
import { pickData } from '../window/dialogs.ts';
import { sideOf } from './models.ts';
import { cancellable } from '../window/progress.ts';
import type { Parts } from './register.ts';

type Asked = Params<Look, 'apply'>;
type Answer = Result<Look, 'apply'>;

/**
 * Rebuilds a config's model by the engine's one rule (src/run/rebuild/apply.ts), which says what it needs before it does
 * anything: images, the user's word that the cut alone will do, or another place.
 */
export async function apply(
  parts: Parts,
  uri: vscode.Uri,
  config: PrunedConfig,
): Promise<Answer | undefined> {
  let asked: Asked = { config: uri.fsPath, roots: workspaceRoots() };
  for (;;) {
    const answer = await ask(parts, asked);
    const next =
      answer.outcome === 'images'
        ? await withImages(uri, config)
        : answer.outcome === 'weights'
          ? await withoutWeights(config)
          : answer.outcome === 'occupied'
            ? await elsewhere(uri, config)
            : null;
    if (next === null) {
      tell(parts, uri, config, answer);
      return answer;
    }
    if (!next) return undefined;
    asked = { ...asked, ...next };
  }
}

async function ask({ engine }: Parts, asked: Asked): Promise<Answer> {
  return await cancellable(t('Applying {0}', path.basename(asked.config)), async (signal, report) => {
    if (asked.data === undefined) return await (await engine.look()).request('apply', asked, signal);
    return await engine.apart(async (client) => {
      const off = client.on('applying', ({ done, total }) =>
        report(t('{0} of {1} images', done.toLocaleString(), total.toLocaleString())),
      );
      try {
        return await client.request('apply', asked, signal);
      } finally {
        off();
      }
    });
  });
}

/** Where the images are that it was trained on, or that the cut alone will do. */
async function withImages(uri: vscode.Uri, config: PrunedConfig): Promise<Partial<Asked> | undefined> {
  const recorded = config.data && path.resolve(path.dirname(uri.fsPath), config.data.path);
  const there = recorded !== undefined && (await stat(recorded).catch(() => null)) !== null;
  const [again, folder, file, cut] = [
    t('Train Again'),
    t('Choose Folder…'),
    t('Choose File…'),
    t('Cut Only'),
  ];
  const detail = there
    ? t(
        'The images are where the config says: {0}. The result is compared with what the run wrote.',
        recorded,
      )
    : t('The images are not where the config says ({0}).', recorded ?? '?');
  const pressed = await vscode.window.showInformationMessage(
    t('This network was trained after cutting.'),
    { modal: true, detail },
    ...(there ? [again] : []),
    folder,
    file,
    cut,
  );
  if (pressed === again) return { data: recorded };
  if (pressed === cut) return { cutOnly: true };
  if (pressed === undefined) return undefined;
  const picked = await pickData(pressed === folder ? 'folder' : 'file', path.dirname(uri.fsPath));
  return picked === null ? undefined : { data: picked };
}

async function withoutWeights({ method }: PrunedConfig): Promise<Partial<Asked> | undefined> {
  const cut = t('Cut Only');
  const pressed = await vscode.window.showWarningMessage(
    t("This network can't be rebuilt from its config."),
    {
      modal: true,
      detail: t(
        "Its weights come from the training of the method {0} itself, which the config does not hold: use the pruned model's file. The cut alone has another accuracy.",
        method.name,
      ),
    },
    cut,
  );
  return pressed === cut ? { cutOnly: true } : undefined;
}

/** Another model is where it should go. */
async function elsewhere(
  uri: vscode.Uri,
  { source, pruned }: PrunedConfig,
): Promise<Partial<Asked> | undefined> {
  const out = path.resolve(path.dirname(uri.fsPath), pruned?.path ?? source.path);
  const [other, replace] = [t('Save Elsewhere…'), t('Replace')];
  const answer = await vscode.window.showWarningMessage(
    t('Another model is there: {0}', vscode.workspace.asRelativePath(out)),
    { modal: true, detail: t('It is not the model that would be written, and would be lost.') },
    other,
    replace,
  );
  if (answer === replace) return { force: true };
  if (answer !== other) return undefined;
  const picked = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(freeName(out)) });
  return picked && { out: picked.fsPath, force: true };
}

function tell(
  { panels }: Parts,
  uri: vscode.Uri,
  { source }: PrunedConfig,
  { outcome, model, notes }: Answer,
): void {
  const name = vscode.workspace.asRelativePath(model);
  const why = notes.length ? notes.join(', ') : t('another processor, or the config was edited since');
  const said = {
    same: () => t('Wrote {0}: the same bytes as the run wrote.', name),
    alike: () => t('Wrote {0}: the network that the run wrote, in another format.', name),
    there: () => t('{0} holds these bytes already.', name),
    cut: () => t("Wrote {0}: cut, but not trained; its accuracy is not the config's.", name),
    unknown: () => t('Wrote {0}; it could not be compared with what the run wrote.', name),
    other: () => t('Wrote {0}: other bytes than the run wrote ({1}).', name, why),
  }[outcome as 'same'];
  const [inspect, compare] = [t('Inspect'), t('Compare with Original')];
  const say = outcome === 'other' ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  void say(said(), inspect, compare).then(async (pressed) => {
    if (pressed === inspect) await panels.openModel(vscode.Uri.file(model), { tab: 'network' });
    const original = vscode.Uri.file(path.resolve(path.dirname(uri.fsPath), source.path));
    if (pressed === compare) await panels.compare(sideOf(original), sideOf(vscode.Uri.file(model)));
  });
}

function freeName(file: string): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}.applied${ext}`);
}
