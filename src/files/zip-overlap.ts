/** Where an entry of a zip archive lies, as its directory says. */
export interface Placed {
  readonly fileName: string;
  readonly relativeOffsetOfLocalHeader: number;
  readonly compressedSize: number;
}

/** Bytes of a local header without name and extra fields. */
const LOCAL_HEADER = 30;

/**
 * The first entry of a zip archive that shares bytes with another one. No program writes such an archive; it makes a
 * small file expand as often as it has entries.
 */
export function overlapping<T extends Placed>(entries: readonly T[]): T | undefined {
  const sorted = [...entries].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  return sorted.find((entry, i) => {
    if (i === 0) return false;
    const { relativeOffsetOfLocalHeader: at, compressedSize } = sorted[i - 1];
    return entry.relativeOffsetOfLocalHeader < at + LOCAL_HEADER + compressedSize;
  });
}
