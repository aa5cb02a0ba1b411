import { ERROR_CODES, RightcallError, type ErrorCode, type Fault } from '../../domain/failures.ts';

/** Codes that only HTTP knows, as the domain would say them. */
const AS_DOMAIN: Readonly<Record<string, ErrorCode>> = {
  precondition_required: 'invalid_input',
  too_large: 'invalid_input',
  unsupported_media_type: 'invalid_input',
  method_not_allowed: 'internal',
};

export interface ProblemAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterS: number | null;
}

/**
 * The API's problem (RFC 9457) as an error of ours.
 * @param nameOf what a field is called where the caller gave it, such as `--purpose` for `purposes`
 */
export function problemError(answer: ProblemAnswer, nameOf: (field: string) => string): RightcallError {
  const { code, detail, requestId, faults } = (answer.body ?? {}) as {
    code?: string;
    detail?: string;
    requestId?: string;
    faults?: Fault[];
  };
  const known = ERROR_CODES.find((one) => one === code) ?? AS_DOMAIN[code ?? ''] ?? byStatus(answer.status);
  const named = (faults ?? []).map((f) => `${nameOf(f.field)} ${f.fault}; expected ${f.expected}`).join('. ');
  // The detail of bad input repeats its faults; that of a refusal says what they refuse.
  const text =
    named === ''
      ? (detail ?? `HTTP ${answer.status}`)
      : known === 'invalid_input'
        ? named
        : `${detail}: ${named}`;
  const when =
    answer.retryAfterS === null || known !== 'rate_limited' ? '' : `; try again in ${answer.retryAfterS} s`;
  const where = answer.status >= 500 && requestId !== undefined ? ` (request ${requestId})` : '';
  return new RightcallError(known, text + when + where, { faults: faults ?? [] });
}

/** Where something else than the API answered, such as a proxy before it. */
function byStatus(status: number): ErrorCode {
  if (status === 429) return 'rate_limited';
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  return 'internal';
}
