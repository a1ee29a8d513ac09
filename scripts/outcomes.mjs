// Tests that skipped, and why: the reason stands in the name of the test or of one around it. And tests that failed, at once or for good.

/** The part of a name that says why it skips. */
export const because = (reason) => `[because ${reason}]`;

const REASON = / ?\[(because [^\]]+)\]/;

/**
 * One line for every test of a report of vitest (JSON) that did not run, those of one reason together.
 * `relative` makes a file's path short; `otherwise` is said where a name gives no reason.
 */
export function skippedLines(report, relative, otherwise = 'and its name does not say why') {
  const byReason = new Map();
  for (const { name: file, assertionResults } of report.testResults)
    for (const { status, ancestorTitles, title } of assertionResults) {
      if (!['pending', 'skipped', 'todo', 'disabled'].includes(status)) continue;
      const name = [...ancestorTitles, title].join(' › ');
      const reason = REASON.exec(name)?.[1] ?? otherwise;
      const line = `skipped: ${relative(file)} › ${name.replaceAll(new RegExp(REASON, 'g'), '')}, ${reason}`;
      byReason.set(reason, [...(byReason.get(reason) ?? []), line]);
    }
  return [...byReason.values()].flat();
}

/** One line for every test that failed, with the first line of what it said; for a file that did not load, its own. */
export function failedLines(report, relative) {
  return report.testResults.flatMap(({ name: file, status, message, assertionResults }) => {
    const failures = assertionResults.filter((one) => one.status === 'failed');
    if (!failures.length && status === 'failed') return [`FAILED: ${relative(file)}: ${firstLine(message)}`];
    return failures.map(({ ancestorTitles, title, failureMessages }) => {
      const name = [...ancestorTitles, title].join(' › ');
      return `FAILED: ${relative(file)} › ${name}: ${firstLine(failureMessages?.[0])}`;
    });
  });
}

/** One line for every test that passed only at a second try, with what the first one said. */
export function retriedLines(report, relative) {
  return report.testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === 'passed' && failureMessages?.length)
      .map(
        ({ ancestorTitles, title, failureMessages }) =>
          `passed at the second try: ${relative(file)} › ${[...ancestorTitles, title].join(' › ')}: ${firstLine(failureMessages[0])}`,
      ),
  );
}

const firstLine = (text) => (text ?? '').trim().split('\n', 1)[0];
