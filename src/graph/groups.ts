import type { Dependencies } from './types.ts';

/** The layers that make a group's channels. */
export function producersOf(group: Dependencies['groups'][number]): string[] {
  return [...new Set(group.members.filter((m) => m.role === 'producer').map((m) => m.layer))];
}
