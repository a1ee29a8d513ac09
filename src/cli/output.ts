import { harmless, visible } from '../report/escape.ts';

/** What a command says: people read it as text, programs as JSON with `--json`. */
export interface Output {
  readonly json: boolean;
  /** the result, for people; silent with --json */
  print(text: string): void;
  /** the result, for programs: one object a line; silent without --json */
  data(value: unknown): void;
  /** what goes on, for people, on stderr */
  note(text: string): void;
}

export function openOutput(json: boolean): Output {
  return {
    json,
    print: (text) => {
      if (!json) process.stdout.write(`${harmless(text)}\n`);
    },
    data: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    note: (text) => void process.stderr.write(`${harmless(text)}\n`),
  };
}

/** Columns padded with spaces: the first `left` of them to the left, the rest to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left: readonly number[],
): string {
  const all = [head, ...rows].map((row) => row.map(visible));
  const widths = head.map((_, c) => Math.max(...all.map((row) => [...(row[c] ?? '')].length)));
  return all
    .map((row) =>
      row
        .map((text, c) => {
          const space = ' '.repeat(widths[c] - [...text].length);
          return left.includes(c) ? text + space : space + text;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
