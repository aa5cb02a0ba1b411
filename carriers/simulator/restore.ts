import type { Calls } from './calls.ts';
import { eventJournalPath, readEventJournal, readRequestLog } from './journal.ts';
import type { PlanOf } from './plan.ts';
import { NO_DEEDS, type CallDeeds, type CallStart } from './timeline.ts';
import type { WireEvent } from './wire.ts';

interface Remembered {
  readonly start: CallStart;
  readonly to: string;
  readonly context: Readonly<Record<string, string>>;
}

/**
 * Take up the calls of an earlier run from its two files: calls that ended keep their recorded end, the
 * others go on where their plan puts them by now. A call whose end fell into the time in between ended then.
 * @returns events on record that nobody has taken yet, to be sent again
 */
export async function restoreCalls(
  logFile: string,
  calls: Calls,
  planOf: PlanOf,
): Promise<readonly WireEvent[]> {
  const known = new Map<string, Remembered>();
  const hungUpAt = new Map<string, number>();
  const deeds = new Map<string, CallDeeds>();
  for await (const line of readRequestLog(logFile)) {
    if (line.result !== 'accepted' || line.reference === null || line.attemptId === null) continue;
    const at = Date.parse(line.simulatedAt);
    const done = deeds.get(line.reference) ?? NO_DEEDS;
    if (line.kind === 'hangup') hungUpAt.set(line.reference, at);
    else if (line.kind === 'bridge') {
      deeds.set(line.reference, { ...done, joins: [...done.joins, { at, agentId: line.agentId }] });
    } else if (line.kind === 'play')
      deeds.set(line.reference, { ...done, played: { at, lastsS: line.lastsS } });
    else if (line.to !== null && line.ringTimeoutS !== null) {
      const { attemptId, reference, ringTimeoutS } = line;
      const start = { attemptId, reference, startedAt: at, ringTimeoutS };
      known.set(reference, { start, to: line.to, context: line.context ?? {} });
    }
  }

  const ended = new Map<string, WireEvent>();
  const already = new Map<string, Set<string>>();
  const untaken = new Map<string, WireEvent>();
  for await (const line of readEventJournal(eventJournalPath(logFile))) {
    if (line.kind !== 'event') {
      for (const eventId of line.eventIds) untaken.delete(eventId);
      continue;
    }
    const { event } = line;
    untaken.set(event.eventId, event);
    if (event.type === 'ended') {
      ended.set(event.reference, event);
      already.delete(event.reference);
    } else {
      const ids = already.get(event.reference) ?? new Set();
      already.set(event.reference, ids.add(event.eventId));
    }
  }

  for (const [reference, { start, to, context }] of known) {
    const end = ended.get(reference);
    if (end !== undefined) {
      calls.restoreEnded(start, to, end);
    } else {
      const plan = planOf(start.attemptId, to, context);
      const done = { ...(deeds.get(reference) ?? NO_DEEDS), hungUpAt: hungUpAt.get(reference) ?? null };
      calls.restoreLive(start, to, plan, already.get(reference) ?? new Set(), done);
    }
  }
  return [...untaken.values()];
}
