import { closeSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { InputError } from '../../graph/errors.ts';
import type { Backend } from '../types.ts';
import type { Numerics } from '../../terms/numerics.ts';

/** Variables of the environment by which TensorFlow's libraries choose other kernels, and so other last bits. */
const decisive = [
  'TF_ENABLE_ONEDNN_OPTS',
  'ONEDNN_MAX_CPU_ISA',
  'ONEDNN_DEFAULT_FPMATH_MODE',
] as const satisfies readonly (keyof Options)[];
type Options = NonNullable<Numerics['options']>;

/** What this process computes by, of a backend that is open: the environment is then as the library read it. */
export function numericsOf({ name, version, threads }: Backend): Numerics {
  if (name === 'wasm') return { backend: name, version, threads };
  const flags = processorFlags();
  return {
    backend: name,
    version,
    threads,
    processor: processorOf(flags),
    options: optionsOf(process.env, flags),
  };
}

/**
 * Threads where none are asked for: TF_NUM_INTRAOP_THREADS, else all cores that this process may use.
 * @throws InputError where that variable is no number of threads
 */
export function defaultThreads(env: NodeJS.ProcessEnv = process.env): number {
  const text = env.TF_NUM_INTRAOP_THREADS?.trim();
  // TensorFlow takes 0 for "as you like"
  if (!text || text === '0') return availableParallelism();
  const threads = Number(text);
  if (!/^\d+$/.test(text) || threads > 1024)
    throw new InputError(`TF_NUM_INTRAOP_THREADS is "${text}"; it should be a whole number from 1 to 1024`);
  return threads;
}

/**
 * Lets this process compute as a run did, before its backend is opened: sets the recorded options that the user has not
 * set. What the user set stays; `differences` tells it afterwards.
 */
export function adopt({ options = {} }: Numerics, env: NodeJS.ProcessEnv = process.env): void {
  for (const name of decisive)
    if (options[name] !== undefined && !env[name]?.trim()) env[name] = options[name];
}

/**
 * What the environment has set otherwise than the record, in words: what `adopt` would leave.
 * @param threads asked for by an option, which beats the environment
 */
export function conflicts(
  recorded: Numerics,
  threads: number | undefined,
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const found: string[] = [];
  const now = threads ?? (env.TF_NUM_INTRAOP_THREADS?.trim() ? defaultThreads(env) : recorded.threads);
  if (now !== recorded.threads)
    found.push(
      `${threads === undefined ? 'TF_NUM_INTRAOP_THREADS' : 'threads'} ${now} instead of ${recorded.threads}`,
    );
  if (!recorded.options) return found;
  const set = optionsOf(env, null);
  for (const name of decisive)
    if (set[name] !== undefined && set[name] !== recorded.options[name])
      found.push(`${name} ${set[name]} instead of ${recorded.options[name] ?? 'unset'}`);
  return found;
}

/**
 * Lets this process go on as something began: sets what that computed by, as far as the user has not set it.
 * @param threads asked for by an option
 * @param what it is, and how it is begun anew
 * @throws InputError where the user set it otherwise: the result would be of neither
 */
export function goOnAlike(
  began: Numerics,
  threads: number | undefined,
  { what, anew }: { readonly what: string; readonly anew: string },
): void {
  const other = conflicts(began, threads);
  if (other.length)
    throw new InputError(
      `the ${what} was begun with other settings of the backend (now ${other.join(', ')}), and would end with other bytes than from either alone; unset them to go on, or ${anew}`,
    );
  adopt(began);
}

/** What to say where something goes on with differences that nobody can unset. */
export function goesOnOtherwise(other: readonly string[]): string {
  return `it goes on otherwise than it began (${other.join(', ')}), so its last bits are neither's`;
}

/** What this machine and environment would do otherwise than the record, without a backend being opened. */
export function differsHere(recorded: Numerics, threads: number | undefined): string[] {
  const found = conflicts(recorded, threads);
  const here = processorOf(processorFlags());
  if (recorded.processor !== undefined && recorded.processor !== here)
    found.unshift(`processor ${here} instead of ${recorded.processor}`);
  return found;
}

/** Where two differ, in words; empty where they compute alike as far as is known. */
export function differences(recorded: Numerics, now: Numerics): string[] {
  const found: string[] = [];
  const compare = (what: string, before: unknown, after: unknown): void => {
    if (before !== after)
      found.push(`${what} ${String(after ?? 'unset')} instead of ${String(before ?? 'unset')}`);
  };
  compare('backend', recorded.backend, now.backend);
  if (recorded.backend === now.backend) {
    compare(recorded.backend === 'wasm' ? 'wasm' : 'TensorFlow', recorded.version, now.version);
    compare('processor', recorded.processor, now.processor);
    for (const name of decisive) compare(name, recorded.options?.[name], now.options?.[name]);
  }
  compare('threads', recorded.threads, now.threads);
  return found;
}

/** The decisive variables as the library takes them; with `flags`, also what TensorFlow chooses where none is set. */
export function optionsOf(env: NodeJS.ProcessEnv, flags: ReadonlySet<string> | null): Options {
  const options: { -readonly [Name in keyof Options]: Options[Name] } = {};
  const text = (name: string): string => env[name]?.trim() ?? '';
  const given = /^(1|true)$/i.test(text('TF_ENABLE_ONEDNN_OPTS'))
    ? true
    : /^(0|false)$/i.test(text('TF_ENABLE_ONEDNN_OPTS'))
      ? false
      : null;
  const used = given ?? (flags && oneDnnByDefault(flags));
  if (used !== null) options.TF_ENABLE_ONEDNN_OPTS = used ? '1' : '0';
  // DNNL_ is what oneDNN called it before
  const widest = (text('ONEDNN_MAX_CPU_ISA') || text('DNNL_MAX_CPU_ISA')).toUpperCase();
  if (/^[A-Z][A-Z0-9_]{1,40}$/.test(widest) && !['ALL', 'DEFAULT'].includes(widest))
    options.ONEDNN_MAX_CPU_ISA = widest;
  const maths = text('ONEDNN_DEFAULT_FPMATH_MODE').toUpperCase();
  if (/^[A-Z][A-Z0-9_]{1,40}$/.test(maths) && maths !== 'STRICT') options.ONEDNN_DEFAULT_FPMATH_MODE = maths;
  return options;
}

/** TensorFlow's own rule (util/util.cc, IsMKLEnabled): on by itself only where Linux says that the CPU has one of these. */
function oneDnnByDefault(flags: ReadonlySet<string>): boolean | null {
  if (process.platform === 'darwin') return false;
  if (process.platform !== 'linux' || process.arch !== 'x64' || !flags.size) return null;
  const wanted = ['avx512_vnni', 'avx512_bf16', 'avx_vnni', 'amx_tile', 'amx_int8', 'amx_bf16'];
  return wanted.some((flag) => flags.has(flag));
}

/** Architecture and the widest vectors that float32 kernels choose by. */
function processorOf(flags: ReadonlySet<string>): string {
  const widest = ['avx512bw', 'avx2', 'avx', 'sse4_1'].find((flag) => flags.has(flag));
  return widest ? `${process.arch} ${widest.replace('bw', '').replace('_', '.')}` : process.arch;
}

/** What the processor can do, where the system tells (Linux); else empty. */
function processorFlags(): ReadonlySet<string> {
  try {
    const file = openSync('/proc/cpuinfo', 'r');
    try {
      const start = Buffer.alloc(1 << 14);
      const text = start.toString('latin1', 0, readSync(file, start));
      return new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1].trim().split(/\s+/));
    } finally {
      closeSync(file);
    }
  } catch {
    return new Set();
  }
}
