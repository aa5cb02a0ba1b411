import type { RuleResult } from '../../domain/decision.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { AttemptState, CampaignStatus, Disposition, Outcome } from '../../domain/vocabulary.ts';
import type { CallEventPayload } from '../../domain/carrier.ts';
import type { Tx } from '../client.ts';
import { consentEventsOf, type ConsentEventRow } from './consents.ts';
import { contactById, type ContactRow } from './contacts.ts';

export interface DecisionEntry {
  readonly id: string;
  readonly at: EpochMs;
  readonly stage: 'admission' | 'dial';
  readonly verdict: 'allow' | 'defer' | 'deny';
  readonly until: EpochMs | null;
  readonly reasons: readonly string[];
  readonly policySetHash: string;
  readonly results: readonly RuleResult[];
}

export interface AttemptEntry {
  readonly id: string;
  readonly n: number;
  readonly state: AttemptState;
  readonly claimedAt: EpochMs;
  readonly sentAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly outcome: Outcome | null;
  readonly disposition: Disposition | null;
  readonly reason: string | null;
  readonly talkS: number | null;
}

export interface CallEventEntry {
  readonly attemptId: string;
  readonly type: string;
  readonly at: EpochMs;
  readonly payload: CallEventPayload;
}

export interface SuppressionEntry {
  readonly id: string;
  readonly list: string;
  readonly scope: string;
  readonly purpose: string | null;
  readonly source: string;
  readonly requestedByPerson: boolean;
  readonly validFrom: EpochMs;
  readonly validUntil: EpochMs | null;
  readonly recordedAt: EpochMs;
}

export interface StopEntry {
  readonly id: string;
  readonly kind: 'withdrawal' | 'suppression' | 'pause' | 'stop' | 'kill';
  readonly scope: string;
  readonly at: EpochMs;
  readonly revoked: number;
  readonly inFlight: number;
  readonly requestedBy: string;
  /** Real ms from the request to its acknowledgement; null while it is not acknowledged. */
  readonly latencyMs: number | null;
}

export interface DispositionEntry {
  readonly attemptId: string;
  readonly code: Disposition;
  readonly source: string;
  readonly at: EpochMs;
}

/** Everything that was ever recorded about one contact, ready to be told. */
export interface ContactStory {
  readonly contact: ContactRow;
  readonly campaign: {
    readonly name: string;
    readonly status: CampaignStatus;
    readonly startedAt: EpochMs | null;
  };
  readonly importedFrom: string | null;
  readonly decisions: readonly DecisionEntry[];
  readonly attempts: readonly AttemptEntry[];
  readonly callEvents: readonly CallEventEntry[];
  readonly dispositions: readonly DispositionEntry[];
  readonly consents: readonly ConsentEventRow[];
  readonly suppressions: readonly SuppressionEntry[];
  readonly stops: readonly StopEntry[];
}

/** Entries of one kind that are read at most, latest first; a contact with more is told from there on. */
const ENTRIES_MAX = 500;

/** @returns null when there is no such contact. */
export async function contactStory(tx: Tx, contactId: string): Promise<ContactStory | null> {
  const contact = await contactById(tx, contactId);
  if (contact === null) return null;
  const [campaign] = await tx.prepared<ContactStory['campaign'] & { importedFrom: string | null }>(
    'story_campaign',
    `SELECT k.name, k.status, k.started_at AS "startedAt",
            (SELECT source_name FROM imports i WHERE i.tenant_id = k.tenant_id AND i.id = $3) AS "importedFrom"
     FROM campaigns k WHERE k.tenant_id = $1 AND k.id = $2`,
    [tx.tenantId, contact.campaignId, contact.importId],
  );
  const { importedFrom, ...rest } = campaign!;
  return {
    contact,
    campaign: rest,
    importedFrom,
    decisions: await decisionsOf(tx, contactId),
    attempts: await attemptsOf(tx, contactId),
    callEvents: await callEventsOf(tx, contactId),
    dispositions: await dispositionsOf(tx, contact),
    consents: await consentEventsOf(tx, contact.personId),
    suppressions: await suppressionsOf(tx, contact),
    stops: await stopsOf(tx, contact),
  };
}

