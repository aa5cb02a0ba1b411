/** What a run came to. A check (types, lint, …) that fails counts as one failure, a passed one as nothing. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const EMPTY_TALLY: Tally = { passed: 0, failed: 0, skipped: 0 };
export const ONE_FAILURE: Tally = { passed: 0, failed: 1, skipped: 0 };

export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    EMPTY_TALLY,
  );
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/**
 * The tally of one vitest run from its JSON report. A file that could not be loaded has no tests in the
 * report and counts as a failure; so does a run that ended badly for a reason that no test shows.
 * @param report the text of the JSON report, or null when there is none
 */
export function tallyOf(report: string | null, exitCode: number | null): Tally {
  let parsed: VitestReport;
  try {
    parsed = JSON.parse(report ?? '') as VitestReport;
  } catch {
    return ONE_FAILURE;
  }
  const unloaded = parsed.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  const failed = parsed.numFailedTests + unloaded;
  return {
    passed: parsed.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
  };
}

/** The closing line, on a line of its own; tests that were skipped are named on the one before. @example '120 passed, 0 failed' */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${skipped > 0 ? `${skipped} skipped\n` : ''}${passed} passed, ${failed} failed`;
}

/** Zero only when something ran and nothing failed. */
export function exitCodeOf({ passed, failed }: Tally): 0 | 1 {
  return failed === 0 && passed > 0 ? 0 : 1;
}
