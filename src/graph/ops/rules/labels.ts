import { InputError } from '../../errors.ts';

/** Labels along one axis, one a position; -1 where a position is fixed. A whole axis without labels is null. */
export type AxisLabels = Int32Array | null;

/** Channels of a whole network: the widest have a million. */
const MAX_LABELS = 2 ** 24;

/**
 * Single channels as labels, tied by union-find: two positions anywhere in the network that carry labels of one class
 * are kept or removed together. A class can be frozen, with the reason.
 */
export class Labels {
  private parent = new Int32Array(1024);
  /** by the name of a class: whether a layer makes any of it */
  private made = new Uint8Array(1024);
  private used = 0;
  private joined = 0;
  private readonly frozen: { labels: Int32Array; reason: string }[] = [];

  get count(): number {
    return this.used;
  }

  /**
   * Labels that nothing else carries yet.
   * @param made false: of values that no layer makes, which are only what they meet
   */
  fresh(n: number, made = true): Int32Array {
    if (this.used + n > MAX_LABELS) throw tooMany();
    if (this.used + n > this.parent.length) {
      const larger = new Int32Array(Math.max(2 * this.parent.length, this.used + n));
      larger.set(this.parent);
      this.parent = larger;
      const flags = new Uint8Array(larger.length);
      flags.set(this.made);
      this.made = flags;
    }
    const labels = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      labels[i] = this.used;
      this.parent[this.used] = this.used;
      this.made[this.used] = Number(made);
      this.used++;
    }
    return labels;
  }

  /** Room for the labels of axes that are joined, -1 each; counted too, since each joint may double what it gets. */
  joint(n: number): Int32Array {
    this.joined += n;
    if (this.joined > MAX_LABELS) throw tooMany();
    return new Int32Array(n).fill(-1);
  }

  /** The class that a label belongs to, named by one of its labels (path halving: no recursion). */
  find(label: number): number {
    const parent = this.parent;
    while (parent[label] !== label) {
      parent[label] = parent[parent[label]];
      label = parent[label];
    }
    return label;
  }

  /** The lower label becomes the name of both, which keeps names independent of the order of ties. */
  union(a: number, b: number): void {
    const x = this.find(a);
    const y = this.find(b);
    this.made[x] = this.made[y] = this.made[x] | this.made[y];
    if (x < y) this.parent[y] = x;
    else if (y < x) this.parent[x] = y;
  }

  /** Whether no layer makes any of these channels: nothing of them can be removed, as far as is known by now. */
  loose(labels: Int32Array): boolean {
    return labels.every((label) => label < 0 || this.made[this.find(label)] === 0);
  }

  /** No channel of these classes may be removed. The first reason given for a class is the one that is shown. */
  freeze(labels: AxisLabels, reason: string): void {
    if (labels) this.frozen.push({ labels, reason });
  }

  /** Per class the reason why it is frozen; `first` are reasons that go before those met along the way. */
  reasons(first: readonly { labels: Int32Array; reason: string }[]): Map<number, string> {
    const reasons = new Map<number, string>();
    for (const { labels, reason } of [...first, ...this.frozen]) {
      for (let i = 0; i < labels.length; i++) {
        if (labels[i] < 0) continue;
        const root = this.find(labels[i]);
        if (!reasons.has(root)) reasons.set(root, reason);
      }
    }
    return reasons;
  }

  /**
   * Ties two axes position by position. Where only one of them is labelled, those channels meet fixed values and are
   * frozen. Returns the labels of the result.
   */
  tie(a: AxisLabels, b: AxisLabels, reason: string): AxisLabels {
    if (a === b) return a;
    if (!a || !b) {
      this.freeze(a ?? b, reason);
      return a ?? b;
    }
    let result = a;
    let stuck: number[] | undefined;
    for (let i = 0; i < a.length; i++) {
      if (a[i] >= 0 && b[i] >= 0) this.union(a[i], b[i]);
      else if (a[i] >= 0 || b[i] >= 0) {
        if (result === a) result = a.slice();
        result[i] = Math.max(a[i], b[i]);
        (stuck ??= []).push(result[i]);
      }
    }
    if (stuck) this.freeze(Int32Array.from(stuck), reason);
    return result;
  }

  /**
   * Ties position a * period + b over all a: the labels of b = 0 ... period - 1. What keeps conv groups, and the
   * parts of a split axis, equally wide.
   */
  fold(labels: AxisLabels, period: number, reason: string): AxisLabels {
    if (!labels || labels.length === period) return labels;
    const result = labels.slice(0, period);
    const stuck: number[] = [];
    for (let i = period; i < labels.length; i++) {
      const b = i % period;
      if (result[b] >= 0 && labels[i] >= 0) this.union(result[b], labels[i]);
      else if (result[b] >= 0 || labels[i] >= 0) {
        result[b] = Math.max(result[b], labels[i]);
        stuck.push(result[b]);
      }
    }
    if (stuck.length > 0) this.freeze(Int32Array.from(stuck), reason);
    return result;
  }
}

function tooMany(): InputError {
  return new InputError(
    `its layers have more than ${MAX_LABELS.toLocaleString('en-US')} channels in all, more than Espalier follows`,
  );
}

/** Every label `times` times in a row. */
export function repeatEach(labels: AxisLabels, times: number): AxisLabels {
  if (!labels || times === 1) return labels;
  const result = new Int32Array(labels.length * times);
  for (let i = 0; i < labels.length; i++) result.fill(labels[i], i * times, (i + 1) * times);
  return result;
}
