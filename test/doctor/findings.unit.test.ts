import { expect, test } from 'vitest';
import { checkConfiguration, checkTemporaryFolder } from '../../cli/doctor/configuration.ts';
import { clockFinding, roomFinding } from '../../cli/doctor/database.ts';
import { reportText } from '../../cli/doctor/text.ts';
import { versionFinding } from '../../cli/doctor/temporal.ts';
import { fail, ok, skipped } from '../../cli/doctor/finding.ts';

test('each variable at fault has its line, and a misspelt one its neighbour', () => {
  const { findings, config } = checkConfiguration({
    RIGHTCALL_MASTR_KEY: 'x',
    RIGHTCALL_PORT: 'abc',
    RIGHTCALL_SOMETHING_ELSE: 'x',
    RIGHTCALL_URL: 'http://127.0.0.1:8473',
  });
  expect(config).toBeNull();
  expect(findings.map(({ level, what, mend }) => [level, what, mend])).toEqual([
    ['warn', 'RIGHTCALL_MASTR_KEY is read by nothing', 'is RIGHTCALL_MASTER_KEY meant?'],
    ['warn', 'RIGHTCALL_SOMETHING_ELSE is read by nothing', 'take it away, or see docs/configuration.md'],
    ['fail', 'DATABASE_URL is not set', 'set DATABASE_URL as docs/configuration.md says'],
    ['fail', 'RIGHTCALL_PORT is not a number', 'set RIGHTCALL_PORT as docs/configuration.md says'],
    [
      'fail',
      'RIGHTCALL_MASTER_KEY is not set; give the key itself or RIGHTCALL_MASTER_KEY_FILE',
      'set RIGHTCALL_MASTER_KEY as docs/configuration.md says',
    ],
  ]);
});

test('a clock a second away from the database fails, and which way is said', () => {
  expect(clockFinding(999).level).toBe('ok');
  expect(clockFinding(-999).level).toBe('ok');
  expect(clockFinding(3_600_000)).toMatchObject({
    level: 'fail',
    what: expect.stringContaining("3600.0 s behind the database's") as string,
    mend: 'synchronise both machines (NTP)',
  });
  expect(clockFinding(-1_000).what).toContain('1.0 s ahead of');
});

test('too few connections are pointed out', () => {
  expect(roomFinding(97).level).toBe('ok');
  expect(roomFinding(20)).toMatchObject({
    level: 'warn',
    mend: expect.stringContaining('max_connections') as string,
  });
});

test('an old Temporal server fails; one that does not say its version does not', () => {
  expect(versionFinding('1.32.0').level).toBe('ok');
  expect(versionFinding('').level).toBe('ok');
  expect(versionFinding('1.28.3')).toMatchObject({
    level: 'fail',
    what: 'server 1.28.3 is too old',
    mend: 'upgrade it to 1.29.0 or newer',
  });
});

test('a temporary folder that cannot be written fails', async () => {
  expect((await checkTemporaryFolder()).level).toBe('ok');
  expect(await checkTemporaryFolder('/proc/nowhere')).toMatchObject({
    level: 'fail',
    mend: 'mount a tmpfs there, or set TMPDIR',
  });
});

test('the report is one line a finding, with what mends it below, and nothing steers the terminal', () => {
  const text = reportText([
    ok('clock', '3 ms'),
    fail('temporal', 'no server\u001b[2J\nanswers', 'start it'),
    skipped('tenants', 'x'),
  ]);
  expect(text.split('\n').slice(0, 4)).toEqual([
    '✓ ok      clock     3 ms',
    '✗ fail    temporal  no server [2J answers',
    '                    → start it',
    '· skipped tenants   not looked at: x',
  ]);
  expect(text).toContain('1 ok, 0 to look at, 1 failed, 1 not looked at');
});
