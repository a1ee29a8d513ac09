import path from 'node:path';
import { configSuffix } from '../../config/files.ts';
import { foreignFolders } from '../../files/foreign-folders.ts';
import { espalierFolder } from '../../terms/run-folder.ts';
import { modelEndings } from '../../terms/written.ts';

/** Folders in which nothing of the user's own is looked for. */
export const skippedFolders = [...foreignFolders, '.git', espalierFolder, '.venv'];

/** Bytes from a JSON file's start that tell whether it is a model. */
export const headBytes = 4096;

/** A pruned config, by its name. */
export function isConfig(file: string): boolean {
  return file.toLowerCase().endsWith(configSuffix);
}

/**
 * A model, or a .zip that may hold a model's files (Teachable Machine hands such out), by its name. Whether there is a
 * model in it is seen when it is opened.
 */
export function isModelName(file: string): boolean {
  const ending = path.extname(file).slice(1).toLowerCase();
  return [...modelEndings, 'zip'].includes(ending);
}

/** JSON that may be a TensorFlow.js model, as far as its name and place tell. */
export function mayBeTfjs(file: string): boolean {
  if (!/\.json$/i.test(file) || isConfig(file)) return false;
  return !file.split(/[\\/]/).some((part) => skippedFolders.includes(part));
}

/**
 * Whether JSON that starts like this is a TensorFlow.js LayersModel: its topology or weights manifest is named early.
 * GraphModels, which hold operations and no layers, are not.
 * @param head the first `headBytes` of the file
 */
export function isLayersModelHead(head: string): boolean {
  if (!/^\uFEFF?\s*\{/.test(head)) return false;
  if (/"format"\s*:\s*"graph-model"/.test(head)) return false;
  if (/"modelTopology"\s*:\s*\{\s*"(node|versions|library)"\s*:/.test(head)) return false;
  return /"(modelTopology|weightsManifest)"\s*:/.test(head);
}

/** `resnet20` of `/a/resnet20.h5`, `/a/resnet20.espalier.json` and `/a/resnet20/model.json`. */
export function stem(file: string): string {
  const base = path.basename(file);
  if (/^model\.json$/i.test(base)) return path.basename(path.dirname(file)) || 'model';
  return base.replace(isConfig(file) ? /\.espalier\.json$/i : /\.[^.]+$/, '') || base;
}

/** Whether a file is on this machine and its name says that it is a page. */
export function isPage(file: string): boolean {
  return path.isAbsolute(file) && !/^[/\\]{2}/.test(file) && /\.html?$/i.test(file);
}
