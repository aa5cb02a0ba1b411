import type { Tx } from '../db/client.ts';
import type { RuleResult } from '../domain/decision.ts';
import type { AttemptState, ContactState, Purpose } from '../domain/vocabulary.ts';
import type { CappedAttempt, Dial, StoredAttempt, StoredContact, StoredDecision } from './records.ts';

/**
 * The audit's reading of the database, page by page along an index, so that memory stays flat whatever the tables
 * hold. All of it runs in one transaction on one snapshot.
 */
const PAGE_ROWS = 500;

export interface Scope {
  /** Only what belongs to this campaign; null: everything of the tenant. */
  readonly campaignId: string | null;
}

interface DecisionRow {
  id: string;
  campaign_id: string;
  contact_id: string;
  person_id: string;
  stage: 'admission' | 'dial';
  admission: number;
  at: number;
  recorded_real: number;
  horizon_ms: number;
  verdict: 'allow' | 'defer' | 'deny';
  until: number | null;
  reasons: string[];
  engine: string;
  policy_set_hash: string;
  facts: unknown;
  facts_hash: string;
  results: RuleResult[];
}

function decisionOf(row: DecisionRow): StoredDecision {
  return {
    id: row.id,
    campaignId: row.campaign_id,
    contactId: row.contact_id,
    personId: row.person_id,
    stage: row.stage,
    admission: row.admission,
    at: row.at,
    recordedReal: row.recorded_real,
    horizonMs: row.horizon_ms,
    verdict: row.verdict,
    until: row.until,
    reasons: row.reasons,
    engine: row.engine,
    policySetHash: row.policy_set_hash,
    facts: row.facts,
    factsHash: row.facts_hash,
    results: row.results,
  };
}

/** All decisions, in the order of their ids (that is, as they were made). */
export async function* decisionsOf(tx: Tx, scope: Scope): AsyncGenerator<StoredDecision> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await tx.query<DecisionRow>(
      `SELECT * FROM decisions
       WHERE tenant_id = $1 AND id > $2 AND ($3::uuid IS NULL OR campaign_id = $3)
       ORDER BY id LIMIT ${PAGE_ROWS}`,
      [tx.tenantId, after, scope.campaignId],
    );
    for (const row of rows) yield decisionOf(row);
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.id;
  }
}

interface AttemptRow {
  id: string;
  contact_id: string;
  campaign_id: string;
  person_id: string;
  n: number;
  admission: number;
  decision_id: string | null;
  purpose: Purpose;
  state: AttemptState;
  carrier_ref: string | null;
  claimed_at: number;
  claimed_real: number;
  sending_at: number | null;
  sending_real: number | null;
  allow_until: number | null;
  restored_real: number | null;
}

/** All attempts with their decisions and what the carrier's log has of them, a contact at a time. */
export async function* attemptsByContact(tx: Tx, scope: Scope): AsyncGenerator<StoredAttempt[]> {
  let contact: StoredAttempt[] = [];
  for await (const attempt of attemptsOf(tx, scope)) {
    if (contact.length > 0 && contact[0]!.contactId !== attempt.contactId) {
      yield contact;
      contact = [];
    }
    contact.push(attempt);
  }
  if (contact.length > 0) yield contact;
}

async function* attemptsOf(tx: Tx, scope: Scope): AsyncGenerator<StoredAttempt> {
  let after: [string, number] = ['00000000-0000-0000-0000-000000000000', 0];
  for (;;) {
    const rows = await tx.query<AttemptRow>(
      `SELECT id, contact_id, campaign_id, person_id, n, admission, decision_id, purpose, state, carrier_ref,
              claimed_at, claimed_real, sending_at, sending_real, allow_until, restored_real
       FROM attempts
       WHERE tenant_id = $1 AND (contact_id, admission) > ($2, $3) AND ($4::uuid IS NULL OR campaign_id = $4)
       ORDER BY contact_id, admission LIMIT ${PAGE_ROWS}`,
      [tx.tenantId, ...after, scope.campaignId],
    );
    const dials = await dialsOf(
      tx,
      rows.map((row) => row.id),
    );
    const decisions = await decisionsById(
      tx,
      rows.flatMap((row) => (row.decision_id === null ? [] : [row.decision_id])),
    );
    for (const row of rows) {
      yield {
        id: row.id,
        contactId: row.contact_id,
        campaignId: row.campaign_id,
        personId: row.person_id,
        n: row.n,
        admission: row.admission,
        decisionId: row.decision_id,
        purpose: row.purpose,
        state: row.state,
        carrierRef: row.carrier_ref,
        claimedAt: row.claimed_at,
        claimedReal: row.claimed_real,
        sendingAt: row.sending_at,
        sendingReal: row.sending_real,
        allowUntil: row.allow_until,
        restoredReal: row.restored_real,
        decision: row.decision_id === null ? null : (decisions.get(row.decision_id) ?? null),
        dials: dials.get(row.id) ?? [],
      };
    }
    if (rows.length < PAGE_ROWS) return;
    after = [rows.at(-1)!.contact_id, rows.at(-1)!.admission];
  }
}

