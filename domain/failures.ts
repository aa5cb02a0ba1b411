/**
 * Errors that people meet. An expected refusal is data and never thrown; what is thrown says which field
 * is at fault, what its fault is, and what would be right. `code` is stable, text is not: match on code.
 */
export interface Fault {
  /** Path of the field, option or variable at fault, such as `rules.retry.busy.delayMinutes`. */
  readonly field: string;
  /** What is wrong with its value, in words; never the value of a personal field. */
  readonly fault: string;
  /** What would be right. */
  readonly expected: string;
  /** A window (ISO 8601) that could be had instead of the one that was asked for. */
  readonly offered?: { readonly from: string; readonly until: string };
}

export const ERROR_CODES = [
  'invalid_input',
  'not_found',
  'conflict',
  'unauthorized',
  'forbidden',
  'precondition_failed',
  'rate_limited',
  'unavailable',
  'refused',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export class RightcallError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  /** Real seconds after which trying again makes sense; null: not known, or never. */
  readonly retryAfterS: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { faults?: readonly Fault[]; cause?: unknown; retryAfterS?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RightcallError';
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterS = options.retryAfterS ?? null;
  }
}

/** Bad input, one fault or several. @example throw invalidInput([{ field: 'cps', fault: 'is 0', expected: 'at least 1' }]) */
export function invalidInput(faults: readonly Fault[]): RightcallError {
  const text = faults.map((f) => `${f.field}: ${f.fault}; expected ${f.expected}`).join('. ');
  return new RightcallError('invalid_input', text, { faults });
}

export function notFound(what: string): RightcallError {
  return new RightcallError('not_found', `${what} was not found`);
}

export function conflict(message: string): RightcallError {
  return new RightcallError('conflict', message);
}

/** An `unknown` caught value as one line of text. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
