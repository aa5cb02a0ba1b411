import { toIso, type EpochMs } from '../../../domain/time.ts';
import type { Evidence } from '../evidence.ts';
import { grouped, type Case, type EngagedSeatRecord } from './records.ts';
import type { Found } from './verdict.ts';

/** A call on which an agent was, by one clock. */
interface Span {
  readonly attemptId: string;
  readonly agentId: string;
  readonly from: EpochMs;
  /** Null: nothing says that it has ended. */
  readonly until: EpochMs | null;
}

/**
 * I10, of agents: nobody is kept for, talks on or writes down what is over, and nobody was in two calls at once: neither by
 * the rows, in the database's own time, nor by what the carrier logged, in the carrier's.
 */
export function judgeAgents({ evidence, records }: Case): { looked: number; violations: Found[] } {
  const stored = records.talks.map(({ attemptId, agentId, connectedReal, endedReal }) => ({
    attemptId,
    agentId,
    from: connectedReal,
    until: endedReal,
  }));
  const logged = joinedBy(evidence);
  return {
    looked: records.engagedSeats.length + stored.length + logged.length,
    violations: [
      ...records.engagedSeats.map(heldAtEnd),
      ...overlapsOf(stored, 'by the rows', true),
      ...overlapsOf(logged, 'at the carrier', false),
    ],
  };
}

/** Once all is quiet no call is open, so that no agent holds one. */
function heldAtEnd({ agentId, state, attemptId, previewId, callState }: EngagedSeatRecord): Found {
  const what =
    previewId === null ? `call ${attemptId ?? '–'}, which is ${callState ?? 'not theirs'}` : 'preview';
  return {
    subject: attemptId === null ? {} : { attemptId },
    aroundReal: null,
    what: `agent ${agentId} is ${state} with a ${what}`,
    expected: 'free, since nothing is open',
  };
}

/** Spans of one agent that lie over each other. @param isReal instants are the machine's */
function overlapsOf(spans: readonly Span[], where: string, isReal: boolean): Found[] {
  const found: Found[] = [];
  for (const [agentId, calls] of grouped(spans, (span) => span.agentId)) {
    let last: Span | null = null;
    for (const call of calls.toSorted((a, b) => a.from - b.from)) {
      if (last !== null && (last.until === null || call.from < last.until)) {
        const until = last.until === null ? 'does not end' : `ends at ${toIso(last.until)}`;
        found.push({
          subject: { attemptId: call.attemptId },
          aroundReal: isReal ? call.from : null,
          what: `agent ${agentId} is in two calls ${where}: joined at ${toIso(call.from)}, and ${last.attemptId} ${until}`,
          expected: 'one call at a time',
        });
      }
      if (last === null || (last.until !== null && (call.until ?? Infinity) > last.until)) last = call;
    }
  }
  return found;
}

/** Who was on which call by the carrier's journal: until another agent was joined to it, or it ended. */
function joinedBy({ events }: Evidence): Span[] {
  const spans: Span[] = [];
  const open = new Map<string, Span>();
  const close = (attemptId: string, until: EpochMs | null): void => {
    const span = open.get(attemptId);
    if (span !== undefined) spans.push({ ...span, until });
    open.delete(attemptId);
  };
  for (const line of events ?? []) {
    if (line.kind !== 'event') continue;
    const { attemptId, type, at, agentId } = line.event;
    if (type === 'joined' && agentId !== null) {
      close(attemptId, at);
      open.set(attemptId, { attemptId, agentId, from: at, until: null });
    } else if (type === 'ended') close(attemptId, at);
  }
  for (const attemptId of [...open.keys()]) close(attemptId, null);
  return spans;
}
