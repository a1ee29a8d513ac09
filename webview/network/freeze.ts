import type { GroupView } from '../../src/protocol/views.ts';
import { draft } from '../state.ts';
import { t } from '../strings.ts';
import { producersOf } from './rows.ts';

/** Whether the user froze this group: by the name of any layer that makes its channels. */
export function frozenByUser(group: GroupView, freeze: readonly string[]): boolean {
  return group.frozen === null && producersOf(group).some((layer) => freeze.includes(layer));
}

/** Why no channel of a group may go: the network's reason, or the user's wish. Null where they may. */
export function whyFrozen(group: GroupView, freeze: readonly string[]): string | null {
  if (group.frozen !== null) return group.frozen;
  return frozenByUser(group, freeze) ? t('frozen by you') : null;
}

/** Freezes a group in the draft, or lets it go. One layer's name is enough: its channels are tied to the others'. */
export function toggleFreeze(group: GroupView): void {
  const now = draft.value;
  if (!now || group.frozen !== null) return;
  const makers = producersOf(group);
  const freeze = frozenByUser(group, now.freeze)
    ? now.freeze.filter((layer) => !makers.includes(layer))
    : [...now.freeze, ...makers.slice(0, 1)];
  draft.value = { ...now, freeze };
}
