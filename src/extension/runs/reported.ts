import type { Status } from '../types.ts';

/** How runs stood when that was last reported, by folder: each change is reported once. */
export class ReportedStates {
  private readonly states = new Map<string, string>();

  constructor(private readonly status: (folder: string) => Pick<Status, 'status' | 'fixed'>) {}

  /** Whether the run was ever reported. */
  knows(folder: string): boolean {
    return this.states.has(folder);
  }

  forget(folder: string): void {
    this.states.delete(folder);
  }

  /** It is being reported now, for another reason. */
  note(folder: string): void {
    if (this.states.has(folder)) this.states.set(folder, this.state(folder));
  }

  /**
   * The runs that stand otherwise than was reported last; from now on that counts as reported.
   * @param here the folders that there are; one that was reported and is not among them has been deleted
   */
  changed(here: readonly string[]): string[] {
    const now = new Map(here.map((folder) => [folder, this.state(folder)]));
    const changed = [...new Set([...this.states.keys(), ...now.keys()])].filter(
      (folder) => this.states.has(folder) && this.states.get(folder) !== this.state(folder),
    );
    for (const [folder, state] of now) this.states.set(folder, state);
    for (const folder of changed) if (!now.has(folder)) this.states.set(folder, this.state(folder));
    return changed;
  }

  private state(folder: string): string {
    const { status, fixed } = this.status(folder);
    return `${status} ${fixed ?? ''}`;
  }
}
