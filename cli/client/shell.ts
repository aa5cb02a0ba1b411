import { setTimeout as sleep } from 'node:timers/promises';
import { loadApiDocument, type ApiDocument } from './spec/document.ts';

/** What the client verbs meet of the world around them; a test gives its own. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** The API's own description; verbs and their options are made from it. */
  readonly document: () => ApiDocument;
  /** Real milliseconds; rejects where the signal ends it. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>;
  /** A new Idempotency-Key. */
  readonly newKey: () => string;
}

/** The real one. @param change replaces parts */
export function createShell(change: Partial<Shell> = {}): Shell {
  let document: ApiDocument | null = null;
  const load = change.document ?? loadApiDocument;
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
    newKey: () => crypto.randomUUID(),
    ...change,
    // Every verb of a noun asks for it.
    document: () => (document ??= load()),
  };
}
