import { eventJournalPath, readEventJournal, readRequestLog } from '../../carriers/simulator/journal.ts';
import { callEndOf } from '../../carriers/simulator/read-end.ts';
import type { EpochMs } from '../../domain/time.ts';

/** A call as the carrier's own log and its journal of events have it, and nobody else. */
export interface LoggedCall {
  readonly attemptId: string;
  readonly mode: string;
  readonly answeredAt: EpochMs | null;
  readonly byMachine: boolean;
  /** The first agent who was joined, and when. */
  readonly agentId: string | null;
  readonly joinedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly outcome: string | null;
  readonly talkS: number;
  /** What a dialogue without an agent came to. */
  readonly disposition: string | null;
}

/** Every call that the carrier took, in the order in which it did. @param logFile of its requests */
export async function loggedCalls(logFile: string): Promise<LoggedCall[]> {
  const calls = new Map<string, LoggedCall>();
  for await (const line of readRequestLog(logFile)) {
    if (line.kind !== 'dial' || line.result !== 'accepted' || line.attemptId === null) continue;
    calls.set(line.attemptId, {
      attemptId: line.attemptId,
      mode: line.context?.['mode'] ?? 'agentless',
      answeredAt: null,
      byMachine: false,
      agentId: null,
      joinedAt: null,
      endedAt: null,
      outcome: null,
      talkS: 0,
      disposition: null,
    });
  }
  for await (const line of readEventJournal(eventJournalPath(logFile))) {
    if (line.kind !== 'event') continue;
    const { attemptId, type, at, machine, agentId, end } = line.event;
    const call = calls.get(attemptId);
    if (call === undefined) throw new Error(`an event of ${attemptId}, which the carrier was not asked for`);
    if (type === 'answered') calls.set(attemptId, { ...call, answeredAt: at, byMachine: machine === true });
    if (type === 'joined' && call.joinedAt === null) calls.set(attemptId, { ...call, joinedAt: at, agentId });
    if (type === 'ended' && end !== null) {
      const { outcome, talkS, disposition } = callEndOf(at, end);
      calls.set(attemptId, { ...call, endedAt: at, outcome, talkS, disposition });
    }
  }
  return [...calls.values()];
}
