import { ownEnvironment, surroundings } from '../../system/programs.ts';

/**
 * The environment of our own processes: without what VS Code and the user's shell set for other programs (NODE_OPTIONS, VSCODE_*,
 * ELECTRON_*), which would change or break a plain Node, and without search paths that name the current folder.
 * @param asNode the executable is Electron and must behave as Node
 */
export function childEnvironment(from: NodeJS.ProcessEnv, asNode: boolean): NodeJS.ProcessEnv {
  const kept = Object.entries(from).filter(
    ([name]) => !/^(NODE_OPTIONS|NODE_CHANNEL_.*|NODE_REPL_.*|VSCODE_.*|ELECTRON_.*)$/i.test(name),
  );
  const environment = ownEnvironment(surroundings(Object.fromEntries(kept)));
  if (asNode) environment.ELECTRON_RUN_AS_NODE = '1';
  return environment;
}
