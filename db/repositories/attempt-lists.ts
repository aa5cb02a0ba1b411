import { toIso, type EpochMs } from '../../domain/time.ts';
import type { AgentCallState } from '../schema/agents.ts';
import type {
  AttemptState,
  Channel,
  DialMode,
  Disposition,
  Outcome,
  Purpose,
} from '../../domain/vocabulary.ts';
import type { CallEventPayload } from '../../domain/carrier.ts';
import type { DrawnStep } from '../../domain/retry-step.ts';
import type { Statements } from '../client.ts';
import { newestFirst, type Page, type PagePlace } from './pages.ts';

/** An attempt as it is shown. Instants of the engine's clock, those named real of the machine's. */
export interface ShownAttempt {
  readonly id: string;
  readonly n: number;
  readonly contactId: string;
  readonly campaignId: string;
  readonly personId: string;
  readonly admission: number;
  /** Null: lost with a backup (docs/restore.md). */
  readonly decisionId: string | null;
  readonly purpose: Purpose;
  readonly channel: Channel;
  readonly carrier: string | null;
  readonly carrierRef: string | null;
  readonly state: AttemptState;
  readonly outcome: Outcome | null;
  readonly disposition: Disposition | null;
  readonly conversation: boolean;
  readonly reason: string | null;
  readonly nextStep: DrawnStep | null;
  readonly claimedAt: EpochMs;
  readonly sendingAt: EpochMs | null;
  readonly sentAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly allowUntil: EpochMs | null;
  readonly hangupRequestedReal: EpochMs | null;
  readonly reportedReal: EpochMs | null;
}

/** The carrier's leg of an attempt as it is shown. */
export interface ShownCall {
  readonly attemptId: string;
  readonly n: number;
  readonly contactId: string;
  readonly campaignId: string;
  readonly carrier: string | null;
  readonly carrierRef: string;
  readonly status: 'ringing' | 'answered' | 'ended';
  readonly attemptedAt: EpochMs;
  readonly ringingAt: EpochMs | null;
  readonly answeredAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly endedBy: string | null;
  readonly sip: number | null;
  readonly q850: number | null;
  readonly vendorCode: string | null;
  readonly ringS: number | null;
  readonly talkS: number | null;
  readonly synthesized: boolean;
  /** The agent's side of it; null: it was none's. */
  readonly agent: {
    readonly agentId: string | null;
    readonly state: AgentCallState;
    readonly disposition: string | null;
    readonly mode: DialMode;
    readonly listeners: readonly string[];
  } | null;
}

export interface ShownCallEvent {
  readonly eventId: string;
  readonly type: string;
  readonly at: EpochMs;
  readonly receivedReal: EpochMs;
  readonly payload: CallEventPayload;
}

interface Bounds {
  readonly campaignId: string | null;
  readonly carrier: string | null;
  /** Bounds of the instant at which the attempt was claimed, the first included. */
  readonly from: EpochMs | null;
  readonly before: EpochMs | null;
  readonly after: PagePlace | null;
  readonly limit: number;
}

export interface AttemptQuery extends Bounds {
  readonly contactId: string | null;
  readonly state: string | null;
  readonly outcome: string | null;
  readonly disposition: string | null;
}

export interface CallQuery extends Bounds {
  /** Only those that ring or are up now. */
  readonly live: boolean;
}

const ORDER = { at: 'claimed_at', id: 'id', idType: 'text' } as const;
const CARRIER = `(SELECT name FROM carriers k WHERE k.tenant_id = a.tenant_id AND k.id = a.carrier_id)`;
/** Of the carrier named; no row for a name that is none. */
const ofCarrier = (given: string) =>
  `a.carrier_id = (SELECT id FROM carriers WHERE tenant_id = $1 AND name = ${given})`;

const ATTEMPT_COLUMNS = `a.id, a.n, a.contact_id AS "contactId", a.campaign_id AS "campaignId",
  a.person_id AS "personId", a.admission, a.decision_id AS "decisionId", a.purpose, a.channel, ${CARRIER} AS carrier,
  a.carrier_ref AS "carrierRef", a.state, a.outcome, a.disposition, a.conversation, a.reason, a.next_step AS "nextStep",
  a.claimed_at AS "claimedAt", a.sending_at AS "sendingAt", a.sent_at AS "sentAt", a.ended_at AS "endedAt",
  a.allow_until AS "allowUntil", a.hangup_requested_real AS "hangupRequestedReal", a.reported_real AS "reportedReal"`;

const CALL_COLUMNS = `a.id AS "attemptId", a.n, a.contact_id AS "contactId", a.campaign_id AS "campaignId",
  ${CARRIER} AS carrier, c.carrier_ref AS "carrierRef", c.status, a.claimed_at AS "attemptedAt",
  c.ringing_at AS "ringingAt", c.answered_at AS "answeredAt", c.ended_at AS "endedAt", c.ended_by AS "endedBy", c.sip,
  c.q850, c.vendor_code AS "vendorCode", c.ring_s AS "ringS", c.talk_s AS "talkS", c.synthesized,
  (SELECT jsonb_build_object('agentId', g.agent_id, 'state', g.state, 'disposition', g.disposition_code, 'mode', g.mode,
                             'listeners', g.listeners)
   FROM agent_calls g WHERE g.tenant_id = a.tenant_id AND g.attempt_id = a.id) AS agent`;
