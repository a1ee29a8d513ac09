import * as vscode from 'vscode';
import { t } from '../l10n.ts';
import type { Choice } from './choices.ts';
import type { Ask, Head } from './flow.ts';

/** Asks by VS Code's own dialogues: files, then branch, then message. */
export const askUser: Ask = { files, others, branch, message };
const title = () => t('Commit Pruned Config');

/**
 * An answer to a question that has the focus. Between two questions VS Code gives the focus back to the panel, and on a
 * busy machine the panel takes it only after the next one is shown, so that Enter would go to the panel.
 */
async function focused<T>(answer: Thenable<T>): Promise<T> {
  const timers = [200, 1000].map((delay) =>
    setTimeout(() => void vscode.commands.executeCommand('workbench.action.focusQuickOpen'), delay),
  );
  try {
    return await answer;
  } finally {
    timers.forEach(clearTimeout);
  }
}

async function files(
  choices: readonly Choice[],
  leftOut: readonly string[],
): Promise<readonly Choice[] | null> {
  const asked = vscode.window.showQuickPick(
    choices.map((choice) => ({
      label: choice.label,
      description: choice.detail,
      picked: choice.picked,
      choice,
    })),
    {
      title: `${title()} (1/3)`,
      placeHolder: leftOut.length
        ? t('What to commit. Left out: {0}', leftOut.join('; '))
        : t('What to commit'),
      canPickMany: true,
      ignoreFocusOut: true,
    },
  );
  const picked = await focused(asked);
  return picked ? picked.map(({ choice }) => choice) : null;
}

async function others(paths: readonly string[]): Promise<'with' | 'without' | null> {
  const only = t('Only Mine');
  const both = t('Commit Them Too');
  const answer = await vscode.window.showWarningMessage(
    paths.length === 1
      ? t('Another file is staged. Commit it too?')
      : t('{0} other files are staged. Commit them too?', paths.length),
    {
      modal: true,
      detail: `${paths.slice(0, 12).join('\n')}${paths.length > 12 ? '\n…' : ''}\n\n${t(
        "'Only Mine' leaves them staged, exactly as they are.",
      )}`,
    },
    only,
    both,
  );
  return answer === only ? 'without' : answer === both ? 'with' : null;
}

async function branch(
  head: Head,
  proposed: string,
  taken: (name: string) => Promise<string | null>,
): Promise<string | null> {
  // Before the first commit there is nothing to branch off.
  if (!head.born) return '';
  const stay = {
    label: head.branch ? `$(git-branch) ${head.branch}` : `$(git-commit) ${t('No branch')}`,
    description: head.branch
      ? head.protected
        ? t('protected: are you sure?')
        : t('the current branch')
      : t('HEAD is detached: the commit would be on no branch and easily lost'),
    stay: true,
  };
  const other = { label: `$(plus) ${t('New branch…')}`, description: proposed, stay: false };
  const careful = head.protected || !head.branch;
  const asked = vscode.window.showQuickPick(careful ? [other, stay] : [stay, other], {
    title: `${title()} (2/3)`,
    placeHolder: t('Where to commit'),
    ignoreFocusOut: true,
  });
  const picked = await focused(asked);
  if (!picked) return null;
  if (picked.stay) return '';
  const named = vscode.window.showInputBox({
    title: `${title()} (2/3)`,
    prompt: t('Name of the new branch'),
    value: proposed,
    ignoreFocusOut: true,
    validateInput: (value) => taken(value.trim()),
  });
  const name = await focused(named);
  return name === undefined ? null : name.trim();
}

/** The subject in a box; the numbers follow below it, unless the box's button opens the whole in an editor. */
async function message(subject: string, body: string): Promise<string | null> {
  const box = vscode.window.createInputBox();
  const whole = { iconPath: new vscode.ThemeIcon('edit'), tooltip: t('Edit the whole message') };
  box.title = `${title()} (3/3)`;
  box.prompt = t('First line of the message. The numbers follow below: {0}', body.replaceAll('\n', ' · '));
  box.value = subject;
  box.buttons = [whole];
  box.ignoreFocusOut = true;
  try {
    const answer = new Promise<string | null>((resolve) => {
      box.onDidAccept(() => {
        if (box.value.trim()) resolve(`${box.value.trim()}\n\n${body}\n`);
      });
      box.onDidTriggerButton(() => {
        resolve(inEditor(`${box.value.trim()}\n\n${body}\n`));
        box.hide();
      });
      box.onDidHide(() => resolve(null));
      box.show();
    });
    return await focused(answer);
  } finally {
    box.dispose();
  }
}

async function inEditor(text: string): Promise<string | null> {
  // Plain text: the git extension would offer its own commit above a message of git's.
  const document = await vscode.workspace.openTextDocument({ language: 'plaintext', content: text });
  await vscode.window.showTextDocument(document, { preview: false });
  const commit = t('Commit');
  const answer = await vscode.window.showInformationMessage(
    t('Edit the message in the editor, then commit.'),
    commit,
    t('Cancel'),
  );
  const edited = document.getText();
  await closeUntitled(document);
  return answer === commit ? edited : null;
}

async function closeUntitled(document: vscode.TextDocument): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  // Emptied first, or VS Code would ask whether to save it.
  edit.delete(document.uri, new vscode.Range(0, 0, document.lineCount, 0));
  await vscode.workspace.applyEdit(edit);
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const tab = tabs.find(
    ({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === document.uri.toString(),
  );
  if (tab) await vscode.window.tabGroups.close(tab);
}
