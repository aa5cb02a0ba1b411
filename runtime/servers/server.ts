import { messageOf } from '../../domain/failures.ts';

/** What happens to a local server or child process, for people (`text`) and for code (`kind`). */
export const SERVER_EVENTS = [
  'starting',
  'ready',
  'exited',
  'restarting',
  'stopping',
  'stopped',
  'leftover_ended',
  'warning',
] as const;
export type ServerEventKind = (typeof SERVER_EVENTS)[number];

export interface ServerEvent {
  /** The server's name. @example 'PostgreSQL' */
  readonly name: string;
  readonly kind: ServerEventKind;
  /** One line in words, the name included. */
  readonly text: string;
  /** The real process, not its tether; null when none runs. */
  readonly pid: number | null;
}

/** A server that this process started, or one elsewhere that it only uses (`pid` is then null). */
export interface RunningServer {
  readonly name: string;
  /** TCP port, or null when somebody else runs the server. */
  readonly port: number | null;
  /** Process id of the server now; changes when it is restarted; null when it is down or not ours. */
  pid(): number | null;
  /** Ends it in order and waits for its end. Safe to call twice. Never ends a server that is not ours. */
  stop(): Promise<void>;
  /** Called when it ended without being asked to (`code` or `signal`), also when it will be restarted. */
  onExit(listener: (end: ChildEnd) => void): void;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly willRestart: boolean;
}

/** One line about the way to readiness, such as `Downloading Temporal: 40 %`. */
export type Progress = (text: string) => void;

/**
 * Stops servers one after another, the first first (workers before what they work on), and goes on after
 * a failure.
 * @returns one line for each one that could not be stopped
 */
export async function stopInOrder(
  servers: readonly (Pick<RunningServer, 'name' | 'stop'> | null)[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const server of servers) {
    if (server === null) continue;
    try {
      await server.stop();
    } catch (error) {
      problems.push(`${server.name} did not stop: ${messageOf(error)}`);
    }
  }
  return problems;
}
