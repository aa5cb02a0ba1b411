import { expect, test } from 'vitest';
import { EMPTY_TALLY, addTallies, closingLines, exitCodeOf, tallyOf } from '../support/tally.ts';

const report = (counts: object, testResults: object[] = []) =>
  JSON.stringify({
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults,
    ...counts,
  });

const failed = (name: string, fullName: string, message: string) => ({
  name,
  status: 'failed',
  assertionResults: [
    { status: 'passed', fullName: 'another', failureMessages: [] },
    { status: 'failed', fullName, failureMessages: [message] },
  ],
});

test('the closing lines add up all runs, name skipped tests only when there are some, and what failed', () => {
  const runs = [
    report({ numPassedTests: 3 }),
    report({ numPassedTests: 4, numFailedTests: 1, numTodoTests: 2 }, [
      failed(`${process.cwd()}/test/a.db.test.ts`, 'a call is made once', 'AssertionError: 2\n    at a.ts'),
    ]),
  ];
  const tally = addTallies([tallyOf('unit', runs[0]!, 0), tallyOf('db', runs[1]!, 1)]);
  expect(closingLines(tally)).toBe(
    'FAILED db: test/a.db.test.ts > a call is made once: AssertionError: 2\n2 skipped\n7 passed, 1 failed',
  );
  expect(closingLines(tallyOf('unit', runs[0]!, 0))).toBe('3 passed, 0 failed');
});

test('a file that could not be loaded or torn down, a missing report and an unexplained exit code are failures', () => {
  const file = { name: 'a.ts', status: 'failed', message: 'cannot load' };
  const unloaded = report({ numPassedTests: 1 }, [{ ...file, assertionResults: [] }]);
  expect(tallyOf('db', unloaded, 1)).toMatchObject({
    passed: 1,
    failed: 1,
    failures: ['db: a.ts: cannot load'],
  });
  const tornDown = report({ numPassedTests: 1 }, [
    { ...file, assertionResults: [{ status: 'passed', fullName: 'one' }] },
  ]);
  expect(tallyOf('db', tornDown, 1)).toMatchObject({ passed: 1, failed: 1 });
  expect(tallyOf('db', null, 0).failed).toBe(1);
  expect(tallyOf('db', report({ numPassedTests: 5 }), 1).failed).toBe(1);
});

test('a run succeeds only when something passed and nothing failed', () => {
  expect(exitCodeOf({ ...EMPTY_TALLY, passed: 1 })).toBe(0);
  expect(exitCodeOf({ ...EMPTY_TALLY, passed: 9, failed: 1 })).toBe(1);
  expect(exitCodeOf(EMPTY_TALLY)).toBe(1);
});
