import path from 'node:path';
import type { Tab } from '../../protocol/panel.ts';
import type { Side } from '../../protocol/views.ts';

/** What a panel is about: a model, or two sides. `run` and `tab`: what it shows first. */
export interface Subject {
  /** absolute path; null where a comparison of two files is all there is */
  readonly model: string | null;
  readonly name: string;
  /** the folder that holds `.espalier` */
  readonly workspace: string | null;
  readonly compare: { readonly a: Side; readonly b: Side } | null;
  run: string | null;
  tab: Tab;
}

/** One panel for each: a model's whatever it shows, a comparison's by its sides. */
export function subjectKey({ model, compare }: Pick<Subject, 'model' | 'compare'>): string {
  return model === null ? `compare:${JSON.stringify(compare)}` : `model:${model}`;
}

/** A short name for people. */
export function sideName(side: Side): string {
  if (side.kind === 'original') return 'original';
  if (side.kind === 'candidate') return `${side.arm}-${side.id}`;
  return side.label ?? fileName(side.file);
}

/** A file's name; with its folder's where it says nothing itself (`resnet20/model.json`). */
export function fileName(file: string): string {
  const base = path.basename(file);
  return /^model\.json$/i.test(base) ? path.join(path.basename(path.dirname(file)), base) : base;
}
