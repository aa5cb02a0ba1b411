import { NIL } from 'uuid';
import type { PagePlace } from '../db/repositories/pages.ts';
import type { Statements } from '../db/client.ts';
import type { ConsentFact } from '../domain/facts.ts';
import { DAY_MS, toIso, type EpochMs } from '../domain/time.ts';
import type { Channel, Purpose } from '../domain/vocabulary.ts';
import { scopeInForce, type ConsentScope } from '../policies/index.ts';
import { CONSENT_FACTS } from './fact-sql.ts';

/** A consent in force that will end, with what it is still in force for. */
export interface ConsentDue {
  readonly personId: string;
  readonly grant: ConsentFact;
  readonly inForce: readonly ConsentScope[];
  readonly expiresAt: EpochMs;
}

/** Grants that a page looks through at most; each costs a look at the few events of its person. */
export const GRANTS_READ = 500;

/** Grants by their end, which `consent_events_expiry` holds in this order. */
export const ENDING_SQL = `
  SELECT e.id, e.person_id, e.expires_at
  FROM consent_events e
  WHERE e.tenant_id = $1 AND e.kind = 'grant' AND e.expires_at IS NOT NULL
    AND e.expires_at > $2 AND e.expires_at <= $3 AND (e.expires_at, e.id) > ($4, $5)
  ORDER BY e.expires_at, e.id
  LIMIT ${GRANTS_READ + 1}`;

/** Of persons who were not erased: nobody is left to ask of those. */
const EVENTS_SQL = `
  SELECT e.person_id, ${CONSENT_FACTS} AS consents
  FROM consent_events e JOIN persons p ON p.tenant_id = e.tenant_id AND p.id = e.person_id
  WHERE e.tenant_id = $1 AND e.person_id = ANY ($2) AND p.erased_real IS NULL
  GROUP BY e.person_id`;

/**
 * One page of consents in force that end within so many times 24 h, soonest first. A page may hold fewer than `limit`,
 * or none, while `next` leads on.
 */
export async function pageOfConsentsDue(
  tx: Statements,
  query: {
    readonly now: EpochMs;
    readonly withinDays: number;
    /** Null: any. */
    readonly purpose: Purpose | null;
    readonly channel: Channel | null;
    readonly after: PagePlace | null;
    readonly limit: number;
  },
): Promise<{ rows: ConsentDue[]; next: PagePlace | null }> {
  const { now, after, limit } = query;
  const ending = await tx.query<{ id: string; person_id: string; expires_at: EpochMs }>(ENDING_SQL, [
    tx.tenantId,
    toIso(now),
    toIso(now + query.withinDays * DAY_MS),
    toIso(after?.at ?? now),
    after?.id ?? NIL,
  ]);
  const looked = ending.slice(0, GRANTS_READ);
  const events = await eventsOf(tx, [...new Set(looked.map((row) => row.person_id))]);
  const rows: ConsentDue[] = [];
  for (const { id, person_id: personId, expires_at: expiresAt } of looked) {
    const consents = events.get(personId) ?? [];
    const grant = consents.find((event) => event.eventId === id);
    if (grant === undefined) continue;
    const inForce = scopeInForce(grant, consents, now);
    if (!inForce.some((scope) => isAsked(scope, query))) continue;
    if (rows.length === limit) {
      const last = rows.at(-1)!;
      return { rows, next: { at: last.expiresAt, id: last.grant.eventId } };
    }
    rows.push({ personId, grant, inForce, expiresAt });
  }
  const last = looked.at(-1);
  const next =
    ending.length > GRANTS_READ && last !== undefined ? { at: last.expires_at, id: last.id } : null;
  return { rows, next };
}

async function eventsOf(
  tx: Statements,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ConsentFact[]>> {
  const rows = await tx.query<{ person_id: string; consents: ConsentFact[] }>(EVENTS_SQL, [
    tx.tenantId,
    personIds,
  ]);
  return new Map(rows.map((row) => [row.person_id, row.consents]));
}

function isAsked(
  scope: ConsentScope,
  { purpose, channel }: { purpose: Purpose | null; channel: Channel | null },
): boolean {
  return (
    (purpose === null || scope.purpose === purpose) && (channel === null || scope.channels.includes(channel))
  );
}
