import { createInterface } from 'node:readline/promises';
import { Interrupted } from '../graph/errors.ts';

/** Whether somebody is there who can be asked. */
function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * A question with yes or no, no being the default, and the answer where nobody is there or the input ends (Ctrl-D).
 * @throws Interrupted at Ctrl-C
 */
export async function ask(question: string): Promise<boolean> {
  if (!canAsk()) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // readline never answers a question that is ended by a key, and the process would end with 0
    const ended = new Promise<string>((resolve, reject) => {
      lines.once('SIGINT', () => reject(new Interrupted()));
      lines.once('close', () => resolve(''));
    });
    return /^\s*y(es)?\s*$/i.test(await Promise.race([lines.question(`${question} [y/N] `), ended]));
  } catch (error) {
    process.stderr.write('\n');
    throw error;
  } finally {
    lines.close();
  }
}
