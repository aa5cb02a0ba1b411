import { and, asc, desc, eq, lt } from 'drizzle-orm';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { CampaignStatus } from '../../domain/vocabulary.ts';
import type { Tx } from '../client.ts';
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

/** The same, and nobody else changes it before this transaction ends. */
export async function lockCampaign(tx: Tx, id: string): Promise<CampaignRow | null> {
  const rows = await tx.orm.select().from(campaigns).where(isCampaign(tx, id)).for('no key update');
  return rows[0] ?? null;
}

/** Newest first. @param before id of the last one seen; ids sort by creation. */
export async function listCampaigns(
  tx: Tx,
  query: { status: CampaignStatus | null; before: string | null; limit: number },
): Promise<CampaignRow[]> {
  return tx.orm
    .select()
    .from(campaigns)
    .where(
      and(
        eq(campaigns.tenantId, tx.tenantId),
        query.status === null ? undefined : eq(campaigns.status, query.status),
        query.before === null ? undefined : lt(campaigns.id, query.before),
      ),
    )
    .orderBy(desc(campaigns.id))
    .limit(query.limit);
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
