interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status?: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}
export function because(reason: string): string;
export function skippedLines(
  report: Report,
  relative: (file: string) => string,
  otherwise?: string,
): string[];
export function failedLines(report: Report, relative: (file: string) => string): string[];
export function retriedLines(report: Report, relative: (file: string) => string): string[];
