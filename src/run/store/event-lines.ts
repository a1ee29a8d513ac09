import type { FileHandle } from 'node:fs/promises';

const CHUNK = 2 ** 20;

/** Bytes of a line: a candidate's list of two million kept channels has 16 MB. */
const LONGEST_LINE = 64 * 2 ** 20;

/** Bytes of events.jsonl that are read: 100,000 candidates of 20 kB each, more than any search measures. */
const LARGEST_LOG = 2 ** 31;

/**
 * The whole lines of a file from a place on, without their ends, read piece by piece. A last one that was torn is left
 * out; what comes after a line that is longer than any event, or after 2 GB, no run wrote.
 */
export async function* linesOf(file: FileHandle, start: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(CHUNK);
  let rest: Buffer[] = [];
  let held = 0;
  for (let position = start; position < LARGEST_LOG;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, position);
    if (!bytesRead) return;
    position += bytesRead;
    const piece = buffer.subarray(0, bytesRead);
    let from = 0;
    for (let newline = piece.indexOf(10); newline >= 0; newline = piece.indexOf(10, from)) {
      const part = piece.subarray(from, newline);
      yield rest.length ? Buffer.concat([...rest, part]) : part;
      rest = [];
      held = 0;
      from = newline + 1;
    }
    held += bytesRead - from;
    if (held > LONGEST_LINE) return;
    rest.push(Buffer.from(piece.subarray(from)));
  }
}
