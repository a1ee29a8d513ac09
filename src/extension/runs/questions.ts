import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import { t } from '../l10n.ts';
import type { Job } from './jobs.ts';
import type { Outcome } from './live.ts';
import type { RunsOptions } from './options.ts';

/**
 * A run that came with the folder does nothing beyond training before its user has seen what that would be.
 * @throws InputError where it was not allowed
 */
export async function mustAgree(folder: string, { engine, say }: RunsOptions): Promise<void> {
  const look = await engine.look();
  const { deeds } = await look.request('deeds', { folder });
  if (!deeds.length) return;
  const name = path.basename(folder);
  const what = deeds.map((deed) =>
    deed.kind === 'script' ? t('run the command "{0}"', deed.what) : t('write "{0}"', deed.what),
  );
  const allow = t('Allow');
  const text = t('The run {0} was not planned by you on this computer. It would {1}.', name, what.join('; '));
  if ((await say('warning', text, allow)) !== allow)
    throw new InputError(t('The run {0} was not started: what it would do was not allowed.', name));
  await look.request('agree', { folder, deeds });
}

/** Tells why a run failed. @returns whether it is to go on */
export async function tellFailure(
  { folder }: Job,
  { message, crashed, log }: Outcome,
  { say, showLog }: RunsOptions,
): Promise<boolean> {
  const [resume, show] = [t('Resume'), t('Show Log')];
  const last = crashed && log.length ? ` ${t('It last said: {0}', log.at(-1)!)}` : '';
  const pressed = await say('error', `${path.basename(folder)}: ${message}${last}`, resume, show);
  if (pressed === show) showLog(folder);
  return pressed === resume;
}

/** Asks whether runs that stopped when the window was closed, and what waited behind them, are to go on. */
export async function mayGoOn(jobs: readonly Job[], { say }: RunsOptions): Promise<boolean> {
  const [resume, later] = [t('Resume'), t('Not Now')];
  const names = jobs.map((job) => path.basename(job.folder)).join(', ');
  const text = t('These runs were stopped or waiting when the window was closed: {0}. Resume them?', names);
  return (await say('information', text, resume, later)) === resume;
}
