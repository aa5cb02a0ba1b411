import type { DrawnStep } from '../../domain/retry-step.ts';
import type { CallbackStatus, CallbackStep } from '../../domain/callback.ts';
import type { CallEventPayload } from '../../domain/carrier.ts';
import type { RuleResult } from '../../domain/decision.ts';
import { attemptIdOf } from '../../domain/ids.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { AttemptState, CampaignStatus, Disposition, Outcome } from '../../domain/vocabulary.ts';
import type { Tx } from '../client.ts';
import type { ConsentEventRow } from './consents.ts';
import { contactById, type ContactRow } from './contacts.ts';

/**
 * A contact's story, a page at a time. One statement finds which entries stand on the page, by instant, kind and id,
 * from all the tables that hold a part of the story; then each kind's rows of that page are read by their ids.
 */

/** Kinds of entries, in the order in which what happens at one instant comes about. */
export const ENTRY_KINDS = [
  'imported',
  'consent',
  'suppression',
  'stop',
  'change',
  'callback',
  'admitted',
  'decision',
  'attempt',
  'call',
  'disposition',
  'told',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Where an entry stands in the story; what pages are cut by. */
export interface EntryKey {
  readonly at: EpochMs;
  readonly kind: EntryKind;
  /** Sorts within one kind at one instant, and finds the row. */
  readonly ref: string;
}

export interface DecisionEntry {
  readonly id: string;
  readonly stage: 'admission' | 'dial';
  readonly verdict: 'allow' | 'defer' | 'deny';
  readonly until: EpochMs | null;
  readonly reasons: readonly string[];
  readonly policySetHash: string;
  /** Of the rules that stood against the call. */
  readonly results: readonly RuleResult[];
}

export interface AttemptEntry {
  readonly id: string;
  readonly n: number;
  readonly state: AttemptState;
  readonly outcome: Outcome | null;
  readonly disposition: Disposition | null;
  readonly reason: string | null;
  readonly talkS: number | null;
  /** What the campaign's rules drew from it; null: nothing, or before it was kept. */
  readonly nextStep: DrawnStep | null;
}

export interface CallEventEntry {
  readonly attemptId: string;
  readonly type: string;
  readonly payload: CallEventPayload;
}

export interface SuppressionEntry {
  readonly id: string;
  readonly list: string;
  readonly scope: string;
  readonly purpose: string | null;
  readonly source: string;
  readonly requestedByPerson: boolean;
  readonly validUntil: EpochMs | null;
}

export interface StopEntry {
  readonly id: string;
  readonly kind: 'withdrawal' | 'suppression' | 'pause' | 'stop' | 'kill';
  readonly scope: string;
  readonly revoked: number;
  readonly inFlight: number;
  /** Calls hung up for it, and whether all that rang were down; null: not acknowledged, or not kept. */
  readonly hungUp: number | null;
  readonly complete: boolean | null;
  readonly requestedBy: string;
  /** Real ms from the request to its acknowledgement; null while it is not acknowledged. */
  readonly latencyMs: number | null;
}

export interface DispositionEntry {
  readonly attemptId: string;
  readonly code: Disposition;
  readonly source: string;
}

export interface ChangeEntry {
  readonly id: string;
  readonly action: string;
  readonly actor: string;
  readonly reason: string | null;
}

export interface CallbackEntry {
  readonly id: string;
  readonly status: CallbackStatus;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly reason: string | null;
  readonly steps: readonly CallbackStep[];
}

export interface WorkflowNoteEntry {
  readonly id: string;
  readonly kind: 'admitted' | 'reported' | 'closed';
  readonly admission: number | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What is common to the whole story. */
export interface StoryHead {
  readonly contact: ContactRow;
  readonly campaign: {
    readonly name: string;
    readonly status: CampaignStatus;
    readonly startedAt: EpochMs | null;
  };
  readonly importedFrom: string | null;
}

/** The rows that a page's entries tell of, by the id that their `ref` begins with. */
export interface StoryRows {
  readonly decisions: ReadonlyMap<string, DecisionEntry>;
  readonly attempts: ReadonlyMap<string, AttemptEntry>;
  readonly callEvents: ReadonlyMap<string, CallEventEntry>;
  readonly dispositions: ReadonlyMap<string, DispositionEntry>;
  readonly consents: ReadonlyMap<string, ConsentEventRow>;
  readonly suppressions: ReadonlyMap<string, SuppressionEntry>;
  readonly stops: ReadonlyMap<string, StopEntry>;
  readonly changes: ReadonlyMap<string, ChangeEntry>;
  readonly callbacks: ReadonlyMap<string, CallbackEntry>;
  readonly notes: ReadonlyMap<string, WorkflowNoteEntry>;
}

export interface StoryPage extends StoryHead {
  readonly entries: readonly EntryKey[];
  readonly rows: StoryRows;
}

/** What of a row is told: an attempt has up to three entries, a callback two and one for each of its steps. */
export const PART_SEPARATOR = '#';

const rankOf = (kind: EntryKind) => ENTRY_KINDS.indexOf(kind);
/** Ids that count up, as text that sorts like them. */
const PADDED = (column: string) => `lpad(${column}::text, 19, '0')`;

/**
 * Every entry of the story with nothing but what orders it. $1 tenant, $2 contact, $3 person, $4 campaign, $5 when the
 * contact was made, before which stops did not bind it.
 */
const KEYS_SQL = `
  SELECT $5::timestamptz AS at, ${rankOf('imported')} AS rank, '' AS ref
  UNION ALL
  SELECT occurred_at, ${rankOf('consent')}, id::text FROM consent_events WHERE tenant_id = $1 AND person_id = $3
  UNION ALL
  SELECT recorded_at, ${rankOf('suppression')}, id::text FROM suppressions
   WHERE tenant_id = $1 AND (campaign_id IS NULL OR campaign_id = $4) AND number_hash = ANY (
     ARRAY(SELECT number_hash FROM person_numbers WHERE tenant_id = $1 AND person_id = $3))
  UNION ALL
  SELECT at, ${rankOf('stop')}, id::text FROM stop_requests
   WHERE tenant_id = $1 AND at >= $5 AND target_id = ANY (ARRAY[$2::uuid, $3::uuid, $4::uuid, $1::uuid,
     (SELECT carrier_id FROM campaigns WHERE tenant_id = $1 AND id = $4)])
  UNION ALL
  SELECT at, ${rankOf('change')}, ${PADDED('id')} FROM changes
   WHERE tenant_id = $1 AND (resource = 'contact' AND resource_id = $2::text
                             OR resource = 'person' AND resource_id = $3::text AND action = 'revealPerson')
  UNION ALL
  SELECT created_at, ${rankOf('callback')}, id::text || '#promised' FROM callbacks
   WHERE tenant_id = $1 AND contact_id = $2
  UNION ALL
  SELECT settled_at, ${rankOf('callback')}, id::text || '#settled' FROM callbacks
   WHERE tenant_id = $1 AND contact_id = $2 AND settled_at IS NOT NULL
  UNION ALL
  SELECT (s.step->>'at')::timestamptz, ${rankOf('callback')}, b.id::text || '#reached' || ${PADDED('s.n')}
   FROM callbacks b CROSS JOIN LATERAL jsonb_array_elements(b.steps) WITH ORDINALITY s (step, n)
   WHERE b.tenant_id = $1 AND b.contact_id = $2
  UNION ALL
  SELECT at, CASE kind WHEN 'admitted' THEN ${rankOf('admitted')} ELSE ${rankOf('told')} END, ${PADDED('id')}
   FROM workflow_notes WHERE tenant_id = $1 AND contact_id = $2
  UNION ALL
  SELECT at, ${rankOf('decision')}, id::text FROM decisions WHERE tenant_id = $1 AND contact_id = $2
  UNION ALL
  SELECT part.at, ${rankOf('attempt')}, ${PADDED('a.n')} || part.name
   FROM attempts a CROSS JOIN LATERAL (VALUES
     (a.claimed_at, '#1claimed'), (a.sent_at, '#2sent'),
     (CASE WHEN a.state NOT IN ('claimed', 'sent') THEN coalesce(a.ended_at, a.sent_at, a.claimed_at) END, '#3end')
   ) AS part (at, name)
   WHERE a.tenant_id = $1 AND a.contact_id = $2 AND part.at IS NOT NULL
  UNION ALL
  SELECT e.at, ${rankOf('call')}, ${PADDED('e.id')} FROM call_events e
   WHERE e.tenant_id = $1 AND e.attempt_id = ANY (
     ARRAY(SELECT id FROM attempts WHERE tenant_id = $1 AND contact_id = $2))
  UNION ALL
  SELECT at, ${rankOf('disposition')}, attempt_id FROM dispositions
   WHERE tenant_id = $1 AND person_id = $3 AND contact_id = $2`;

const COMPARED = '(at, rank, ref COLLATE "C")';

function pageSql(descending: boolean, continued: boolean): string {
  const direction = descending ? 'DESC' : 'ASC';
  const beyond = descending ? '<' : '>';
  // The bound on the instant alone reaches the tables' indexes; the other tells ties apart.
  const where = continued
    ? `WHERE at ${beyond}= $7::timestamptz AND ${COMPARED} ${beyond} ($7::timestamptz, $8::int, $9::text)`
    : '';
  return `SELECT at, rank, ref FROM (${KEYS_SQL}) AS entries ${where}
    ORDER BY at ${direction}, rank ${direction}, ref COLLATE "C" ${direction} LIMIT $6`;
}

/**
 * One page of a contact's story.
 * @param page.after the last entry of the page before; null: from the beginning.
 * @returns null when there is no such contact.
 */
export async function contactStory(
  tx: Tx,
  contactId: string,
  page: { readonly after: EntryKey | null; readonly descending: boolean; readonly limit: number },
): Promise<StoryPage | null> {
  const head = await storyHead(tx, contactId);
  if (head === null) return null;
  const entries = await keysOf(tx, head.contact, page);
  return { ...head, entries, rows: await rowsOf(tx, head.contact, entries) };
}

async function storyHead(tx: Tx, contactId: string): Promise<StoryHead | null> {
  const contact = await contactById(tx, contactId);
  if (contact === null) return null;
  const [campaign] = await tx.prepared<StoryHead['campaign'] & { importedFrom: string | null }>(
    'story_campaign',
    `SELECT k.name, k.status, k.started_at AS "startedAt",
            (SELECT source_name FROM imports i WHERE i.tenant_id = k.tenant_id AND i.id = $3) AS "importedFrom"
     FROM campaigns k WHERE k.tenant_id = $1 AND k.id = $2`,
    [tx.tenantId, contact.campaignId, contact.importId],
  );
  const { importedFrom, ...rest } = campaign!;
  return { contact, campaign: rest, importedFrom };
}

async function keysOf(
  tx: Tx,
  contact: ContactRow,
  page: { readonly after: EntryKey | null; readonly descending: boolean; readonly limit: number },
): Promise<EntryKey[]> {
  const { after, descending, limit } = page;
  const rows = await tx.prepared<{ at: EpochMs; rank: number; ref: string }>(
    `story_keys_${descending ? 'back' : 'on'}_${after === null ? 'first' : 'next'}`,
    pageSql(descending, after !== null),
    [
      tx.tenantId,
      contact.id,
      contact.personId,
      contact.campaignId,
      toIso(contact.createdAt),
      limit,
      ...(after === null ? [] : [toIso(after.at), rankOf(after.kind), after.ref]),
    ],
  );
  return rows.map(({ at, rank, ref }) => ({ at, kind: ENTRY_KINDS[rank]!, ref }));
}

async function rowsOf(tx: Tx, contact: ContactRow, entries: readonly EntryKey[]): Promise<StoryRows> {
  const refs = (...kinds: EntryKind[]) => [
    ...new Set(
      entries
        .filter((entry) => kinds.includes(entry.kind))
        .map((entry) => entry.ref.split(PART_SEPARATOR)[0]!),
    ),
  ];
  // Their ids and not their numbers, so that each is one probe of the key.
  const attemptIds = refs('attempt').map((n) => attemptIdOf(contact.id, Number(n)));
  return {
    decisions: await read<DecisionEntry>(tx, 'decisions', refs('decision'), DECISIONS_SQL),
    attempts: await read<AttemptEntry>(tx, 'attempts', attemptIds, ATTEMPTS_SQL),
    callEvents: await read<CallEventEntry>(tx, 'call_events', refs('call'), CALL_EVENTS_SQL),
    dispositions: await read<DispositionEntry>(tx, 'dispositions', refs('disposition'), DISPOSITIONS_SQL),
    consents: await read<ConsentEventRow>(tx, 'consents', refs('consent'), CONSENTS_SQL),
    suppressions: await read<SuppressionEntry>(tx, 'suppressions', refs('suppression'), SUPPRESSIONS_SQL),
    stops: await read<StopEntry>(tx, 'stops', refs('stop'), STOPS_SQL),
    changes: await read<ChangeEntry>(tx, 'changes', refs('change'), CHANGES_SQL),
    callbacks: await read<CallbackEntry>(tx, 'callbacks', refs('callback'), CALLBACKS_SQL),
    notes: await read<WorkflowNoteEntry>(tx, 'notes', refs('admitted', 'told'), NOTES_SQL),
  };
}

/** Rows of one kind by their refs; a page without any asks nothing. Each statement gives `ref` beside its columns. */
async function read<T extends object>(
  tx: Tx,
  name: string,
  refs: readonly string[],
  sql: string,
): Promise<ReadonlyMap<string, T>> {
  if (refs.length === 0) return new Map();
  const rows = await tx.prepared<T & { ref: string }>(`story_${name}`, sql, [tx.tenantId, refs]);
  return new Map(rows.map((row) => [row.ref, row]));
}

const DECISIONS_SQL = `
SELECT id::text AS ref, id, stage, verdict, until, reasons, policy_set_hash AS "policySetHash",
       jsonb_path_query_array(results, '$[*] ? (@.outcome == "deny" || @.outcome == "defer")') AS results
FROM decisions WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`;

const ATTEMPTS_SQL = `
SELECT ${PADDED('a.n')} AS ref, a.id, a.n, a.state, a.outcome, a.disposition, a.reason, k.talk_s AS "talkS",
       a.next_step AS "nextStep"
FROM attempts a LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
WHERE a.tenant_id = $1 AND a.id = ANY ($2::text[])`;

const CALL_EVENTS_SQL = `
SELECT ${PADDED('id')} AS ref, attempt_id AS "attemptId", type, payload FROM call_events
WHERE tenant_id = $1 AND id = ANY ($2::text[]::bigint[])`;

const DISPOSITIONS_SQL = `
SELECT attempt_id AS ref, attempt_id AS "attemptId", code, source FROM dispositions
WHERE tenant_id = $1 AND attempt_id = ANY ($2::text[])`;

const CONSENTS_SQL = `
SELECT id::text AS ref, id, person_id AS "personId", kind, purposes, channels, level, basis, source,
       evidence_hash AS "evidenceHash", occurred_at AS "occurredAt", recorded_at AS "recordedAt",
       expires_at AS "expiresAt", widens, recorded_by AS "recordedBy"
FROM consent_events WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`;

const SUPPRESSIONS_SQL = `
SELECT id::text AS ref, id, list, scope, purpose, source, requested_by_person AS "requestedByPerson",
       valid_until AS "validUntil"
FROM suppressions WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`;

const STOPS_SQL = `
SELECT id::text AS ref, id, kind, scope, revoked, in_flight AS "inFlight", hung_up AS "hungUp", complete,
       requested_by AS "requestedBy",
       extract(epoch FROM acknowledged_real - requested_real)::float8 * 1000 AS "latencyMs"
FROM stop_requests WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`;

const CHANGES_SQL = `
SELECT ${PADDED('id')} AS ref, id::text AS id, action, actor, reason FROM changes
WHERE tenant_id = $1 AND id = ANY ($2::text[]::bigint[])`;

const CALLBACKS_SQL = `
SELECT id::text AS ref, id, status, from_at AS "fromAt", until_at AS "untilAt", reason, steps FROM callbacks
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`;

const NOTES_SQL = `
SELECT ${PADDED('id')} AS ref, id::text AS id, kind, admission, detail FROM workflow_notes
WHERE tenant_id = $1 AND id = ANY ($2::text[]::bigint[])`;
