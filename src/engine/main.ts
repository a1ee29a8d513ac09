import { InputError } from '../graph/errors.ts';

/**
 * The background process, in one of two roles:
 * - `look`, forked by the editor's extension host: answers what is asked of models, images and runs;
 * - `run FOLDER [--candidate ARM ID]`, detached: works on one run and is reached by a local pipe.
 */
async function main([role, ...rest]: readonly string[]): Promise<number | void> {
  if (role === 'look') return (await import('./look/serve.ts')).look();
  if (role === 'run') return await (await import('./work/main.ts')).work(rest);
  throw new InputError('usage: engine.cjs look | engine.cjs run FOLDER [--candidate ARM ID]');
}

function fail(error: unknown): never {
  const text =
    error instanceof Error ? (error.name === 'InputError' ? error.message : error.stack) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof InputError ? 2 : 1);
}

main(process.argv.slice(2)).then((code) => {
  // native libraries keep threads that would hold the process
  if (code !== undefined) process.exit(code);
}, fail);
