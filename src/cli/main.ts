#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { InputError } from '../graph/errors.ts';
import { addCommands } from './program.ts';

/** Exit codes: 0 done, 1 the check failed or the goal was not reached, 2 bad input, 130 interrupted. */
async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('espalier');
  let code = 0;
  addCommands(program, (result) => (code = result));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return report(error, argv.includes('--verbose'));
  }
}

/** One line on stderr. Returns the exit code. */
function report(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    process.stderr.write(`${oneLine(error.message.replace(/^error: /, ''))}; see espalier --help\n`);
    return 2;
  }
  const name = error instanceof Error ? error.name : '';
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  if (name === 'Interrupted') return 130;
  if (name === 'GoalMissed' || name === 'CannotRebuild') {
    process.stderr.write(`${message}\n`);
    return 1;
  }
  if (error instanceof InputError) {
    process.stderr.write(`${message}\n`);
    return 2;
  }
  process.stderr.write(`Something went wrong: ${message}${verbose ? '' : ' (--verbose shows where)'}\n`);
  return 1;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

// a reader that goes away (| head) is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
    // native engines keep threads that would hold the process
    const flush = (stream: NodeJS.WriteStream, then: () => void) => void stream.write('', then);
    flush(process.stdout, () => flush(process.stderr, () => process.exit(code)));
  },
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
