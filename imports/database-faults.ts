/**
 * SQLSTATE classes and socket errors that say "the database is away": 08 connection exceptions, 57P01–57P03 shut
 * down or starting up (PostgreSQL manual, appendix A).
 */
const AWAY_SQLSTATE = /^(08...|57P0[1-3])$/;
const AWAY_SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT', 'EHOSTUNREACH']);
/** What node-postgres says without a code. */
const AWAY_TEXT =
  /^Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Whether the connection was lost, so that waiting and trying again makes sense. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.some(isDatabaseAway)) return true;
  const code = codeOf(error);
  return (
    AWAY_SQLSTATE.test(code) ||
    (AWAY_SOCKET.has(code) && (error as { syscall?: unknown }).syscall !== 'open') ||
    (error instanceof Error && AWAY_TEXT.test(error.message))
  );
}

/** Deadlock (40P01), serialisation failure (40001), lock time-out (55P03): the same transaction may succeed now. */
export function isWorthRepeating(error: unknown): boolean {
  return ['40P01', '40001', '55P03'].includes(codeOf(error));
}
