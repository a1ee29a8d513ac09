import type { PanelState } from '../../protocol/panel.ts';
import { panelState } from '../../protocol/panel.ts';

/** The part of vscode.Memento that is used here. */
interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const key = 'espalier.panels';
/** So many panels are remembered, the latest first. */
const most = 20;

/**
 * What panels remember of themselves, by what they are about. The editor keeps a copy too, but writes it down only now
 * and then: after a reload it may be a minute old.
 */
export class PanelMemory {
  private readonly known: Map<string, PanelState>;

  constructor(private readonly memory: Memory) {
    const entries = memory.get(key);
    this.known = new Map(
      (Array.isArray(entries) ? (entries as unknown[]) : []).flatMap((entry) => {
        const [subject, state] = Array.isArray(entry) ? (entry as unknown[]) : [];
        const parsed = panelState.safeParse(state);
        return typeof subject === 'string' && parsed.success ? [[subject, parsed.data] as const] : [];
      }),
    );
  }

  of(subject: string): PanelState | null {
    return this.known.get(subject) ?? null;
  }

  async set(subject: string, state: PanelState): Promise<void> {
    this.known.delete(subject);
    const entries = [[subject, state] as const, ...this.known].slice(0, most);
    this.known.clear();
    for (const [name, one] of entries) this.known.set(name, one);
    await this.memory.update(key, entries);
  }
}
