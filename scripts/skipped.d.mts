interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly ancestorTitles: readonly string[];
      readonly title: string;
    }[];
  }[];
}
export function because(reason: string): string;
export function skippedLines(
  report: Report,
  relative: (file: string) => string,
  otherwise?: string,
): string[];
