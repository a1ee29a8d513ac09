import { InputError } from '../graph/errors.ts';

/** Ascending indices as text: [0, 1, 2, 3, 7] -> "0-3,7"; none -> "". */
export function formatRanges(indices: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < indices.length;) {
    let end = i;
    while (end + 1 < indices.length && indices[end + 1] === indices[end] + 1) end++;
    parts.push(end === i ? `${indices[i]}` : `${indices[i]}-${indices[end]}`);
    i = end + 1;
  }
  return parts.join(',');
}

/** The text form of `formatRanges`, for the schema. */
export const rangesPattern = /^(\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*)?$/;

/**
 * Channel ranges back as ascending indices.
 * @param size number of channels: every index must be below it
 * @throws InputError where the text is malformed, out of order, overlapping or out of range
 */
export function parseRanges(text: string, size: number): number[] {
  const bad = (why: string) => new InputError(`channel ranges "${clip(text)}": ${why}`);
  if (!rangesPattern.test(text)) throw bad('should look like 0-3,7,9-15');
  const indices: number[] = [];
  if (text === '') return indices;
  for (const part of text.split(',')) {
    const [first, last = first] = part.split('-').map(Number);
    if (last < first) throw bad(`${part} runs backwards`);
    if (indices.length && first <= indices[indices.length - 1]) throw bad(`${part} is out of order`);
    if (last >= size) throw bad(`${last} is past the last of ${size} channels`);
    for (let i = first; i <= last; i++) indices.push(i);
  }
  return indices;
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
