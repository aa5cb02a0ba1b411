import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { epochMsSchema } from '../../domain/time.ts';
import { wireEventSchema } from './wire.ts';

/**
 * Two append-only JSONL files. The request log is the judge of what was asked of this carrier; the event
 * journal beside it says what has come of it. Each line is one `write` to a file opened for appending, made
 * before the answer: a process that is killed after it cannot take the line back (the page cache keeps it;
 * only the machine's own crash could lose it).
 */
const common = {
  /** Real time, ISO 8601. */
  at: z.string(),
  /** The same instant on the rehearsal's clock. */
  simulatedAt: z.string(),
  /** HTTP status of the answer that was meant to be sent. */
  status: z.number().int(),
  reference: z.string().nullable(),
  reason: z.string().nullable(),
};

export const DIAL_RESULTS = ['accepted', 'duplicate', 'rejected', 'rate_limited', 'error'] as const;

export const dialLineSchema = z.object({
  kind: z.literal('dial'),
  ...common,
  attemptId: z.string().nullable(),
  to: z.string().nullable(),
  from: z.string().nullable(),
  result: z.enum(DIAL_RESULTS),
  ringTimeoutS: z.number().nullable(),
  context: z.record(z.string(), z.string()).nullable(),
  /** The request's W3C trace context, where its sender traced it. */
  traceParent: z.string().optional(),
});
export type DialLine = z.infer<typeof dialLineSchema>;

export const hangupLineSchema = z.object({
  kind: z.literal('hangup'),
  ...common,
  attemptId: z.string().nullable(),
  /** `accepted`: a live call was ended; `already_ended`: there was nothing to do. */
  result: z.enum(['accepted', 'already_ended', 'not_found', 'error']),
});
export type HangupLine = z.infer<typeof hangupLineSchema>;

/** `accepted`: it was done now; `again`: it had been; `not_answered`: it rings still; `ended`: it is over. */
const DONE_TO_CALL = [
  'accepted',
  'again',
  'not_answered',
  'ended',
  'not_found',
  'rejected',
  'error',
] as const;

export const bridgeLineSchema = z.object({
  kind: z.literal('bridge'),
  ...common,
  attemptId: z.string().nullable(),
  agentId: z.string(),
  result: z.enum(DONE_TO_CALL),
});
export type BridgeLine = z.infer<typeof bridgeLineSchema>;

export const playLineSchema = z.object({
  kind: z.literal('play'),
  ...common,
  attemptId: z.string().nullable(),
  items: z.array(z.string()),
  /** How long it takes to be said, simulated seconds. */
  lastsS: z.number().nonnegative(),
  result: z.enum(DONE_TO_CALL),
});
export type PlayLine = z.infer<typeof playLineSchema>;

/** One line of the request log. */
export const requestLineSchema = z.discriminatedUnion('kind', [
  dialLineSchema,
  hangupLineSchema,
  bridgeLineSchema,
  playLineSchema,
]);
export type RequestLine = z.infer<typeof requestLineSchema>;

/** One line of the event journal: an event that happened, or what became of its delivery. */
export const eventLineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), event: wireEventSchema }),
  z.object({
    /** `withheld`: a fault kept it back; `dropped`: not taken within the retention. */
    kind: z.enum(['delivered', 'withheld', 'dropped']),
    at: epochMsSchema,
    eventIds: z.array(z.string()),
  }),
]);
export type EventLine = z.infer<typeof eventLineSchema>;

export interface Journal<Line> {
  append(...lines: readonly Line[]): void;
  close(): void;
}

/** Open for appending; makes the folder, and ends a line that a crash tore off. */
export function openJournal<Line>(path: string): Journal<Line> {
  mkdirSync(dirname(path), { recursive: true });
  const torn = existsSync(path) && !endsWithNewline(path);
  const fd = openSync(path, 'a');
  if (torn) appendFileSync(fd, '\n');
  return {
    append: (...lines) => {
      if (lines.length > 0) appendFileSync(fd, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    },
    close: () => closeSync(fd),
  };
}

function endsWithNewline(path: string): boolean {
  const { size } = statSync(path);
  if (size === 0) return true;
  const fd = openSync(path, 'r');
  try {
    const last = Buffer.alloc(1);
    readSync(fd, last, 0, 1, size - 1);
    return last[0] === 0x0a;
  } finally {
    closeSync(fd);
  }
}

/** The lines of a journal, streamed; one that a crash tore off is left out. Nothing where there is no file. */
async function* readLines<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  if (!existsSync(path)) return;
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  for await (const line of lines) {
    const value = parseJson(line);
    const parsed = value === undefined ? null : schema.safeParse(value);
    if (parsed?.success === true) yield parsed.data;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The request log, in order: what a test or an audit holds against the engine's own records. */
export function readRequestLog(path: string): AsyncGenerator<RequestLine> {
  return readLines(path, requestLineSchema);
}

export function readEventJournal(path: string): AsyncGenerator<EventLine> {
  return readLines(path, eventLineSchema);
}

/** `requests.jsonl` → `requests.events.jsonl`, in the same folder. */
export function eventJournalPath(logFile: string): string {
  return join(dirname(logFile), `${basename(logFile).replace(/\.jsonl$/, '')}.events.jsonl`);
}
