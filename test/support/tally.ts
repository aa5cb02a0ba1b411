import { relative } from 'node:path';

/** What a run came to. A check (types, lint, …) that fails counts as one failure, a passed one as nothing. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, and the first line of why: said again at the end, where whoever sees the tail of the output finds it. */
  readonly failures: readonly string[];
}

export const EMPTY_TALLY: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };

export function oneFailure(what: string): Tally {
  return { ...EMPTY_TALLY, failed: 1, failures: [what] };
}

export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
      failures: [...sum.failures, ...one.failures],
    }),
    EMPTY_TALLY,
  );
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/**
 * The tally of one vitest run from its JSON report. A file that could not be loaded has no tests in the
 * report and counts as a failure; so does a run that ended badly for a reason that no test shows.
 * @param report the text of the JSON report, or null when there is none
 */
export function tallyOf(project: string, report: string | null, exitCode: number | null): Tally {
  let parsed: VitestReport;
  try {
    parsed = JSON.parse(report ?? '') as VitestReport;
  } catch {
    return oneFailure(`${project}: left no report that can be read`);
  }
  const failures = parsed.testResults.flatMap(failuresOf).map((what) => `${project}: ${what}`);
  if (failures.length === 0 && exitCode !== 0) {
    failures.push(`${project}: ended with ${exitCode ?? 'a signal'}, though no test failed`);
  }
  return {
    passed: parsed.numPassedTests,
    failed: failures.length,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
    failures,
  };
}

function failuresOf({
  name,
  status,
  message,
  assertionResults,
}: VitestReport['testResults'][number]): string[] {
  const file = relative('.', name);
  const failed = assertionResults.filter((one) => one.status === 'failed');
  if (status !== 'failed' || failed.length > 0) {
    return failed.map((one) => `${file} > ${one.fullName}: ${firstLine(one.failureMessages?.[0])}`);
  }
  return [`${file}: ${firstLine(message)}`];
}

function firstLine(text: string | undefined): string {
  return text?.trim().split('\n')[0] ?? 'no message';
}

/**
 * What failed, and on a line of its own the count; tests that were skipped are named on the one before.
 * @example '120 passed, 0 failed'
 */
export function closingLines({ passed, failed, skipped, failures }: Tally): string {
  const failedLines = failures.map((what) => `FAILED ${what}\n`).join('');
  return `${failedLines}${skipped > 0 ? `${skipped} skipped\n` : ''}${passed} passed, ${failed} failed`;
}

/** Zero only when something ran and nothing failed. */
export function exitCodeOf({ passed, failed }: Tally): 0 | 1 {
  return failed === 0 && passed > 0 ? 0 : 1;
}
