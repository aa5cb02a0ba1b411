import { NIL } from 'uuid';
import type { Duty, DutyKind } from '../../domain/decision.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** A duty with a due date, from the latest call of a contact that laid it on. */
export interface OwedDuty {
  readonly contactId: string;
  readonly personId: string;
  readonly campaignId: string;
  readonly attemptId: string;
  readonly decisionId: string;
  readonly pack: string;
  readonly rule: string;
  readonly kind: DutyKind;
  readonly detail: Duty['detail'];
  readonly dueAt: EpochMs;
}

/** The last one seen; `key` null: all of this contact's were. */
export interface OwedPlace {
  readonly contactId: string;
  readonly key: string | null;
}

/** Contacts that a page looks through at most: each has a handful of calls, whose decisions are read whole. */
const CONTACTS_READ = 200;

/**
 * One page of what is owed at a known instant: of each contact, rule and kind the one of the latest call, whose period
 * runs last. By contact, then rule. A page may hold fewer than `limit`, or none, while `next` leads on.
 */
export async function pageOfOwedDuties(
  tx: Statements,
  query: {
    readonly dueBefore: EpochMs | null;
    readonly kind: DutyKind | null;
    readonly after: OwedPlace | null;
    readonly limit: number;
  },
): Promise<{ rows: OwedDuty[]; next: OwedPlace | null }> {
  const { after, limit } = query;
  const from = after?.contactId ?? NIL;
  const found = await tx.query<OwedDuty & { key: string | null }>(
    `WITH looked_at AS MATERIALIZED (
       SELECT DISTINCT contact_id FROM attempts
       WHERE tenant_id = $1 AND (contact_id > $2 OR contact_id = $2 AND $3::text IS NOT NULL)
       ORDER BY contact_id LIMIT ${CONTACTS_READ}),
     owed AS (
       SELECT DISTINCT ON (a.contact_id, key) a.contact_id, a.person_id, a.campaign_id, a.id, a.decision_id, r.one, u.duty,
              concat_ws(' ', r.one->>'pack', r.one->>'rule', u.duty->>'kind', u.duty->'detail'->>'recordClass',
                        u.duty->'detail'->>'trigger') COLLATE "C" AS key
       FROM looked_at l
       JOIN attempts a ON a.tenant_id = $1 AND a.contact_id = l.contact_id
       JOIN decisions d ON d.tenant_id = a.tenant_id AND d.id = a.decision_id,
            jsonb_array_elements(d.results) r (one), jsonb_array_elements(r.one->'duties') u (duty)
       WHERE a.state = 'ended' AND d.stage = 'dial' AND d.verdict = 'allow' AND jsonb_typeof(u.duty->'dueAt') = 'number'
         AND ($5::text IS NULL OR u.duty->>'kind' = $5)
       ORDER BY a.contact_id, key, a.admission DESC)
     SELECT o.contact_id AS "contactId", o.person_id AS "personId", o.campaign_id AS "campaignId", o.id AS "attemptId",
            o.decision_id AS "decisionId", o.one->>'pack' AS pack, o.one->>'rule' AS rule, o.duty->>'kind' AS kind,
            o.duty->'detail' AS detail, (o.duty->>'dueAt')::float8::bigint AS "dueAt", o.key
     FROM owed o
     WHERE (o.contact_id > $2 OR o.key > $3) AND ($4::bigint IS NULL OR (o.duty->>'dueAt')::float8 < $4)
     ORDER BY o.contact_id, o.key LIMIT $6`,
    [tx.tenantId, from, after?.key ?? null, query.dueBefore, query.kind, limit + 1],
  );
  const rows = found.slice(0, limit).map(({ key: _, ...row }) => ({ ...row, dueAt: Number(row.dueAt) }));
  if (found.length > limit) {
    const last = found[limit - 1]!;
    return { rows, next: { contactId: last.contactId, key: last.key } };
  }
  return { rows, next: await endOfLook(tx, from, after?.key ?? null) };
}

/** The last contact that the page looked at; null: there are no more. */
async function endOfLook(tx: Statements, from: string, key: string | null): Promise<OwedPlace | null> {
  const [last] = await tx.query<{ id: string }>(
    `SELECT DISTINCT contact_id AS id FROM attempts
     WHERE tenant_id = $1 AND (contact_id > $2 OR contact_id = $2 AND $3::text IS NOT NULL)
     ORDER BY contact_id OFFSET ${CONTACTS_READ - 1} LIMIT 1`,
    [tx.tenantId, from, key],
  );
  return last === undefined ? null : { contactId: last.id, key: null };
}
