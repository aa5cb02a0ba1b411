import { RightcallError, messageOf } from '../../domain/failures.ts';

export type Level = 'ok' | 'warn' | 'fail' | 'skipped';

/** One line of the report. */
export interface Finding {
  /** What was looked at, such as `temporal.namespace`. */
  readonly check: string;
  readonly level: Level;
  /** What was found. */
  readonly what: string;
  /** What to do about it; null where there is nothing to do. */
  readonly mend: string | null;
}

export const ok = (check: string, what: string): Finding => ({ check, level: 'ok', what, mend: null });
export const warn = (check: string, what: string, mend: string): Finding => ({
  check,
  level: 'warn',
  what,
  mend,
});
export const fail = (check: string, what: string, mend: string): Finding => ({
  check,
  level: 'fail',
  what,
  mend,
});
/** Could not be looked at because of something else that is said to fail. */
export const skipped = (check: string, because: string): Finding => ({
  check,
  level: 'skipped',
  what: `not looked at: ${because}`,
  mend: null,
});

/** A thrown fault as a finding. */
export function failOf(check: string, error: unknown, mend: string): Finding {
  const first = error instanceof RightcallError ? error.faults[0] : undefined;
  return first === undefined
    ? fail(check, messageOf(error), mend)
    : fail(check, `${first.field}: ${first.fault}`, `give ${first.expected}`);
}
