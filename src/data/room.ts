/** So much of something that several share: who finds no room waits, in the order of coming. */
export class Room {
  private used = 0;
  private readonly waiting: { readonly amount: number; readonly go: () => void }[] = [];

  constructor(private readonly size: number) {}

  /**
   * Waits until there is room; one that is larger than all of it goes alone.
   * @returns what must be called once, to leave
   */
  async enter(amount: number): Promise<() => void> {
    if (this.waiting.length > 0 || !this.fits(amount))
      await new Promise<void>((go) => this.waiting.push({ amount, go }));
    else this.used += amount;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.used -= amount;
      this.next();
    };
  }

  private fits(amount: number): boolean {
    return this.used === 0 || this.used + amount <= this.size;
  }

  private next(): void {
    while (this.waiting.length > 0 && this.fits(this.waiting[0].amount)) {
      const { amount, go } = this.waiting.shift()!;
      this.used += amount;
      go();
    }
  }
}
