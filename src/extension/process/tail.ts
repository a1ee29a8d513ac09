/** The last lines of a stream of text: what a process said before it ended. */
export class Tail {
  private text = '';

  constructor(private readonly lines = 20) {}

  add(chunk: string): void {
    this.text = (this.text + chunk).slice(-16_384);
  }

  last(): string[] {
    return lastLines(this.text, this.lines);
  }
}

/** The last lines of a text that say something. */
export function lastLines(text: string, count: number): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line)
    .slice(-count);
}
