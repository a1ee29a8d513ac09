#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { InputError } from '../graph/errors.ts';
import { harmless } from '../report/escape.ts';
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
    return report(error, argv);
  }
}

/** One line on stderr, and with --json one object on stdout. Returns the exit code. */
function report(error: unknown, argv: readonly string[]): number {
  const verbose = argv.includes('--verbose');
  // help or the version was asked for, and shown
  if (error instanceof CommanderError) return error.exitCode;
  const name = error instanceof Error ? error.name : '';
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (verbose && error instanceof Error) process.stderr.write(`${harmless(error.stack ?? '')}\n`);
  if (name === 'Interrupted') return 130;
  const code = error instanceof InputError && name !== 'CannotRebuild' ? 2 : 1;
  if (argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ type: 'error', message, exitCode: code })}\n`);
  const expected = code === 2 || name === 'GoalMissed' || name === 'CannotRebuild';
  const said = harmless(message);
  process.stderr.write(
    expected ? `${said}\n` : `Something went wrong: ${said}${verbose ? '' : ' (--verbose shows where)'}\n`,
  );
  return code;
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
    // native libraries keep threads that would hold the process
    const flush = (stream: NodeJS.WriteStream, then: () => void) => void stream.write('', then);
    flush(process.stdout, () => flush(process.stderr, () => process.exit(code)));
  },
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
