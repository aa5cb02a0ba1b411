import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import getPort from 'get-port';
import { RightcallError } from '../../domain/failures.ts';
import { errnoOf } from './directory.ts';

/** All local servers listen here and nowhere else. */
export const LOOPBACK = '127.0.0.1';

/** Null when the port can be listened on now, else the system's error code. */
async function refusalOf(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errnoOf(error) ?? 'unknown'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/**
 * Below the range that systems take the ports of outgoing connections from (32768 up on Linux, 49152 elsewhere): a
 * port out of that range may become some connection's own between the choice and the binding.
 */
const FIRST_PORT = 20_000;
const PORTS_END = 32_768;

/** Candidates in no order, so that processes which choose at the same time seldom choose the same. */
function candidates(): number[] {
  return Array.from({ length: 50 }, () => randomInt(FIRST_PORT, PORTS_END));
}

export interface PortWish {
  /** A port that must be this one, because someone asked for it; 1–65535. */
  readonly required?: number;
  /** A port that would be good, such as last time's; another is taken when it is busy. */
  readonly preferred?: number;
  /** The option or variable that `required` came from, for the error's text. @example '--port' */
  readonly option?: string;
  /** @default '127.0.0.1' */
  readonly host?: string;
}

/**
 * A port that was free a moment ago. Whoever binds it must still be ready to lose the race.
 * @throws RightcallError `conflict` naming the option when `required` is taken or not permitted
 */
export async function choosePort(wish: PortWish = {}): Promise<number> {
  const host = wish.host ?? LOOPBACK;
  if (wish.required === undefined) {
    // Asked here and not of get-port, which withholds for a while what it has once given out, even to the
    // server that had it.
    const { preferred } = wish;
    if (preferred !== undefined && (await refusalOf(preferred, host)) === null) return preferred;
    return getPort({ host, port: candidates() });
  }
  const refusal = await refusalOf(wish.required, host);
  if (refusal === null) return wish.required;
  const field = wish.option ?? 'port';
  const fault =
    refusal === 'EADDRINUSE'
      ? `port ${wish.required} on ${host} is in use by another process`
      : `port ${wish.required} on ${host} cannot be listened on (${refusal})`;
  const expected = `a free port: stop the process that listens there (find it with "lsof -i :${wish.required}"), or choose another for ${field}`;
  throw new RightcallError('conflict', `${field}: ${fault}; expected ${expected}`, {
    faults: [{ field, fault, expected }],
  });
}
