import { effect } from '@preact/signals';
import type { Draft } from '../../src/protocol/plan.ts';
import type { Target } from '../../src/terms/goals.ts';
import { remember } from '../persist.ts';
import { draft, type Ready } from '../state.ts';

/** The goal of a draft that nobody has touched. */
export const firstTarget: Target = { metric: 'macs', value: 50, relative: true };

/** A draft with defaults that make sense: half of the MACs, standard effort, everything found out. Null without a model. */
export function firstDraft(ready: Ready, past: Partial<Draft> | null): Draft | null {
  if (ready.model === null || ready.workspace === null) return null;
  const base: Draft = {
    model: ready.model,
    workspace: ready.workspace,
    data: null,
    targets: [firstTarget],
    method: ready.methods[0]?.name ?? 'rewarded-meta',
    settings: {},
    effort: 'standard',
    seed: 1,
    roundTo: 'auto',
    freeze: [],
    interiorOutputs: false,
    controls: [],
    backend: 'auto',
    measureLatency: false,
  };
  return { ...base, ...ready.defaults, ...past, model: ready.model, workspace: ready.workspace };
}

/** Remembers every change of the draft. */
export function keepDraft(): void {
  effect(() => remember({ draft: draft.value }));
}

/** Changes the draft. */
export function change(part: Partial<Draft>): void {
  if (draft.value) draft.value = { ...draft.value, ...part };
}