const JOIN_CALL = 'JOIN calls c ON c.tenant_id = a.tenant_id AND c.attempt_id = a.id';

/** One page of attempts, latest first. A contact's are found by contact, others by campaign and instant. */
export async function pageOfAttempts(tx: Statements, query: AttemptQuery): Promise<Page<ShownAttempt>> {
  const values: unknown[] = [tx.tenantId];
  const given = (value: unknown) => `$${values.push(value)}`;
  const within = ['a.tenant_id = $1'];
  const filter: string[] = [];
  let table = 'attempts';
  if (query.contactId !== null) {
    // OFFSET keeps the planner from walking all attempts by instant in search of these few.
    table = `(SELECT * FROM attempts WHERE tenant_id = $1 AND contact_id = ${given(query.contactId)} OFFSET 0)`;
    if (query.campaignId !== null) filter.push(`a.campaign_id = ${given(query.campaignId)}`);
  } else if (query.campaignId !== null) within.push(`a.campaign_id = ${given(query.campaignId)}`);
  addBounds(query, within, given);
  if (query.carrier !== null) filter.push(ofCarrier(given(query.carrier)));
  for (const column of ['state', 'outcome', 'disposition'] as const) {
    const value = query[column];
    if (value !== null) filter.push(`a.${column} IS NOT DISTINCT FROM ${given(value)}`);
  }
  const { after, limit } = query;
  return newestFirst<ShownAttempt>(tx, {
    columns: ATTEMPT_COLUMNS,
    table,
    alias: 'a',
    within,
    filter,
    order: ORDER,
    values,
    after,
    limit,
  });
}

/** One page of calls, by when their attempt was claimed, latest first. */
export async function pageOfCalls(tx: Statements, query: CallQuery): Promise<Page<ShownCall>> {
  const values: unknown[] = [tx.tenantId];
  const given = (value: unknown) => `$${values.push(value)}`;
  const within = ['a.tenant_id = $1'];
  const filter: string[] = [];
  let table = 'attempts';
  if (query.live) {
    const campaign = query.campaignId === null ? '' : `AND campaign_id = ${given(query.campaignId)}`;
    table = `(SELECT * FROM attempts WHERE tenant_id = $1 ${campaign}
              AND state IN ('claimed', 'sending', 'sent', 'unknown') OFFSET 0)`;
  } else if (query.campaignId !== null) within.push(`a.campaign_id = ${given(query.campaignId)}`);
  addBounds(query, within, given);
  filter.push(`EXISTS (SELECT 1 FROM calls c WHERE c.tenant_id = a.tenant_id AND c.attempt_id = a.id
                       ${query.live ? 'AND c.ended_at IS NULL' : ''})`);
  if (query.carrier !== null) filter.push(ofCarrier(given(query.carrier)));
  const { after, limit } = query;
  return newestFirst<ShownCall>(tx, {
    columns: CALL_COLUMNS,
    table,
    alias: 'a',
    join: JOIN_CALL,
    within,
    filter,
    order: ORDER,
    values,
    after,
    limit,
  });
}

function addBounds(query: Bounds, within: string[], given: (value: unknown) => string): void {
  if (query.from !== null) within.push(`a.claimed_at >= ${given(toIso(query.from))}`);
  if (query.before !== null) within.push(`a.claimed_at < ${given(toIso(query.before))}`);
}

export async function attemptById(tx: Statements, attemptId: string): Promise<ShownAttempt | null> {
  const rows = await tx.prepared<ShownAttempt>(
    'attempt_by_id',
    `SELECT ${ATTEMPT_COLUMNS} FROM attempts a WHERE a.tenant_id = $1 AND a.id = $2`,
    [tx.tenantId, attemptId],
  );
  return rows[0] ?? null;
}

/** What the campaign's rules drew from the last attempt of a contact that was over by then; null: nothing. */
export async function lastStepAt(
  tx: Statements,
  contactId: string,
  at: EpochMs,
): Promise<{ readonly n: number; readonly step: DrawnStep } | null> {
  const rows = await tx.prepared<{ n: number; step: DrawnStep | null }>(
    'last_step_at',
    `SELECT n, next_step AS step FROM attempts
     WHERE tenant_id = $1 AND contact_id = $2 AND ended_at <= $3 ORDER BY n DESC LIMIT 1`,
    [tx.tenantId, contactId, toIso(at)],
  );
  const [last] = rows;
  return last === undefined || last.step === null ? null : { n: last.n, step: last.step };
}

/** The call of an attempt with all its events, oldest first; null: none was made. */
export async function callOf(
  tx: Statements,
  attemptId: string,
): Promise<{ call: ShownCall; events: ShownCallEvent[] } | null> {
  const calls = await tx.prepared<ShownCall>(
    'call_of_attempt',
    `SELECT ${CALL_COLUMNS} FROM attempts a ${JOIN_CALL} WHERE a.tenant_id = $1 AND a.id = $2`,
    [tx.tenantId, attemptId],
  );
  if (calls[0] === undefined) return null;
  const events = await tx.prepared<ShownCallEvent>(
    'events_of_call',
    `SELECT event_id AS "eventId", type, at, received_real AS "receivedReal", payload FROM call_events
     WHERE tenant_id = $1 AND attempt_id = $2 ORDER BY at, id`,
    [tx.tenantId, attemptId],
  );
  return { call: calls[0], events };
}
