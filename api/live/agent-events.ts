import type { AgentView, Work } from '../actions/agent-view.ts';

/** What an agent's stream says, from what they had before them to what they have now. */
export interface AgentEvent {
  readonly event: 'state' | 'offer' | 'call' | 'wrap_up' | 'ended' | 'callbacks' | 'superseded';
  readonly data: object;
}

/**
 * @param before null: nothing was sent yet, and everything there is is told
 * @param session the one this stream is of; null: whichever was there first
 * @param seatJson the seat as the API shows it
 */
export function agentEvents(
  before: AgentView | null,
  now: AgentView,
  session: string | null,
  seatJson: (seat: AgentView['seat']) => object,
): AgentEvent[] {
  if (session !== null && now.seat.sessionId !== null && now.seat.sessionId !== session) {
    return [{ event: 'superseded', data: { sessionId: now.seat.sessionId } }];
  }
  const events: AgentEvent[] = [];
  const gone = before?.work ?? null;
  if (gone !== null && !goesOn(gone, now.work)) events.push({ event: 'ended', data: idsOf(gone) });
  const state = seatJson(now.seat);
  if (before === null || JSON.stringify(state) !== JSON.stringify(seatJson(before.seat))) {
    events.push({ event: 'state', data: state });
  }
  if (now.work !== null && (gone === null || isNews(gone, now.work))) {
    events.push({ event: now.work.kind, data: now.work });
  }
  // All that are near at each change: whoever was away for a while, or reads slowly, misses none.
  const near = JSON.stringify(now.callbacks);
  if (near !== JSON.stringify(before?.callbacks ?? [])) {
    events.push({ event: 'callbacks', data: { callbacks: now.callbacks } });
  }
  return events;
}

/** A contact that was shown and is called now is the same work. */
function goesOn(before: Work, now: Work | null): boolean {
  if (now === null || before.contact.id !== now.contact.id) return false;
  return before.attemptId === null || before.attemptId === now.attemptId;
}

function isNews(before: Work, now: Work): boolean {
  return (
    before.kind !== now.kind ||
    before.status !== now.status ||
    before.deadline !== now.deadline ||
    before.attemptId !== now.attemptId ||
    before.previewId !== now.previewId
  );
}

function idsOf({ previewId, attemptId, contact, campaign }: Work): object {
  return { previewId, attemptId, contactId: contact.id, campaignId: campaign.id };
}