async function decisionsOf(tx: Tx, contactId: string): Promise<DecisionEntry[]> {
  return tx.prepared<DecisionEntry>(
    'story_decisions',
    `SELECT id, at, stage, verdict, until, reasons, policy_set_hash AS "policySetHash", results FROM decisions
     WHERE tenant_id = $1 AND contact_id = $2 ORDER BY at DESC LIMIT ${ENTRIES_MAX}`,
    [tx.tenantId, contactId],
  );
}

async function attemptsOf(tx: Tx, contactId: string): Promise<AttemptEntry[]> {
  return tx.prepared<AttemptEntry>(
    'story_attempts',
    `SELECT a.id, a.n, a.state, a.claimed_at AS "claimedAt", a.sent_at AS "sentAt", a.ended_at AS "endedAt",
            a.outcome, a.disposition, a.reason, k.talk_s AS "talkS"
     FROM attempts a LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.contact_id = $2 ORDER BY a.n DESC LIMIT ${ENTRIES_MAX}`,
    [tx.tenantId, contactId],
  );
}

async function callEventsOf(tx: Tx, contactId: string): Promise<CallEventEntry[]> {
  return tx.prepared<CallEventEntry>(
    'story_call_events',
    `SELECT e.attempt_id AS "attemptId", e.type, e.at, e.payload FROM call_events e
     WHERE e.tenant_id = $1 AND e.attempt_id = ANY (
       ARRAY(SELECT id FROM attempts WHERE tenant_id = $1 AND contact_id = $2))
     ORDER BY e.at DESC LIMIT ${ENTRIES_MAX}`,
    [tx.tenantId, contactId],
  );
}

async function dispositionsOf(tx: Tx, contact: ContactRow): Promise<DispositionEntry[]> {
  return tx.prepared<DispositionEntry>(
    'story_dispositions',
    `SELECT attempt_id AS "attemptId", code, source, at FROM dispositions
     WHERE tenant_id = $1 AND person_id = $2 AND contact_id = $3`,
    [tx.tenantId, contact.personId, contact.id],
  );
}

/** Entries on any number of the person that can bind this campaign. */
async function suppressionsOf(tx: Tx, contact: ContactRow): Promise<SuppressionEntry[]> {
  return tx.prepared<SuppressionEntry>(
    'story_suppressions',
    `SELECT s.id, s.list, s.scope, s.purpose, s.source, s.requested_by_person AS "requestedByPerson",
            s.valid_from AS "validFrom", s.valid_until AS "validUntil", s.recorded_at AS "recordedAt"
     FROM suppressions s
     WHERE s.tenant_id = $1 AND s.number_hash = ANY (
         ARRAY(SELECT number_hash FROM person_numbers WHERE tenant_id = $1 AND person_id = $2))
       AND (s.campaign_id IS NULL OR s.campaign_id = $3)
     ORDER BY s.recorded_at DESC LIMIT ${ENTRIES_MAX}`,
    [tx.tenantId, contact.personId, contact.campaignId],
  );
}

/** Stops whose scope the contact is in: its own, its person's, its campaign's, and everything's. */
async function stopsOf(tx: Tx, contact: ContactRow): Promise<StopEntry[]> {
  return tx.prepared<StopEntry>(
    'story_stops',
    `SELECT id, kind, scope, at, revoked, in_flight AS "inFlight", requested_by AS "requestedBy",
            extract(epoch FROM acknowledged_real - requested_real)::float8 * 1000 AS "latencyMs"
     FROM stop_requests WHERE tenant_id = $1 AND target_id = ANY ($2::uuid[]) AND at >= $3
     ORDER BY committed_real DESC LIMIT ${ENTRIES_MAX}`,
    [tx.tenantId, [contact.id, contact.personId, contact.campaignId, tx.tenantId], toIso(contact.createdAt)],
  );
}
