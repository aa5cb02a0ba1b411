import type { DialFacts } from '../../domain/facts.ts';
import type { RuleResult } from '../../domain/decision.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';
import { newestFirst, type Page, type PagePlace } from './pages.ts';

/** A decision as lists show it. */
export interface ListedDecision {
  readonly id: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  readonly stage: 'admission' | 'dial';
  readonly admission: number;
  readonly at: EpochMs;
  readonly verdict: 'allow' | 'defer' | 'deny';
  readonly until: EpochMs | null;
  readonly reasons: readonly string[];
}

/** The whole trace. */
export interface StoredDecision extends ListedDecision {
  readonly horizonMs: number;
  readonly engine: string;
  readonly policySetHash: string;
  readonly facts: DialFacts;
  readonly factsHash: string;
  readonly results: readonly RuleResult[];
}

export interface DecisionQuery {
  readonly campaignId: string | null;
  readonly contactId: string | null;
  readonly personId: string | null;
  readonly verdict: string | null;
  readonly reason: string | null;
  readonly stage: string | null;
  /** Bounds (engine clock) of the instant decided about, the first included. */
  readonly from: EpochMs | null;
  readonly before: EpochMs | null;
  readonly after: PagePlace | null;
  readonly limit: number;
}

const LISTED = `id, campaign_id AS "campaignId", contact_id AS "contactId", person_id AS "personId", stage, admission,
  at, verdict, until, reasons`;

/** One page of decisions, newest first. A contact's and a person's are found by contact, others by campaign and instant. */
export async function pageOfDecisions(tx: Statements, query: DecisionQuery): Promise<Page<ListedDecision>> {
  const values: unknown[] = [tx.tenantId];
  const given = (value: unknown) => `$${values.push(value)}`;
  const within = ['tenant_id = $1'];
  const filter: string[] = [];
  let table = 'decisions';
  if (query.contactId !== null || query.personId !== null) {
    const whose =
      query.contactId === null
        ? `ANY (ARRAY(SELECT id FROM contacts WHERE tenant_id = $1 AND person_id = ${given(query.personId)}))`
        : given(query.contactId);
    // OFFSET keeps the planner from walking all decisions by instant in search of these few.
    table = `(SELECT * FROM decisions WHERE tenant_id = $1 AND contact_id = ${whose} OFFSET 0)`;
    if (query.personId !== null) filter.push(`person_id = ${given(query.personId)}`);
    if (query.campaignId !== null) filter.push(`campaign_id = ${given(query.campaignId)}`);
  } else if (query.campaignId !== null) within.push(`campaign_id = ${given(query.campaignId)}`);
  if (query.from !== null) within.push(`at >= ${given(toIso(query.from))}`);
  if (query.before !== null) within.push(`at < ${given(toIso(query.before))}`);
  if (query.verdict !== null) filter.push(`verdict = ${given(query.verdict)}`);
  if (query.reason !== null) filter.push(`${given(query.reason)} = ANY (reasons)`);
  if (query.stage !== null) filter.push(`stage = ${given(query.stage)}`);
  return newestFirst<ListedDecision>(tx, {
    columns: LISTED,
    table,
    alias: 'd',
    within,
    filter,
    order: { at: 'at', id: 'id', idType: 'uuid' },
    values,
    after: query.after,
    limit: query.limit,
  });
}

export async function decisionById(tx: Statements, id: string): Promise<StoredDecision | null> {
  const rows = await tx.prepared<StoredDecision>(
    'decision_by_id',
    `SELECT ${LISTED}, horizon_ms AS "horizonMs", engine, policy_set_hash AS "policySetHash", facts,
            facts_hash AS "factsHash", results
     FROM decisions WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id],
  );
  return rows[0] ?? null;
}

/** The contact's latest decision at or before an instant (engine clock). */
export async function latestDecisionAt(
  tx: Statements,
  contactId: string,
  at: EpochMs,
): Promise<{ decisionId: string; at: EpochMs; verdict: ListedDecision['verdict'] } | null> {
  const rows = await tx.prepared<{ decisionId: string; at: EpochMs; verdict: ListedDecision['verdict'] }>(
    'latest_decision_at',
    `SELECT id AS "decisionId", at, verdict FROM decisions
     WHERE tenant_id = $1 AND contact_id = $2 AND at <= $3 ORDER BY at DESC LIMIT 1`,
    [tx.tenantId, contactId, toIso(at)],
  );
  return rows[0] ?? null;
}

/** The decision made about a contact at this very instant (engine clock); of several, the last. */
export async function decisionMadeAt(
  tx: Statements,
  contactId: string,
  at: EpochMs,
): Promise<Pick<StoredDecision, 'id' | 'facts' | 'factsHash' | 'verdict' | 'reasons'> | null> {
  const rows = await tx.prepared<Pick<StoredDecision, 'id' | 'facts' | 'factsHash' | 'verdict' | 'reasons'>>(
    'decision_made_at',
    `SELECT id, facts, facts_hash AS "factsHash", verdict, reasons FROM decisions
     WHERE tenant_id = $1 AND contact_id = $2 AND at = $3 ORDER BY id DESC LIMIT 1`,
    [tx.tenantId, contactId, toIso(at)],
  );
  return rows[0] ?? null;
}
