import { stat } from 'node:fs/promises';
import { loadModel } from '../../formats/index.ts';
import { labelFiles } from '../../formats/labels.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { modelFile, modelParts, hashModel } from '../../formats/identity.ts';

/** A model file with what identifies it. */
export interface CachedModel {
  /** the file that it is named by, a folder's model.json */
  readonly file: string;
  readonly model: LoadedModel;
  readonly sha256: string;
  /** of all its files */
  readonly bytes: number;
}

/** Opens models and keeps the last few, each for as long as its files stay as they are. */
export class Models {
  private readonly kept = new Map<string, { stamp: string; opened: Promise<CachedModel> }>();

  constructor(private readonly most = 3) {}

  /** @throws InputError where it can't be read */
  async open(named: string): Promise<CachedModel> {
    const file = await modelFile(named);
    const own = await modelParts(file);
    const parts = [...own, ...(await labelFiles(file))];
    const about = await Promise.all(parts.map((part) => stat(part).catch(() => null)));
    const stamp = about.map((one) => one && `${one.size} ${one.mtimeMs} ${one.ino}`).join();
    const known = this.kept.get(file);
    this.kept.delete(file);
    if (known?.stamp === stamp) {
      this.kept.set(file, known);
      return await known.opened;
    }
    const bytes = about.slice(0, own.length).reduce((sum, one) => sum + (one?.size ?? 0), 0);
    const opened = read(file, bytes);
    this.kept.set(file, { stamp, opened });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.most) break;
      this.kept.delete(oldest);
    }
    try {
      return await opened;
    } catch (error) {
      if (this.kept.get(file)?.opened === opened) this.kept.delete(file);
      throw error;
    }
  }
}

async function read(file: string, bytes: number): Promise<CachedModel> {
  const model = await loadModel(file);
  return { file, model, sha256: await hashModel(file), bytes };
}
