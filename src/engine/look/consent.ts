import { consent, deedsOf, unconsented } from '../../run/plan/consent.ts';
import type { Deed } from '../../protocol/look.ts';
import { RunFolder } from '../../run/store/folder.ts';

/** What a run would do that its user has not agreed to yet. @throws InputError where the folder holds no run */
export async function deeds(folder: string): Promise<{ deeds: Deed[] }> {
  const { run, plan } = await RunFolder.look(folder);
  return { deeds: await unconsented(run, await deedsOf(run, plan)) };
}

/** Notes that the user agrees to it. */
export async function agree(folder: string, shown: readonly Deed[]): Promise<Record<string, never>> {
  const { run } = await RunFolder.look(folder);
  await consent(run, shown);
  return {};
}
