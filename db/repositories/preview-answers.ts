import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';
import type { previews } from '../schema/index.ts';

export type PreviewRow = typeof previews.$inferSelect;

const COLUMNS = `tenant_id AS "tenantId", id, campaign_id AS "campaignId", contact_id AS "contactId", admission,
  agent_id AS "agentId", state, reason, offered_at AS "offeredAt", expires_at AS "expiresAt", settled_at AS "settledAt", acted_real AS "actedReal"`;

export async function previewById(tx: Statements, id: string): Promise<PreviewRow | null> {
  const rows = await tx.prepared<PreviewRow>(
    'preview_by_id',
    `SELECT ${COLUMNS} FROM previews WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id],
  );
  return rows[0] ?? null;
}

/**
 * What the agent says to the contact that is shown to them; a worker acts on it. An answer that comes when it was answered,
 * or ran out, changes nothing.
 * @returns the preview before, null where it is not shown to this agent; and after, null where nothing was changed.
 */
export async function answerPreview(
  tx: Statements,
  of: { readonly previewId: string; readonly agentId: string; readonly at: EpochMs },
  answer: { readonly state: 'accepted' | 'skipped'; readonly reason: string | null },
): Promise<{ readonly before: PreviewRow | null; readonly after: PreviewRow | null }> {
  const rows = await tx.prepared<PreviewRow>(
    'preview_lock',
    `SELECT ${COLUMNS} FROM previews WHERE tenant_id = $1 AND id = $2 AND agent_id = $3 FOR NO KEY UPDATE`,
    [tx.tenantId, of.previewId, of.agentId],
  );
  const before = rows[0] ?? null;
  if (before?.state !== 'offered' || before.expiresAt <= of.at) return { before, after: null };
  const [after] = await tx.prepared<PreviewRow>(
    'preview_answer',
    `UPDATE previews SET state = $3, reason = $4, settled_at = $5
     WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
    [tx.tenantId, of.previewId, answer.state, answer.reason, toIso(of.at)],
  );
  return { before, after: after! };
}

/** Show a contact to another agent than before. */
export async function giveToAgent(tx: Statements, previewId: string, agentId: string): Promise<boolean> {
  const rows = await tx.prepared(
    'preview_give',
    `UPDATE previews SET agent_id = $3 WHERE tenant_id = $1 AND id = $2 AND state = 'offered' RETURNING 1 AS one`,
    [tx.tenantId, previewId, agentId],
  );
  return rows.length > 0;
}
