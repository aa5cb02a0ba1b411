import { HTTPException } from 'hono/http-exception';
import { z } from '@hono/zod-openapi';
import { RightcallError, type ErrorCode, type Fault } from '../domain/failures.ts';

/** Codes the API answers with: the domain's, and those that only HTTP knows. Stable: match on these, not on text. */
export type ProblemCode =
  ErrorCode | 'precondition_required' | 'too_large' | 'unsupported_media_type' | 'method_not_allowed';

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 428 | 429 | 500 | 503;

interface ProblemKind {
  readonly status: ProblemStatus;
  readonly title: string;
  /** What the caller should do. */
  readonly action: string;
}

/** The one error table of the API; docs/api.md shows it. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  invalid_input: {
    status: 400,
    title: 'The request is not valid',
    action: 'Correct the fields named in `faults`, then send it again.',
  },
  unauthorized: {
    status: 401,
    title: 'No valid credentials',
    action: 'Send `Authorization: Bearer <API key>`; for a webhook, sign it with the secret of that carrier.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed for these credentials',
    action: 'Ask for the permission, or use credentials that have it.',
  },
  not_found: {
    status: 404,
    title: 'No such thing',
    action: 'Check the id; what belongs to another tenant is not found either.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Not a method of this resource',
    action: 'Use one of the methods that the `Allow` header names.',
  },
  conflict: {
    status: 409,
    title: 'It does not fit the present state',
    action: 'Read the resource again and decide anew.',
  },
  precondition_failed: {
    status: 412,
    title: 'Someone changed it in the meantime',
    action: 'Read it again, apply your change to that revision, and send its ETag as `If-Match`.',
  },
  too_large: {
    status: 413,
    title: 'The body is too large',
    action: 'Send less at once; a contact list can be split into several files.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Not a media type that is read here',
    action: 'Send the Content-Type that the operation names.',
  },
  refused: {
    status: 422,
    title: 'Understood, and refused',
    action: 'Remove the reasons named in `faults` or `detail` first; repeating it unchanged does not help.',
  },
  precondition_required: {
    status: 428,
    title: 'A precondition is required',
    action: 'Send the ETag of the revision you changed as `If-Match`.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    action: 'Wait for the time in `Retry-After` (seconds), then go on more slowly.',
  },
  internal: {
    status: 500,
    title: 'A fault of the engine',
    action: 'Report the request id; the log has the cause under it.',
  },
  unavailable: {
    status: 503,
    title: 'Not available at the moment',
    action: 'Try again after the time in `Retry-After` (seconds).',
  },
};

export const faultSchema = z
  .object({
    field: z.string(),
    fault: z.string(),
    expected: z.string(),
    offered: z
      .object({ from: z.string(), until: z.string() })
      .optional()
      .openapi({ description: 'Of a callback’s window: the next one that the rules allow' }),
  })
  .openapi('Fault', { description: 'One field at fault: what is wrong with it and what would be right.' });

export const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:rightcall:problem:invalid_input' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    action: z.string(),
    requestId: z.string(),
    faults: z.array(faultSchema),
  })
  .openapi('Problem', { description: 'Problem details (RFC 9457).' });
export type Problem = z.infer<typeof problemSchema>;

export interface ProblemParts {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly faults: readonly Fault[];
  /** Seconds after which a retry makes sense. */
  readonly retryAfterS: number | null;
}

/** A body over the limit of its route. */
export class TooLarge extends Error {
  constructor(limitBytes: number) {
    super(`the body is larger than ${limitBytes} bytes`);
    this.name = 'TooLarge';
  }
}

/** Any thrown value as a problem. Matches on code, SQLSTATE or type, never on text. */
export function problemOf(error: unknown): ProblemParts {
  if (error instanceof TooLarge)
    return { code: 'too_large', detail: error.message, faults: [], retryAfterS: null };
  if (error instanceof RightcallError) {
    const retryAfterS = error.retryAfterS ?? (error.code === 'unavailable' ? 1 : null);
    // What an internal fault says may name what callers must not see; the log has it.
    const detail = error.code === 'internal' ? PROBLEMS.internal.title : error.message;
    return { code: error.code, detail, faults: error.faults, retryAfterS };
  }
  if (error instanceof HTTPException) {
    const code = CODE_BY_STATUS[error.status] ?? (error.status < 500 ? 'invalid_input' : 'internal');
    return { code, detail: error.message || PROBLEMS[code].title, faults: [], retryAfterS: null };
  }
  return problemOfDatabase(codeOf(error));
}

const CODE_BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid_input',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'too_large',
  428: 'precondition_required',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  503: 'unavailable',
};

/** PostgreSQL's SQLSTATE, or Node's code for a connection that failed. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? '' : codeOf(cause);
}

function problemOfDatabase(code: string): ProblemParts {
  if (code === '23505') {
    return { code: 'conflict', detail: 'it exists already', faults: [], retryAfterS: null };
  }
  // 08 connection (but 08P01: a statement of ours that does not fit its values), 40 rolled back (deadlock,
  // serialization), 25P03 this process stood still in a transaction, 53 no resources, 55P03 lock, 57P shutdown.
  const passing =
    /^(08(?!P01)|25P03|40|53|57P|55P03)/.test(code) || /^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH)/.test(code);
  return passing
    ? {
        code: 'unavailable',
        detail: 'the database did not take it; nothing was changed',
        faults: [],
        retryAfterS: 1,
      }
    : { code: 'internal', detail: PROBLEMS.internal.title, faults: [], retryAfterS: null };
}

/** Responses of a route for the problems it may answer with, beside those that every route may. */
export function problemResponses(...codes: ProblemCode[]): Record<never, never> {
  const all = new Set<ProblemCode>([...codes, 'internal', 'unavailable']);
  // Handlers throw problems and never return them, so their types need not know these.
  return Object.fromEntries(
    [...all].map((code) => [
      PROBLEMS[code].status,
      {
        description: PROBLEMS[code].title,
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}
