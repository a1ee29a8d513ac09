/** What a run passes between its events: held, it waits there. */
export class Gate {
  private since: number | null = null;
  private before = 0;
  private open: (() => void)[] = [];

  get held(): boolean {
    return this.since !== null;
  }

  /** Seconds for which it was held, in all. */
  get seconds(): number {
    return this.before + (this.since === null ? 0 : (performance.now() - this.since) / 1000);
  }

  hold(): void {
    this.since ??= performance.now();
  }

  release(): void {
    this.before = this.seconds;
    this.since = null;
    for (const go of this.open.splice(0)) go();
  }

  async pass(): Promise<void> {
    while (this.held) await new Promise<void>((go) => this.open.push(go));
  }
}
