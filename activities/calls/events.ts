import type { Clock } from '../../domain/clock.ts';
import type { CallEndPayload, CallEventPayload } from '../../domain/carrier.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { dispositionSchema, type Disposition, type DialMode } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { HELD_BRIEFLY } from '../../db/locks.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import { markSent } from '../../db/repositories/attempts.ts';
import { asksForAgent } from '../../domain/script-keys.ts';
import { onAgentAsked, onAnswer } from '../agents/answer.ts';
import { onJoined } from '../agents/joined.ts';
import { countRepair } from '../telemetry.ts';
import { traceOfAttempt } from '../tracing.ts';
import { heedKeys, keysPressed } from './opt-out.ts';
import { settleAttempt } from './settle.ts';

/** Stands where a stored event has its id: the engine made this one up. */
export const MADE_UP_ID = -1;

/** One stored event, as it came. */
export interface StoredCallEvent {
  readonly id: number;
  readonly carrierId: string;
  readonly attemptId: string;
  readonly type: string;
  readonly at: EpochMs;
  readonly payload: CallEventPayload;
}

/**
 * Make what the carrier said true in our rows: the call's leg, the attempt's end, the contact's next step; all events
 * of one attempt in one transaction, in whatever order they came, however often.
 * @returns the id of the attempt if its result is now known and waits to be told.
 */
export async function applyCallEvents(
  tx: Tx,
  clock: Clock,
  attemptId: string,
  events: readonly StoredCallEvent[],
): Promise<string | null> {
  // The person's row first, as everywhere (db/locks.ts).
  const rows = await tx.prepared<AttemptRow>(
    'event_person',
    `SELECT a.state, a.contact_id, a.admission, a.campaign_id, a.person_id, a.mode, ${HELD_BRIEFLY} FROM attempts a JOIN persons p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
     WHERE a.tenant_id = $1 AND a.id = $2 FOR NO KEY UPDATE OF p`,
    [tx.tenantId, attemptId],
  );
  const [attempt] = rows;
  countUnexpected(attempt?.state ?? null, events);
  const settled =
    attempt === undefined
      ? null
      : await traceOfAttempt(
          { tenantId: tx.tenantId, contactId: attempt.contact_id, admission: attempt.admission },
          'carrier.events',
          { 'rightcall.attempt': attemptId, 'rightcall.events': events.map(({ type }) => type) },
          () => applyAll(tx, clock, attemptId, attempt, events),
        );
  // An event of an attempt we do not know is kept and passed over: the audit reports it.
  await tx.query(
    'UPDATE call_events SET processed_real = clock_timestamp() WHERE tenant_id = $1 AND id = ANY ($2)',
    [tx.tenantId, events.map((event) => event.id)],
  );
  return settled;
}

interface AttemptRow {
  state: string;
  contact_id: string;
  admission: number;
  campaign_id: string;
  person_id: string;
  mode: DialMode | null;
}

/** @param state of the attempt before these events; null: there is no such attempt */
function countUnexpected(state: string | null, events: readonly StoredCallEvent[]): void {
  const told = events.filter(({ id }) => id !== MADE_UP_ID).length;
  if (told === 0) return;
  switch (state) {
    case null:
      return countNearMiss('event_of_unknown_attempt', told);
    case 'claimed':
    case 'revoked':
    case 'abandoned':
    case 'rejected':
      return countNearMiss('call_unexpected');
    case 'ended':
      return countNearMiss('event_after_end', told);
  }
}

async function applyAll(
  tx: Tx,
  clock: Clock,
  attemptId: string,
  attempt: AttemptRow,
  events: readonly StoredCallEvent[],
): Promise<string | null> {
  if (attempt.state !== 'sent') {
    // Whatever the carrier says of a call shows that it took it, also when its answer was lost or we gave it up.
    const sent = await markSent(tx, attemptId, events[0]!.payload.reference, clock.now());
    if (sent?.takenUp === true) countRepair('call_taken_up');
  }
  // Only an end can have a consequence; most events are none.
  const over = events.some((event) => event.type === 'ended');
  // Whether there was an agent is known before the end is: a call that nobody took was no conversation.
  if (attempt.state !== 'ended') await applyToAgents(tx, clock, attemptId, attempt, events, over);
  for (const event of events) await applyOne(tx, event);
  if (events.some((event) => event.type === 'dtmf')) {
    const row = await keysPressed(tx, attemptId);
    if (row !== null) await heedKeys(tx, clock, attemptId, row);
  }
  return over && (await settleAttempt(tx, clock, attemptId)) !== null ? attemptId : null;
}

/** What answers and keys mean to agents, and that the carrier joined one, before what the end means to them. */
async function applyToAgents(
  tx: Tx,
  clock: Clock,
  id: string,
  { campaign_id: campaignId, contact_id: contactId, person_id: personId, mode }: AttemptRow,
  events: readonly StoredCallEvent[],
  isOver: boolean,
): Promise<void> {
  const attempt = { id, campaignId, contactId, personId, mode };
  for (const { type, at, payload } of events.toSorted((a, b) => a.at - b.at)) {
    if (type === 'answered') {
      await onAnswer(tx, clock, attempt, { at, machine: payload.machine === true, isOver });
    } else if (type === 'dtmf') {
      const pressed = await keysPressed(tx, id);
      if (pressed !== null && asksForAgent(pressed.document, pressed.pressed)) {
        await onAgentAsked(tx, clock, attempt, { at, isOver });
      }
    } else if (type === 'joined' && payload.agentId !== null && payload.agentId !== undefined) {
      await onJoined(tx, { attemptId: id, agentId: payload.agentId, at });
    }
  }
}

