import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { InputError } from '../../graph/errors.ts';
import { ownQuarters } from '../../system/programs.ts';
import { t } from '../l10n.ts';
import { childEnvironment } from './environment.ts';

/** The oldest Node that the engine runs on. */
const oldest = [20, 19];

/** What our processes are started with. */
export interface NodeChoice {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

const good = new Set<string>();

/**
 * The Node that the setting names, after a look at its version, or else the one that VS Code itself runs on.
 * @throws InputError where the setting names something that can't be used
 */
export async function chooseNode(setting: string, own = process.execPath): Promise<NodeChoice> {
  const named = setting.trim();
  if (!named) return { path: own, env: childEnvironment(process.env, 'electron' in process.versions) };
  const env = childEnvironment(process.env, false);
  const refuse = (why: string) =>
    new InputError(
      `${why} ${t('Correct the setting "espalier.nodePath", or empty it to use the Node of VS Code.')}`,
    );
  if (!path.isAbsolute(named)) throw refuse(t('"{0}" is not an absolute path.', named));
  if (!good.has(named)) {
    const said = await promisify(execFile)(named, ['--version'], {
      ...ownQuarters(env),
      timeout: 10_000,
    }).catch((error: NodeJS.ErrnoException) => {
      throw refuse(
        error.code === 'ENOENT'
          ? t('The Node "{0}" is not there.', named)
          : t('The Node "{0}" does not start: {1}.', named, error.message.split('\n')[0]),
      );
    });
    const version = /^v(\d+)\.(\d+)\./.exec(said.stdout.trim());
    if (!version) throw refuse(t('"{0}" is not a Node.', named));
    const [major, minor] = [Number(version[1]), Number(version[2])];
    if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
      throw refuse(t('"{0}" is Node {1}, older than {2}.', named, said.stdout.trim(), oldest.join('.')));
    good.add(named);
  }
  return { path: named, env };
}
