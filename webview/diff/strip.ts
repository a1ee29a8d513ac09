/** What became of a channel: k kept on both sides, r removed (in A alone), a added (in B alone), x on neither. */
export type Fate = 'k' | 'r' | 'a' | 'x';

/** Neighbouring channels of one fate; `end` is the first behind them. */
export interface Run {
  readonly fate: Fate;
  readonly start: number;
  readonly end: number;
}

/** A layer's channels as runs. */
export function runs(channels: string): Run[] {
  const made: Run[] = [];
  let start = 0;
  for (let i = 1; i <= channels.length; i++)
    if (i === channels.length || channels[i] !== channels[start]) {
      made.push({ fate: channels[start] as Fate, start, end: i });
      start = i;
    }
  return made;
}

/** How many channels of each fate. */
export function count(channels: string): Record<Fate, number> {
  const counts: Record<Fate, number> = { k: 0, r: 0, a: 0, x: 0 };
  for (let i = 0; i < channels.length; i++) counts[channels[i] as Fate]++;
  return counts;
}

/** Channel numbers as people write them: "0–7, 9". */
export function ranges(from: readonly Run[]): string {
  return from.map(({ start, end }) => (end - start === 1 ? `${start}` : `${start}–${end - 1}`)).join(', ');
}

/** Words of the fates, for `describe`. */
export type FateWords = Readonly<Record<Fate, string>>;
export const english: FateWords = { k: 'kept', r: 'removed', a: 'added', x: 'on neither side' };

/** A strip in words: "kept 0–7, 9; removed 8". */
export function describe(channels: string, words: FateWords = english): string {
  const all = runs(channels);
  return (['k', 'r', 'a', 'x'] as const)
    .map((fate) => [fate, all.filter((run) => run.fate === fate)] as const)
    .filter(([, of]) => of.length > 0)
    .map(([fate, of]) => `${words[fate]} ${ranges(of)}`)
    .join('; ');
}

/** One drawn cell: some channels (several where they are finer than what can be seen) between two pixels. */
export interface Cell {
  readonly first: number;
  /** the first channel behind it */
  readonly end: number;
  /** pixels from the strip's left edge */
  readonly x: number;
  readonly width: number;
  /** shares of its channels, together 1 */
  readonly kept: number;
  readonly removed: number;
  readonly added: number;
  /** mean importance of its channels, 0..1; null where there is none */
  readonly importance: number | null;
}

/**
 * A strip's cells over so many pixels. Channels narrower than `least` pixels share a cell, equally many a cell (the
 * last may have fewer), so that 2,048 of them still show where the gaps are.
 */
export function cells(
  channels: string,
  pixels: number,
  importance: readonly number[] | null = null,
  least = 2,
): Cell[] {
  const size = channels.length;
  if (size === 0 || !(pixels > 0)) return [];
  const each = Math.max(1, Math.ceil((size * least) / pixels));
  const made: Cell[] = [];
  for (let first = 0; first < size; first += each) {
    const end = Math.min(size, first + each);
    const counts = count(channels.slice(first, end));
    const length = end - first;
    let sum = 0;
    if (importance) for (let c = first; c < end; c++) sum += importance[c];
    made.push({
      first,
      end,
      x: (first * pixels) / size,
      width: (length * pixels) / size,
      kept: counts.k / length,
      removed: counts.r / length,
      added: counts.a / length,
      importance: importance ? sum / length : null,
    });
  }
  return made;
}

/** The cell below a pixel of the strip. */
export function cellAt(of: readonly Cell[], x: number): Cell | undefined {
  return of.find((cell) => x >= cell.x && x < cell.x + cell.width);
}
