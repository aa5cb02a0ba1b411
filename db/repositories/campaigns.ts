import { and, asc, desc, eq, sql, type SQL } from 'drizzle-orm';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { CampaignStatus, Purpose } from '../../domain/vocabulary.ts';
import type { Tx } from '../client.ts';
import { holdBriefly } from '../locks.ts';
import { campaignRevisions, campaigns } from '../schema/index.ts';

export type CampaignRow = typeof campaigns.$inferSelect;
export type CampaignRevisionRow = typeof campaignRevisions.$inferSelect;

export interface NewCampaign {
  readonly id: string;
  readonly definition: CampaignDefinition;
  /** Carrier that the definition names, where it is known already. */
  readonly carrierId: string | null;
  readonly by: string;
  readonly at: EpochMs;
}

/** A campaign in state `draft` with its first revision. */
export async function insertCampaign(tx: Tx, input: NewCampaign): Promise<CampaignRow> {
  const rows = await tx.orm
    .insert(campaigns)
    .values({
      tenantId: tx.tenantId,
      id: input.id,
      name: input.definition.name,
      status: 'draft',
      definition: input.definition,
      revision: 1,
      carrierId: input.carrierId,
      createdAt: input.at,
      startedAt: null,
      endedAt: null,
      statusReason: null,
    })
    .returning();
  await appendRevision(tx, rows[0]!, input.by, input.at);
  return rows[0]!;
}

export async function campaignById(tx: Tx, id: string): Promise<CampaignRow | null> {
  const rows = await tx.orm.select().from(campaigns).where(isCampaign(tx, id));
  return rows[0] ?? null;
}

/** Names by id, of those that there are. */
export async function campaignNames(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<{ id: string; name: string }>(
    'SELECT id, name FROM campaigns WHERE tenant_id = $1 AND id = ANY ($2::uuid[])',
    [tx.tenantId, ids],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** The campaign of this name that was made last; null: there is none. */
export async function newestNamed(tx: Tx, name: string): Promise<string | null> {
  const rows = await tx.query<{ id: string }>(
    'SELECT id FROM campaigns WHERE tenant_id = $1 AND name = $2 ORDER BY id DESC LIMIT 1',
    [tx.tenantId, name],
  );
  return rows[0]?.id ?? null;
}

/** The same as by id, and nobody else changes it before this transaction ends. */
export async function lockCampaign(tx: Tx, id: string): Promise<CampaignRow | null> {
  await holdBriefly(tx);
  const rows = await tx.orm.select().from(campaigns).where(isCampaign(tx, id)).for('no key update');
  return rows[0] ?? null;
}

/** Orders a list of campaigns can be asked for in; `-` is descending. Ids sort by creation. */
export const CAMPAIGN_ORDERS = ['-created', 'created', 'name', '-name', '-started', 'started'] as const;
export type CampaignOrder = (typeof CAMPAIGN_ORDERS)[number];

export interface CampaignQuery {
  readonly status: CampaignStatus | null;
  readonly purpose?: Purpose | null;
  /** Part of the name, in any case; null: any. */
  readonly name?: string | null;
  readonly order?: CampaignOrder;
  /** `placeOf` of the last one seen; null: from the beginning. */
  readonly after?: CampaignPlace | null;
  readonly limit: number;
}

/** Where a campaign stands in a list: its value in the order asked for, and its id. */
export type CampaignPlace = readonly [value: string | number | null, id: string];

/** What each order sorts by before the id; null: by the id alone. Indexes campaigns_name and campaigns_started. */
const ORDER_KEYS = {
  created: null,
  name: sql`lower(name)`,
  started: sql`coalesce(started_at, '-infinity'::timestamptz)`,
} as const;

/** One page. Campaigns that were never started come before all others in `started`. */
export async function listCampaigns(tx: Tx, query: CampaignQuery): Promise<CampaignRow[]> {
  const order = query.order ?? '-created';
  const descending = order.startsWith('-');
  const key = ORDER_KEYS[order.replace('-', '') as keyof typeof ORDER_KEYS];
  const direction = descending ? desc : asc;
  return tx.orm
    .select()
    .from(campaigns)
    .where(
      and(
        eq(campaigns.tenantId, tx.tenantId),
        query.status === null ? undefined : eq(campaigns.status, query.status),
        isSet(query.purpose) ? sql`definition->>'purpose' = ${query.purpose}` : undefined,
        isSet(query.name) ? sql`strpos(lower(name), lower(${query.name})) > 0` : undefined,
        isSet(query.after) ? beyond(key, descending, query.after) : undefined,
      ),
    )
    .orderBy(...(key === null ? [] : [direction(key)]), direction(campaigns.id))
    .limit(query.limit);
}

/** Where a row stands in a list of this order, for the cursor of the next page. */
export function placeOf(order: CampaignOrder, row: CampaignRow): CampaignPlace {
  if (order.endsWith('name')) return [row.name, row.id];
  return [order.endsWith('started') ? row.startedAt : null, row.id];
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function beyond(key: SQL | null, descending: boolean, [value, id]: CampaignPlace): SQL {
  const compare = sql.raw(descending ? '<' : '>');
  if (key === null) return sql`id ${compare} ${id}`;
  const at =
    typeof value === 'string'
      ? sql`lower(${value})`
      : sql`coalesce(${value === null ? null : toIso(value)}::timestamptz, '-infinity'::timestamptz)`;
  return sql`(${key}, id) ${compare} (${at}, ${id}::uuid)`;
}

export async function listCampaignRevisions(tx: Tx, id: string): Promise<CampaignRevisionRow[]> {
  return tx.orm
    .select()
    .from(campaignRevisions)
    .where(and(eq(campaignRevisions.tenantId, tx.tenantId), eq(campaignRevisions.campaignId, id)))
    .orderBy(asc(campaignRevisions.revision));
}

/** Give a locked campaign another definition; the one it had stays in its revisions. */
export async function reviseCampaign(
  tx: Tx,
  campaign: CampaignRow,
  change: { definition: CampaignDefinition; carrierId: string | null; by: string; at: EpochMs },
): Promise<CampaignRow> {
  const rows = await tx.orm
    .update(campaigns)
    .set({
      definition: change.definition,
      name: change.definition.name,
      carrierId: change.carrierId,
      revision: campaign.revision + 1,
    })
    .where(isCampaign(tx, campaign.id))
    .returning();
  await appendRevision(tx, rows[0]!, change.by, change.at);
  return rows[0]!;
}

/** Set a locked campaign's status with what belongs to it. */
export async function setCampaignStatus(
  tx: Tx,
  id: string,
  change: {
    status: CampaignStatus;
    reason: string | null;
    startedAt?: EpochMs;
    endedAt?: EpochMs;
    carrierId?: string;
    /** W3C trace context of the request that sets it going. */
    traceParent?: string | null;
  },
): Promise<CampaignRow> {
  const { reason, ...rest } = change;
  const rows = await tx.orm
    .update(campaigns)
    .set({ ...rest, statusReason: reason })
    .where(isCampaign(tx, id))
    .returning();
  return rows[0]!;
}

function isCampaign(tx: Tx, id: string) {
  return and(eq(campaigns.tenantId, tx.tenantId), eq(campaigns.id, id));
}

async function appendRevision(tx: Tx, campaign: CampaignRow, by: string, at: EpochMs): Promise<void> {
  await tx.orm.insert(campaignRevisions).values({
    tenantId: tx.tenantId,
    campaignId: campaign.id,
    revision: campaign.revision,
    definition: campaign.definition,
    changedBy: by,
    changedAt: at,
  });
}
