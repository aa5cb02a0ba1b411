/** When a request is sent again. It is only where that can do nothing twice: a reading, or a write with its key. */

export type Outcome =
  /** The connection ended before the answer was here; whether it was done is not known. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterS: number | null };

/** Times a request is sent at most. */
const TRIES = 3;
/** While the first of two is still at work the second is told so; a stop may take some seconds, an import minutes. */
const TRIES_WHILE_RUNNING = 30;
/** Longer than this nobody waits at a prompt: the error says when to come back. */
const LONGEST_WAIT_MS = 15_000;
const FIRST_PAUSE_MS = 250;

/**
 * Real ms to wait before it is sent again; null: never.
 * @param tries how often it was sent so far, from 1
 */
export function retryDelayMs(outcome: Outcome, tries: number): number | null {
  const backOff = FIRST_PAUSE_MS * 2 ** (tries - 1);
  if (outcome.kind === 'lost') return tries < TRIES ? backOff : null;
  const { status, retryAfterS } = outcome;
  const wait = retryAfterS === null ? backOff : retryAfterS * 1_000;
  if (wait > LONGEST_WAIT_MS) return null;
  if (status === 429 || status === 503) return tries < TRIES ? wait : null;
  // Only a request of the same key that still runs is a conflict with a time to come back at.
  const running = status === 409 && retryAfterS !== null && tries > 1;
  return running && tries < TRIES_WHILE_RUNNING ? wait : null;
}

/** Seconds of a Retry-After header (RFC 9110, 10.2.3): a number, or a date. */
export function retryAfterSOf(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - nowMs) / 1_000));
}
