import * as z from 'zod';
import { candidateRef } from '../../terms/candidates.ts';

const starred = z.array(candidateRef);
export type Star = z.infer<typeof starred>[number];

/** The part of vscode.Memento that is used here. */
interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** Which candidates of a run the user has starred; remembered with the workspace. */
export class Stars {
  constructor(private readonly memory: Memory) {}

  of(run: string): Star[] {
    const known = starred.safeParse(this.memory.get(key(run)));
    return known.success ? known.data : [];
  }

  async set(run: string, star: Star, on: boolean): Promise<void> {
    const others = this.of(run).filter(({ arm, id }) => arm !== star.arm || id !== star.id);
    const now = on ? [...others, { arm: star.arm, id: star.id }] : others;
    await this.memory.update(key(run), now.length ? now : undefined);
  }
}

function key(run: string): string {
  return `espalier.stars:${run}`;
}
