import * as vscode from 'vscode';
import type { NodeChoice } from './node.ts';
import { chooseNode } from './node.ts';

/** Settings that a process takes up only when it starts. */
export const processSettings = ['espalier.nodePath', 'espalier.pythonPath', 'espalier.tensorflowPath'];

/**
 * The Node and the environment of our processes, as the settings have them.
 * @throws InputError where a setting names a Node that can't be used
 */
export async function configuredNode(): Promise<NodeChoice> {
  const settings = vscode.workspace.getConfiguration('espalier');
  const { path, env } = await chooseNode(settings.get('nodePath', ''));
  const python = settings.get('pythonPath', '').trim();
  const tensorflow = settings.get('tensorflowPath', '').trim();
  return {
    path,
    env: {
      ...env,
      ...(python ? { ESPALIER_PYTHON: python } : {}),
      ...(tensorflow ? { ESPALIER_TENSORFLOW: tensorflow } : {}),
    },
  };
}
