// Tests that skipped, and why: the reason stands in the name of the test or of one around it. And tests that failed, at
// the first try or at both.

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
    for (const test of assertionResults) {
      if (!['pending', 'skipped', 'todo', 'disabled'].includes(test.status)) continue;
      const name = nameOf(test);
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
    return failures.map(
      (one) => `FAILED: ${relative(file)} › ${nameOf(one)}: ${firstLine(one.failureMessages?.[0])}`,
    );
  });
}

/** One line for every test that passed only at a second try, with what the first one said. */
export function retriedLines(report, relative) {
  return report.testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === 'passed' && failureMessages?.length)
      .map(
        (one) =>
          `passed at the second try: ${relative(file)} › ${nameOf(one)}: ${firstLine(one.failureMessages[0])}`,
      ),
  );
}

const nameOf = ({ ancestorTitles, title }) => [...ancestorTitles, title].join(' › ');

const firstLine = (text) => (text ?? '').trim().split('\n', 1)[0];
