import { callEndOf } from '../../../carriers/simulator/read-end.ts';
import type { EpochMs } from '../../../domain/time.ts';
import type { Evidence } from '../evidence.ts';

/** A call as the carrier's journal of events tells it. */
export interface LoggedCall {
  readonly answeredAt: EpochMs | null;
  /** Null while nothing says that it has ended. */
  readonly endedAt: EpochMs | null;
  /** A person answered. */
  readonly byPerson: boolean;
  readonly outcome: string | null;
  readonly talkS: number;
  readonly disposition: string | null;
}

/** Calls by attempt; null where the journal of events is not there. */
export function callsOf({ events }: Evidence): Map<string, LoggedCall> | null {
  if (events === null) return null;
  const calls = new Map<string, LoggedCall>();
  for (const line of events) {
    if (line.kind !== 'event') continue;
    const { attemptId, type, at, end } = line.event;
    const known = calls.get(attemptId) ?? NOTHING_KNOWN;
    if (type === 'answered') calls.set(attemptId, { ...known, answeredAt: at });
    if (type !== 'ended' || end === null) continue;
    const { outcome, talkS, disposition } = callEndOf(at, end);
    calls.set(attemptId, {
      answeredAt: known.answeredAt,
      endedAt: at,
      byPerson: outcome === 'answered',
      outcome,
      talkS,
      disposition,
    });
  }
  return calls;
}

const NOTHING_KNOWN: LoggedCall = {
  answeredAt: null,
  endedAt: null,
  byPerson: false,
  outcome: null,
  talkS: 0,
  disposition: null,
};
