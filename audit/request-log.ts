import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { invalidInput, messageOf } from '../domain/failures.ts';
import type { EpochMs } from '../domain/time.ts';

/** A dial request as the carrier's log has it. Numbers are not read, so that none can leave the audit. */
export interface LoggedDial {
  readonly line: number;
  readonly attemptId: string | null;
  readonly atReal: EpochMs;
  readonly at: EpochMs;
  readonly accepted: boolean;
}

/** What the reading came across that is no dial. */
export interface LogFaults {
  /** Lines in the middle that are no JSON object of this log. */
  unreadable: number;
  /** The last line has no end: its writer was killed, or is writing. */
  tornEnd: boolean;
}

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const lineSchema = z.object({
  /** Lines without a kind are dials: the log once held nothing else. */
  kind: z.enum(['dial', 'hangup', 'bridge', 'play']).default('dial'),
  at: instant,
  simulatedAt: instant,
  attemptId: z.string().nullable().default(null),
  result: z.string(),
});

/**
 * One line of the log.
 * @returns null for a line that is no dial (a hang-up, an agent joined, a message), undefined for one that cannot be read
 */
export function parseLogLine(text: string, line: number): LoggedDial | null | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { kind, attemptId, at, simulatedAt, result } = parsed.data;
  if (kind !== 'dial') return null;
  return { line, attemptId, atReal: at, at: simulatedAt, accepted: result === 'accepted' };
}

/** Size of a log now (bytes), so that what is appended later is left out. @throws invalid_input when there is none */
export async function logSizeBytes(path: string): Promise<number> {
  try {
    const { size } = await stat(path);
    return size;
  } catch (error) {
    throw invalidInput([
      {
        field: '--log',
        fault: `cannot be read (${messageOf(error)})`,
        expected: "the carrier's request log, JSONL",
      },
    ]);
  }
}

/** The dials among the first `sizeBytes` of a log, in order; streamed, so that its length does not matter. */
export async function* readDials(
  path: string,
  sizeBytes: number,
  faults: LogFaults,
): AsyncGenerator<LoggedDial> {
  if (sizeBytes === 0) return;
  const input = createReadStream(path, { encoding: 'utf8', start: 0, end: sizeBytes - 1 });
  let endsWhole = true;
  input.on('data', (chunk) => {
    endsWhole = chunk.toString().endsWith('\n');
  });
  let line = 0;
  let lastUnread = false;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line += 1;
    if (lastUnread) faults.unreadable += 1;
    lastUnread = false;
    if (text.trim() === '') continue;
    const dial = parseLogLine(text, line);
    if (dial === undefined) lastUnread = true;
    else if (dial !== null) yield dial;
  }
  if (!lastUnread) return;
  if (endsWhole) faults.unreadable += 1;
  else faults.tornEnd = true;
}