async function decisionsById(tx: Tx, ids: readonly string[]): Promise<Map<string, StoredDecision>> {
  const rows = await tx.query<DecisionRow>('SELECT * FROM decisions WHERE tenant_id = $1 AND id = ANY($2)', [
    tx.tenantId,
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, decisionOf(row)]));
}

async function dialsOf(tx: Tx, attemptIds: readonly string[]): Promise<Map<string, Dial[]>> {
  const rows = await tx.query<{
    attempt_id: string;
    line: number;
    at_real: number;
    at: number;
    accepted: boolean;
  }>(
    `SELECT attempt_id, line, at_real, at, accepted FROM audit_dials WHERE attempt_id = ANY($1) ORDER BY line`,
    [attemptIds],
  );
  const dials = new Map<string, Dial[]>();
  for (const row of rows) {
    const dial = { line: row.line, atReal: row.at_real, at: row.at, accepted: row.accepted };
    const known = dials.get(row.attempt_id);
    if (known === undefined) dials.set(row.attempt_id, [dial]);
    else known.push(dial);
  }
  return dials;
}

interface CapRow {
  id: string;
  person_id: string;
  number_hash: Buffer;
  purpose: Purpose;
  debt: string | null;
  subject: string | null;
  state: AttemptState;
  claimed_at: number;
  sending_at: number | null;
  rang_at: number;
  answered_at: number | null;
  conversation: boolean;
  policy_set_hash: string | null;
  caps: { pack: string; rule: string }[] | null;
  zones: (string | null)[] | null;
}

/** All attempts on a person, over all campaigns, a person at a time. With a campaign: its persons only. */
export async function* attemptsByPerson(tx: Tx, scope: Scope): AsyncGenerator<CappedAttempt[]> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const persons = await tx.query<{ person_id: string }>(
      `SELECT DISTINCT person_id FROM attempts
       WHERE tenant_id = $1 AND person_id > $2 AND ($3::uuid IS NULL OR campaign_id = $3)
       ORDER BY person_id LIMIT ${PAGE_ROWS}`,
      [tx.tenantId, after, scope.campaignId],
    );
    if (persons.length > 0)
      yield* personsOf(
        tx,
        persons.map((row) => row.person_id),
      );
    if (persons.length < PAGE_ROWS) return;
    after = persons.at(-1)!.person_id;
  }
}

