/** When the next checkpoint is worth its time: not too soon, and at most a tenth of the time goes into them. */
export class CheckpointPace {
  private savedAt = performance.now();
  private cost = 0;

  /** @param seconds least time between checkpoints */
  constructor(private readonly seconds = 15) {}

  due(): boolean {
    return (performance.now() - this.savedAt) / 1000 >= Math.max(this.seconds, 10 * this.cost);
  }

  /** Saves, and takes the time that it costs. */
  async save(write: () => Promise<void>): Promise<void> {
    const started = performance.now();
    await write();
    this.savedAt = performance.now();
    this.cost = (this.savedAt - started) / 1000;
  }
}
