import { setTimeout as delay } from 'node:timers/promises';
import { Interrupted } from './interruption.ts';
import { stopInOrder, type RunningServer, type ServerEvent } from '../../runtime/servers/server.ts';

/** Who ends first: what takes orders, what carries them out, what it dials through, and what all of them stand on. */
export const STOP_ORDER = ['api', 'worker', 'simulator', 'temporal', 'postgres'] as const;
export type Role = (typeof STOP_ORDER)[number];

/** How long to wait for a server that is still coming up when everything ends, real ms. */
const SETTLE_MS = 15_000;

export interface Fleet {
  /** Start a server and remember it, also while it is still coming up. @throws Interrupted once all are being ended */
  start<T extends RunningServer>(role: Role, begin: () => Promise<T>): Promise<T>;
  /** For `onEvent` of every server: says what went wrong and what was done about it, and keeps quiet about the rest. */
  readonly onEvent: (event: ServerEvent) => void;
  /** End some of them, in this order, while the others stay up; they may be started again. @throws Interrupted */
  end(roles: readonly Role[]): Promise<void>;
  /** Whether anything was ever started. */
  isEmpty(): boolean;
  /** End all in order. @returns a line for each one that could not be ended */
  stop(onStopping: (name: string) => void): Promise<string[]>;
}

/** @param say shows one line to the person */
export function createFleet(say: (text: string) => void): Fleet {
  const servers = new Map<Role, Promise<RunningServer | null>>();
  const wasDown = new Set<string>();
  let stopping = false;
  return {
    start: async (role, begin) => {
      if (stopping) throw new Interrupted();
      const starting = begin();
      servers.set(
        role,
        starting.catch(() => null),
      );
      return starting;
    },
    onEvent: (event) => {
      if (stopping) return;
      if (event.kind === 'exited' || event.kind === 'restarting') {
        wasDown.add(event.name);
        say(`  ! ${event.text}`);
      } else if (event.kind === 'ready' && wasDown.delete(event.name)) {
        say(`  ✓ ${event.name} is back (pid ${event.pid ?? '–'})`);
      } else if (event.kind === 'leftover_ended' || event.kind === 'warning') {
        say(`  ! ${event.text}`);
      }
    },
    end: async (roles) => {
      for (const role of roles) {
        if (stopping) throw new Interrupted();
        await (await servers.get(role))?.stop();
        servers.delete(role);
      }
    },
    isEmpty: () => servers.size === 0,
    stop: async (onStopping) => {
      stopping = true;
      const settled: (RunningServer | null)[] = [];
      for (const role of STOP_ORDER) {
        const server = servers.get(role);
        if (server !== undefined) {
          settled.push(await Promise.race([server, delay(SETTLE_MS, null, { ref: false })]));
        }
      }
      return stopInOrder(
        settled.map((server) =>
          server === null
            ? null
            : {
                name: server.name,
                stop: () => {
                  // A server of somebody else's has no pid here, and is left alone.
                  if (server.pid() !== null) onStopping(server.name);
                  return server.stop();
                },
              },
        ),
      );
    },
  };
}
