import type { ErrorCode } from '../domain/failures.ts';

/** Exit codes of `rightcall`, the same for every verb (docs/cli.md shows them). */
export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3, refused: 4, unavailable: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_CODE: Readonly<Record<ErrorCode, ExitCode>> = {
  invalid_input: EXIT.usage,
  not_found: EXIT.notFound,
  conflict: EXIT.refused,
  unauthorized: EXIT.refused,
  forbidden: EXIT.refused,
  precondition_failed: EXIT.refused,
  refused: EXIT.refused,
  rate_limited: EXIT.unavailable,
  unavailable: EXIT.unavailable,
  internal: EXIT.failed,
};

/** What each means, as docs/cli.md shows it. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done; also where whoever reads the output has read enough',
  failed: 'a fault of the engine; `audit verify` and `doctor` that found something',
  usage: 'bad usage or input',
  notFound: 'no such thing, or it belongs to another tenant',
  refused: 'understood and refused, or not allowed',
  unavailable: 'nothing answers, or not now: try again',
};

export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_CODE[code];
}
