import { createHash } from 'node:crypto';
import { realpath, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { isWithin, realOf } from '../../files/real-path.ts';
import { InputError } from '../../graph/errors.ts';
import { cacheFolder } from '../../runtime/backend/cache.ts';
import type { Plan } from './plan.ts';
import type { Deed } from '../../protocol/look.ts';

// A run's folder may come with somebody else's files. What it would do to this machine beyond training, and writing
// into its own folders, is done only where this user planned it here, or has said yes to it since. That is noted in the
// user's own folder, outside the reach of any workspace.

interface Place {
  readonly folder: string;
  readonly workspace: string;
  resolve(relative: string): string;
}

/** What a run would do that needs consent: commands that measure, and files outside its workspace or beside its models. */
export async function deedsOf(run: Place, plan: Plan): Promise<Deed[]> {
  const deeds: Deed[] = plan.targets.flatMap(({ command }) =>
    command === undefined ? [] : [{ kind: 'script', what: command }],
  );
  const out = run.resolve(plan.out);
  if (!(await isBelow(out, run.workspace))) deeds.push({ kind: 'write', what: out });
  if (plan.report !== undefined) deeds.push({ kind: 'write', what: run.resolve(plan.report) });
  return deeds;
}

/** Of these, what nobody has consented to. */
export async function unconsented(run: Place, deeds: readonly Deed[]): Promise<Deed[]> {
  const open: Deed[] = [];
  for (const deed of deeds)
    if (
      !(await stat(await noteOf(run.folder, deed)).then(
        () => true,
        () => false,
      ))
    )
      open.push(deed);
  return open;
}

/** Notes that this user wants what a run does. @throws InputError where it can't be noted */
export async function consent(run: Place, deeds: readonly Deed[]): Promise<void> {
  for (const deed of deeds) {
    const note = await noteOf(run.folder, deed);
    try {
      await makeFolder(path.dirname(note), 0o700);
      await writeFile(note, `${deed.kind} ${deed.what}\n`, { mode: 0o600 });
    } catch (error) {
      throw new InputError(
        `it can't be noted in ${path.dirname(note)} that you agree that the run ${described(deed)}: ${error instanceof InputError ? error.message : (error as NodeJS.ErrnoException).code}`,
      );
    }
  }
}

/** The same for a run that is being planned here. */
export async function consentToPlan(run: Place, plan: Plan): Promise<void> {
  await consent(run, await deedsOf(run, plan));
}

/**
 * The commands that a run may start.
 * @throws InputError naming what nobody has consented to
 */
export async function allowedScripts(run: Place, plan: Plan): Promise<ReadonlySet<string>> {
  const deeds = await deedsOf(run, plan);
  const [first] = await unconsented(run, deeds);
  if (first) throw refusal(run, first);
  return new Set(deeds.filter(({ kind }) => kind === 'script').map(({ what }) => what));
}

/** Why a run doesn't go on, and how to have it go on. */
export function refusal(run: Place, deed: Deed): InputError {
  const name = path.basename(run.folder);
  const how =
    deed.kind === 'script'
      ? 'to let it, repeat its --target with --resume, or give --allow-script'
      : 'to let it, give --allow-write with --resume';
  return new InputError(`the run ${name} was not planned here and ${described(deed)}; ${how}`);
}

/** What it does, in words. */
export function described({ kind, what }: Deed): string {
  const shown = JSON.stringify(what);
  return kind === 'script' ? `runs the command ${shown}` : `writes ${shown}`;
}

async function noteOf(folder: string, { kind, what }: Deed): Promise<string> {
  const real = await realpath(folder).catch(() => path.resolve(folder));
  const name = createHash('sha256')
    .update(JSON.stringify([real, kind, what]))
    .digest('hex');
  return path.join(cacheFolder(), 'consent', name);
}

/** Whether a path leads into a folder, links followed as far as they are there. */
async function isBelow(target: string, folder: string): Promise<boolean> {
  const real = await realOf(target);
  return real !== null && isWithin(await realpath(folder).catch(() => folder), real);
}
