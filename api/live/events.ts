import { createHash } from 'node:crypto';

/** Server-sent events (WHATWG HTML, 9.2) as bytes. Data is JSON on one line, so it needs no splitting. */

/** A state of what is followed, as it is sent; never changed once made, since many streams hold it. */
export interface Version<T extends object> {
  /** Grows with time; its end says what the data are, so that any process can tell whether something changed. */
  readonly id: string;
  readonly data: Readonly<T>;
}

const encoder = new TextEncoder();

/**
 * @param at real ms at which it was read
 * @param before the version it follows; ids grow even where the machine's clock does not
 */
export function versionOf<T extends object>(data: T, at: number, before: Version<T> | null): Version<T> {
  const content = createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 16);
  const last = before === null ? -Infinity : Number(before.id.split('-')[0]);
  return { id: `${Math.max(at, last + 1)}-${content}`, data };
}

/** Whether two ids name the same content, whichever process gave them, and when. */
export function isSameContent(a: string, b: string): boolean {
  return a.includes('-') && a.split('-')[1] === b.split('-')[1];
}

/** Everything there is, to start from. */
export function snapshotEvent<T extends object>(version: Version<T>): Uint8Array {
  return event('snapshot', version.id, version.data);
}

/** The fields whose value is another one now, each as a whole. */
export function tickEvent<T extends object>(from: Version<T>, to: Version<T>): Uint8Array {
  const before = from.data as Readonly<Record<string, unknown>>;
  const changed = Object.entries(to.data).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field]),
  );
  return event('tick', to.id, Object.fromEntries(changed));
}

/** Nothing will change any more: the last event of a stream. */
export function endEvent<T extends object>(version: Version<T>): Uint8Array {
  return event('end', version.id, version.data);
}

/** A comment: tells both ends, and proxies between them, that the connection is alive. */
export const HEARTBEAT = encoder.encode(': \n\n');

/** @param ms real ms after which a client whose connection was lost comes back */
export function retryField(ms: number): Uint8Array {
  return encoder.encode(`retry: ${ms}\n\n`);
}

function event(type: string, id: string, data: object): Uint8Array {
  return encoder.encode(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}
