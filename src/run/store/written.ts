import { stat } from 'node:fs/promises';
import { describeConfig } from '../../config/describe.ts';
import { readConfig } from '../../config/files.ts';
import type { FileState, WrittenNow } from '../../protocol/runs.ts';
import { modelParts, hashFile, hashModel } from '../../formats/identity.ts';
import type { Written } from '../../terms/written.ts';

/** Sizes and times of a model's files; where they stayed, so did the model. */
export async function stampOf(file: string): Promise<string> {
  const parts = await Promise.all((await modelParts(file)).map((part) => stat(part).catch(() => null)));
  return parts.map((one) => (one ? `${one.size} ${one.mtimeMs}` : 'none')).join();
}

/** Whether the files that a run wrote are still those: each the same, another by now, or gone. */
export async function writtenNow(written: Written): Promise<WrittenNow> {
  const { sha256, stamp, report, beside } = written;
  const config = await stateOf(written.config, sha256?.config, hashFile);
  const model = await stateOf(written.model, sha256?.model, async (file) =>
    stamp !== undefined && (await stampOf(file)) === stamp ? sha256!.model : await rememberedHash(file),
  );
  return {
    config,
    model,
    report: report === undefined ? undefined : await stateOf(report, sha256?.report, hashFile),
    beside:
      beside && (await Promise.all(beside.map((file, i) => stateOf(file, sha256?.beside?.[i], hashFile)))),
    instead: config === 'changed' ? await inWords(written.config) : null,
  };
}

async function stateOf(
  file: string,
  sha256: string | undefined,
  hash: (file: string) => Promise<string>,
): Promise<FileState> {
  if (!(await stat(file).catch(() => null))) return 'missing';
  return (await hash(file).catch(() => null)) === sha256 ? 'same' : 'changed';
}

const hashes = new Map<string, { readonly stamp: string; readonly sha256: string }>();

/** A model's hash, read again only where its files changed. */
async function rememberedHash(file: string): Promise<string> {
  const stamp = await stampOf(file);
  const known = hashes.get(file);
  if (known?.stamp === stamp) return known.sha256;
  const sha256 = await hashModel(file);
  hashes.delete(file);
  hashes.set(file, { stamp, sha256 });
  if (hashes.size > 200) hashes.delete(hashes.keys().next().value!);
  return sha256;
}

/** What a config is of, in a few words; null where it is no config. */
async function inWords(file: string): Promise<string | null> {
  return await readConfig(file).then(describeConfig, () => null);
}