async function* personsOf(tx: Tx, personIds: readonly string[]): AsyncGenerator<CappedAttempt[]> {
  const rows = await tx.query<CapRow>(
    `SELECT a.id, a.person_id, a.number_hash, a.purpose, a.state, a.claimed_at, a.sending_at, a.rang_at,
            c.answered_at, a.conversation, d.policy_set_hash,
            CASE WHEN a.decision_id IS NULL THEN a.debt ELSE d.facts->>'debt' END AS debt,
            CASE WHEN a.decision_id IS NULL THEN a.subject ELSE d.facts->>'subject' END AS subject,
            (SELECT jsonb_agg(jsonb_build_object('pack', r->'pack', 'rule', r->'rule'))
             FROM jsonb_array_elements(d.results) r
             WHERE r->>'type' = 'frequency_cap' AND r->>'outcome' <> 'exempt') AS caps,
            (SELECT jsonb_agg(DISTINCT l->'zone') FROM jsonb_array_elements(d.facts->'locations') l) AS zones
     FROM attempts a
     LEFT JOIN decisions d ON d.tenant_id = a.tenant_id AND d.id = a.decision_id
     LEFT JOIN calls c ON c.tenant_id = a.tenant_id AND c.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.person_id = ANY($2)
     ORDER BY a.person_id, a.claimed_at`,
    [tx.tenantId, personIds],
  );
  const dials = await dialsOf(
    tx,
    rows.map((row) => row.id),
  );
  let person: CappedAttempt[] = [];
  for (const row of rows) {
    if (person.length > 0 && person[0]!.personId !== row.person_id) {
      yield person;
      person = [];
    }
    person.push({
      id: row.id,
      personId: row.person_id,
      number: row.number_hash.toString('hex'),
      purpose: row.purpose,
      debt: row.debt,
      subject: row.subject,
      state: row.state,
      claimedAt: row.claimed_at,
      sendingAt: row.sending_at,
      rangAt: row.rang_at,
      connectedAt: row.answered_at,
      conversation: row.conversation,
      policySetHash: row.policy_set_hash,
      caps: row.caps ?? [],
      zones: (row.zones ?? []).filter((zone) => zone !== null),
      rungAt: (dials.get(row.id) ?? []).filter((dial) => dial.accepted).map((dial) => dial.at),
    });
  }
  if (person.length > 0) yield person;
}

interface ContactRow {
  id: string;
  campaign_id: string;
  campaign_status: string | null;
  state: ContactState;
  ready_at: number | null;
  admissions: number;
  admitted_real: number | null;
  open: { id: string; state: AttemptState; leaseUntilReal: number }[] | null;
  with_agent: boolean;
}

/** Contacts that are not final, and final ones with an attempt that is still open. */
export async function* openContactsOf(tx: Tx, scope: Scope): AsyncGenerator<StoredContact> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await tx.query<ContactRow>(
      `WITH open AS (
         SELECT contact_id, jsonb_agg(jsonb_build_object('id', id, 'state', state,
                  'leaseUntilReal', floor(extract(epoch FROM lease_until_real) * 1000))) AS attempts
         FROM attempts
         WHERE tenant_id = $1 AND state IN ('claimed', 'sending', 'sent', 'unknown') AND reported_real IS NULL
         GROUP BY contact_id)
       SELECT c.id, c.campaign_id, k.status AS campaign_status, c.state, c.ready_at, c.admissions, c.admitted_real,
              open.attempts AS open,
              (EXISTS (SELECT 1 FROM previews v WHERE v.tenant_id = $1 AND v.contact_id = c.id
                         AND v.admission = c.admissions AND v.acted_real IS NULL)
               OR EXISTS (SELECT 1 FROM agent_calls g JOIN attempts a ON a.tenant_id = g.tenant_id AND a.id = g.attempt_id
                          WHERE a.tenant_id = $1 AND a.contact_id = c.id AND a.admission = c.admissions
                            AND g.state = 'wrap_up')) AS with_agent
       FROM contacts c
       LEFT JOIN open ON open.contact_id = c.id
       LEFT JOIN campaigns k ON k.tenant_id = c.tenant_id AND k.id = c.campaign_id
       WHERE c.tenant_id = $1 AND c.id > $2 AND ($3::uuid IS NULL OR c.campaign_id = $3)
         AND (c.state IN ('waiting', 'admitted') OR open.contact_id IS NOT NULL)
       ORDER BY c.id LIMIT ${PAGE_ROWS * 10}`,
      [tx.tenantId, after, scope.campaignId],
    );
    for (const row of rows) {
      yield {
        id: row.id,
        campaignId: row.campaign_id,
        campaignStatus: row.campaign_status,
        state: row.state,
        readyAt: Number.isFinite(row.ready_at) ? row.ready_at : null,
        admissions: row.admissions,
        admittedReal: row.admitted_real,
        openAttempts: row.open ?? [],
        withAgent: row.with_agent,
      };
    }
    if (rows.length < PAGE_ROWS * 10) return;
    after = rows.at(-1)!.id;
  }
}
