import { CONTACT_STATES, type ContactState } from '../../domain/vocabulary.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';
import type { ContactRow } from './contacts.ts';

/** A contact as lists show it: without its sealed attributes. */
export type ListedContact = Omit<ContactRow, 'attributes'>;

export const CONTACT_SORTS = ['created', 'readyAt', 'updated'] as const;
export type ContactSort = (typeof CONTACT_SORTS)[number];

export interface ContactListQuery {
  readonly campaignId: string;
  /** Null: all states. */
  readonly state: ContactState | null;
  readonly reason: string | null;
  readonly importId: string | null;
  /** Bounds (engine clock) of `ready_at`, the first included. */
  readonly readyFrom: EpochMs | null;
  readonly readyBefore: EpochMs | null;
  readonly sort: ContactSort;
  readonly descending: boolean;
  /** Where the page before ended: its last contact's instant in the order asked for (null for `created`) and id. */
  readonly after: { readonly at: EpochMs | null; readonly id: string } | null;
  readonly limit: number;
}

const COLUMNS = `tenant_id AS "tenantId", id, campaign_id AS "campaignId", person_id AS "personId",
  external_id AS "externalId", state, state_reason AS "stateReason", rank, priority, cohort, ready_at AS "readyAt",
  admissions, attempts, counted_attempts AS "countedAttempts", admitted_real AS "admittedReal",
  workflow_open AS "workflowOpen", wake_pending AS "wakePending", import_id AS "importId", preferred_agent_id AS "preferredAgentId",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Contacts are made after their import's row, by ids that sort by time; another process's clock may differ by this. */
const CLOCK_SKEW_MS = 60_000;

/**
 * One page of a campaign's contacts. Each order and filter is read from an index of its own (migration 0004), so that
 * a page costs the same however many contacts there are: `created` by (state, id) or (reason, id), `updated` by
 * (state, updated_at, id), `readyAt` by (ready_at, id) of those that wait.
 */
export async function pageOfContacts(tx: Statements, query: ContactListQuery): Promise<ListedContact[]> {
  const values: unknown[] = [tx.tenantId, query.campaignId];
  const given = (value: unknown) => `$${values.push(value)}`;
  const direction = query.descending ? 'DESC' : 'ASC';
  const key = { created: 'id', readyAt: 'ready_at', updated: 'updated_at' }[query.sort];
  const order = query.sort === 'created' ? `id ${direction}` : `${key} ${direction}, id ${direction}`;

  const where = ['tenant_id = $1', 'campaign_id = $2'];
  if (query.after !== null) {
    const beyond = query.descending ? '<' : '>';
    where.push(
      query.after.at === null
        ? `id ${beyond} ${given(query.after.id)}::uuid`
        : `(${key}, id) ${beyond} (${given(toIso(query.after.at))}::timestamptz, ${given(query.after.id)}::uuid)`,
    );
  }
  if (query.reason !== null) where.push(`state_reason = ${given(query.reason)}`);
  if (query.readyFrom !== null) where.push(`ready_at >= ${given(toIso(query.readyFrom))}`);
  if (query.readyBefore !== null) where.push(`ready_at < ${given(toIso(query.readyBefore))}`);
  if (query.importId !== null) where.push(await importedBy(tx, query.importId, given));
  const limit = given(query.limit);
  const page = (condition: string) =>
    `SELECT * FROM contacts WHERE ${[...where, condition].join(' AND ')} ORDER BY ${order} LIMIT ${limit}`;

  // Ordered by a state's index: with several states, the pages of each are merged.
  const byState = query.sort !== 'readyAt' && query.reason === null;
  const states = query.state === null ? CONTACT_STATES : [query.state];
  const source = byState
    ? `unnest(${given(states)}::text[]) AS one (wanted) CROSS JOIN LATERAL (${page('state = one.wanted')}) AS c`
    : `(${page(
        query.sort === 'readyAt'
          ? `state = 'waiting'`
          : query.state === null
            ? 'true'
            : `state = ${given(query.state)}`,
      )}) AS c`;
  return tx.query<ListedContact>(`SELECT ${COLUMNS} FROM ${source} ORDER BY ${order} LIMIT ${limit}`, values);
}

/**
 * The condition that a contact came by an import: its rows lie between the import's beginning and its end in the order
 * of ids, so that neither the contacts before nor those after are looked through.
 */
async function importedBy(
  tx: Statements,
  importId: string,
  given: (value: unknown) => string,
): Promise<string> {
  const rows = await tx.query<{ created: EpochMs; finished: EpochMs | null }>(
    'SELECT created_real AS created, finished_real AS finished FROM imports WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, importId],
  );
  const row = rows[0];
  if (row === undefined) return 'false';
  const from = given(firstIdAt(row.created - CLOCK_SKEW_MS));
  const until =
    row.finished === null ? '' : ` AND id < ${given(firstIdAt(row.finished + CLOCK_SKEW_MS))}::uuid`;
  return `import_id = ${given(importId)} AND id >= ${from}::uuid${until}`;
}

/** The least UUID of version 7 of an instant (RFC 9562, 5.7): 48 bits of Unix milliseconds lead it. */
function firstIdAt(at: EpochMs): string {
  const ms = Math.max(0, at).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-000000000000`;
}

/** Contacts found at once by a search, at most: one of each campaign, newest first. */
export const FOUND_MAX = 200;

/** A customer's own id in any campaign: one probe of each campaign's index. */
export async function contactsByExternalId(tx: Statements, externalId: string): Promise<ListedContact[]> {
  return tx.prepared<ListedContact>(
    'contacts_by_external_id',
    `SELECT ${COLUMNS} FROM (
       SELECT c.* FROM campaigns k CROSS JOIN LATERAL (
         SELECT * FROM contacts WHERE tenant_id = $1 AND campaign_id = k.id AND external_id = $2) c
       WHERE k.tenant_id = $1) found
     ORDER BY id DESC LIMIT ${FOUND_MAX}`,
    [tx.tenantId, externalId],
  );
}

/** Contacts of the person who has the number. */
export async function contactsByNumber(tx: Statements, numberHash: Buffer): Promise<ListedContact[]> {
  return tx.prepared<ListedContact>(
    'contacts_by_number',
    `SELECT ${COLUMNS} FROM contacts WHERE tenant_id = $1 AND person_id = (
       SELECT person_id FROM person_numbers WHERE tenant_id = $1 AND number_hash = $2)
     ORDER BY id DESC LIMIT ${FOUND_MAX}`,
    [tx.tenantId, numberHash],
  );
}
