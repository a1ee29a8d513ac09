import * as vscode from 'vscode';
import type { RowNode } from '../views/runs-tree.ts';

/** A file that a menu, a CodeLens or another extension names. */
export function uriOf(given: unknown): vscode.Uri | undefined {
  return given instanceof vscode.Uri && given.scheme === 'file' ? given : undefined;
}

/** The selected files, which menus give as the second argument. */
export function urisOf(given: unknown): vscode.Uri[] {
  return Array.isArray(given) ? given.flatMap((one) => uriOf(one) ?? []) : [];
}

/** The folder of a run that the tree, the status bar or the panel names. */
export function folderOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  const { type, folder } = (given ?? {}) as { type?: unknown; folder?: unknown };
  return (type === 'run' || type === 'row') && typeof folder === 'string' ? folder : undefined;
}

/** A candidate's line in the tree. */
export function rowOf(given: unknown): RowNode | undefined {
  return (given as RowNode | undefined)?.type === 'row' ? (given as RowNode) : undefined;
}
