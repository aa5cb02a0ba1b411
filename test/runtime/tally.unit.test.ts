import { expect, test } from 'vitest';
import { EMPTY_TALLY, addTallies, closingLine, exitCodeOf, tallyOf } from '../support/tally.ts';

const report = (counts: object, testResults: object[] = []) =>
  JSON.stringify({
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults,
    ...counts,
  });

test('the closing line adds up all runs and names skipped tests only when there are some', () => {
  const runs = [
    report({ numPassedTests: 3 }),
    report({ numPassedTests: 4, numFailedTests: 1, numTodoTests: 2 }),
  ];
  const tally = addTallies([tallyOf(runs[0]!, 0), tallyOf(runs[1]!, 1)]);
  expect(closingLine(tally)).toBe('2 skipped\n7 passed, 1 failed');
  expect(closingLine(tallyOf(runs[0]!, 0))).toBe('3 passed, 0 failed');
});

test('a file that could not be loaded, a missing report and an unexplained exit code are failures', () => {
  const unloaded = report({ numPassedTests: 1 }, [{ status: 'failed', assertionResults: [] }]);
  expect(tallyOf(unloaded, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(tallyOf(null, 0).failed).toBe(1);
  expect(tallyOf(report({ numPassedTests: 5 }), 1).failed).toBe(1);
});

test('a run succeeds only when something passed and nothing failed', () => {
  expect(exitCodeOf({ passed: 1, failed: 0, skipped: 0 })).toBe(0);
  expect(exitCodeOf({ passed: 9, failed: 1, skipped: 0 })).toBe(1);
  expect(exitCodeOf(EMPTY_TALLY)).toBe(1);
});
