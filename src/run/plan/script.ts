import { spawn } from 'node:child_process';
import { InputError, Interrupted } from '../../graph/errors.ts';
import { signalTree } from '../../system/end-tree.ts';

/** A user's script that gave no number for a network; another network may do better. */
export class ScriptFailed extends InputError {}

export interface ScriptLimits {
  /** seconds until the script is ended; default 600 */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /** the folder that it works in; default the current one */
  readonly cwd?: string;
}

/** How long a script may take that nobody set a limit for. */
const PATIENCE = 600;

/**
 * Runs a user's command in their shell, {model} in it replaced by the file (else put at its end); the number is the
 * last one that it prints. It is ended, with all that it started, when its time is up.
 * @throws ScriptFailed where it fails, takes too long or prints no number; Interrupted once the signal is aborted
 */
export async function runScript(
  command: string,
  modelFile: string,
  { seconds = PATIENCE, signal, cwd }: ScriptLimits = {},
): Promise<number> {
  const quoted = process.platform === 'win32' ? `"${modelFile}"` : `'${modelFile.replaceAll("'", `'\\''`)}'`;
  const line = command.includes('{model}')
    ? command.replaceAll('{model}', () => quoted)
    : `${command} ${quoted}`;
  let late = false;
  const { code, text } = await new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    // a process group of its own, so that what the shell starts ends with it
    const detached = process.platform !== 'win32';
    const child = spawn(line, { cwd, shell: true, detached, stdio: ['ignore', 'pipe', 'inherit'] });
    const end = (): void => {
      if (child.pid !== undefined) signalTree(child.pid, 'SIGKILL');
      // what it left behind may hold the pipe open
      child.stdout.destroy();
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, seconds * 1000);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (part: string) => (output = (output + part).slice(-65536)));
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    };
    child.on('error', (error) => {
      done();
      reject(new ScriptFailed(`the script "${command}" can't be started: ${error.message}`));
    });
    child.on('close', (status) => {
      done();
      resolve({ code: status, text: output });
    });
  });
  if (signal?.aborted) throw new Interrupted();
  if (late)
    throw new ScriptFailed(`the script "${command}" gave no answer within ${seconds} s and was ended`);
  if (code !== 0)
    throw new ScriptFailed(`the script "${command}" ended with ${code}; run it by hand to see why`);
  const numbers = text.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi);
  const value = Number(numbers?.at(-1));
  if (!numbers || !Number.isFinite(value))
    throw new ScriptFailed(`the script "${command}" printed no number; let its last word be the number`);
  return value;
}