async function applyOne(tx: Tx, event: StoredCallEvent): Promise<void> {
  const end = event.type === 'ended' ? event.payload.end : null;
  await upsertCall(tx, event, end);
  if (end !== null) await endAttempt(tx, event.attemptId, end);
}

/** Events of a call that somebody answered. */
const ANSWERED: ReadonlySet<string> = new Set(['answered', 'dtmf', 'joined']);

/** Events come in any order: each only ever adds what is not known yet, and an end is never undone. */
async function upsertCall(tx: Tx, event: StoredCallEvent, end: CallEndPayload | null): Promise<void> {
  const answeredAt =
    event.type === 'answered' ? event.at : end !== null && end.talkS > 0 ? end.at - end.talkS * 1_000 : null;
  const status = end !== null ? 'ended' : ANSWERED.has(event.type) ? 'answered' : 'ringing';
  await tx.prepared(
    'upsert_call',
    `INSERT INTO calls AS k (tenant_id, attempt_id, carrier_id, carrier_ref, status, ringing_at, answered_at, ended_at,
                             ended_by, sip, q850, vendor_code, ring_s, talk_s, synthesized)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     ON CONFLICT (tenant_id, attempt_id) DO UPDATE SET
       status = CASE WHEN k.status = 'ended' OR excluded.status = 'ended' THEN 'ended'
                     WHEN k.status = 'answered' OR excluded.status = 'answered' THEN 'answered' ELSE 'ringing' END,
       ringing_at = coalesce(k.ringing_at, excluded.ringing_at),
       answered_at = coalesce(k.answered_at, excluded.answered_at),
       ended_at = coalesce(k.ended_at, excluded.ended_at), ended_by = coalesce(k.ended_by, excluded.ended_by),
       sip = coalesce(k.sip, excluded.sip), q850 = coalesce(k.q850, excluded.q850),
       vendor_code = coalesce(k.vendor_code, excluded.vendor_code), ring_s = coalesce(k.ring_s, excluded.ring_s),
       talk_s = coalesce(k.talk_s, excluded.talk_s), synthesized = k.synthesized AND excluded.synthesized`,
    [
      tx.tenantId,
      event.attemptId,
      event.carrierId,
      event.payload.reference,
      status,
      event.type === 'ringing' ? toIso(event.at) : null,
      answeredAt === null ? null : toIso(answeredAt),
      end === null ? null : toIso(end.at),
      end?.by ?? null,
      end?.sip ?? null,
      end?.q850 ?? null,
      end?.vendorCode ?? null,
      end?.ringS ?? null,
      end?.talkS ?? null,
      end?.synthesized ?? false,
    ],
  );
}

/** The first end counts; another for the same attempt changes nothing. */
async function endAttempt(tx: Tx, attemptId: string, end: CallEndPayload): Promise<void> {
  const disposition = dispositionOf(end);
  // The phone stopped ringing when it was answered or the call ended: the latest instant it can have started.
  const rangAt = end.at - end.talkS * 1_000;
  const rows = await tx.prepared<{ contact_id: string; person_id: string }>(
    'end_attempt',
    `UPDATE attempts a SET state = 'ended', ended_at = $3, outcome = $4, disposition = $6,
            conversation = $5 AND (coalesce(mode, 'agentless') = 'agentless' OR EXISTS (
              SELECT 1 FROM agent_calls g WHERE g.tenant_id = $1 AND g.attempt_id = a.id AND g.connected_at IS NOT NULL)),
            rang_at = greatest(rang_at, $7), reason = CASE WHEN $8 THEN 'made up: the carrier sent no end' ELSE reason END
     WHERE tenant_id = $1 AND id = $2 AND state IN ('sent', 'unknown') RETURNING contact_id, person_id`,
    [
      tx.tenantId,
      attemptId,
      toIso(end.at),
      end.outcome,
      end.outcome === 'answered' && end.talkS > 0,
      disposition,
      toIso(rangAt),
      end.synthesized,
    ],
  );
  if (rows[0] === undefined || disposition === null) return;
  await tx.prepared(
    'insert_disposition',
    `INSERT INTO dispositions (tenant_id, attempt_id, contact_id, person_id, code, source, at)
     VALUES ($1, $2, $3, $4, $5, 'script', $6) ON CONFLICT DO NOTHING`,
    [tx.tenantId, attemptId, rows[0].contact_id, rows[0].person_id, disposition, toIso(end.at)],
  );
}

/** The dialogue's result as one of ours; one that we do not know is none, and the outcome speaks alone. */
function dispositionOf(end: CallEndPayload): Disposition | null {
  const parsed = dispositionSchema.safeParse(end.disposition);
  return parsed.success ? parsed.data : null;
}
