import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { IN_FORCE_SINCE, NOT_CANCELLED } from './policies.ts';

/** One publication of a set, and what became of it. */
export interface ActivationRow {
  readonly id: number;
  readonly setHash: string;
  /** When it was published. */
  readonly activatedAt: EpochMs;
  readonly activatedBy: string;
  /** Since when it is, was or would have been in force. */
  readonly effectiveAt: EpochMs;
  /** It was published for an instant, rather than at once. */
  readonly timed: boolean;
  readonly draftId: string | null;
  readonly note: string | null;
  readonly cancelledAt: EpochMs | null;
  readonly cancelledBy: string | null;
  /** When the next one took, or takes, its place; null: none does. */
  readonly replacedAt: EpochMs | null;
}

const ACTIVATION = `
SELECT p.id, p.set_hash AS "setHash", p.activated_at AS "activatedAt", p.activated_by AS "activatedBy",
       ${IN_FORCE_SINCE} AS "effectiveAt", p.effective_at IS NOT NULL AS timed, p.draft_id AS "draftId", p.note,
       c.cancelled_at AS "cancelledAt", c.cancelled_by AS "cancelledBy", n.at AS "replacedAt"
FROM policy_activations p
LEFT JOIN policy_cancellations c ON c.tenant_id = p.tenant_id AND c.activation_id = p.id
LEFT JOIN LATERAL (
  SELECT coalesce(q.effective_at, q.activated_at) AS at FROM policy_activations q
  WHERE q.tenant_id = p.tenant_id
    AND (coalesce(q.effective_at, q.activated_at), q.id) > (${IN_FORCE_SINCE}, p.id)
    AND NOT EXISTS (SELECT FROM policy_cancellations x WHERE x.tenant_id = q.tenant_id AND x.activation_id = q.id)
  ORDER BY 1, q.id LIMIT 1) n ON true
WHERE p.tenant_id = $1`;

/** The publication that all others come before: in force, or to come. Null: none was ever made. */
export async function latestActivation(tx: Tx): Promise<ActivationRow | null> {
  const rows = await tx.query<ActivationRow>(
    `${ACTIVATION} AND ${NOT_CANCELLED} ORDER BY ${IN_FORCE_SINCE} DESC, p.id DESC LIMIT 1`,
    [tx.tenantId],
  );
  return rows[0] ?? null;
}

/** The publication that takes effect next after an instant (engine clock); null: none is to come. */
export async function nextActivation(tx: Tx, at: EpochMs): Promise<ActivationRow | null> {
  const rows = await tx.query<ActivationRow>(
    `${ACTIVATION} AND ${NOT_CANCELLED} AND p.effective_at > $2 AND ${IN_FORCE_SINCE} > $2
     ORDER BY ${IN_FORCE_SINCE}, p.id LIMIT 1`,
    [tx.tenantId, toIso(at)],
  );
  return rows[0] ?? null;
}

/** Newest first. @param query.before id of the last one of the page before */
export async function listActivations(
  tx: Tx,
  query: { readonly before: number | null; readonly limit: number },
): Promise<ActivationRow[]> {
  return tx.query<ActivationRow>(`${ACTIVATION} AND p.id < $2 ORDER BY p.id DESC LIMIT $3`, [
    tx.tenantId,
    query.before ?? Number.MAX_SAFE_INTEGER,
    query.limit,
  ]);
}

/** The publications of a set, oldest first. */
export async function activationsOf(tx: Tx, setHash: string): Promise<ActivationRow[]> {
  return tx.query<ActivationRow>(`${ACTIVATION} AND p.set_hash = $2 ORDER BY p.id`, [tx.tenantId, setHash]);
}

export async function activationById(tx: Tx, id: number): Promise<ActivationRow | null> {
  const rows = await tx.query<ActivationRow>(`${ACTIVATION} AND p.id = $2`, [tx.tenantId, id]);
  return rows[0] ?? null;
}

/** Publications that followed the one of this set last in force, oldest first: what a draft made from it missed. */
export async function activationsSince(tx: Tx, setHash: string): Promise<ActivationRow[]> {
  return tx.query<ActivationRow>(
    `${ACTIVATION} AND ${NOT_CANCELLED}
       AND p.id > coalesce((SELECT max(b.id) FROM policy_activations b
                             WHERE b.tenant_id = $1 AND b.set_hash = $2), 0) ORDER BY p.id`,
    [tx.tenantId, setHash],
  );
}

/** Hashes of the sets ever published whose hash begins so. */
export async function setsBeginning(tx: Tx, prefix: string): Promise<string[]> {
  const rows = await tx.query<{ set_hash: string }>(
    `SELECT DISTINCT set_hash FROM policy_activations WHERE tenant_id = $1 AND starts_with(set_hash, $2) LIMIT 2`,
    [tx.tenantId, prefix],
  );
  return rows.map((row) => row.set_hash);
}

/** Every version of these documents that a published set held, cancelled publications included. */
export async function publishedVersions(
  tx: Tx,
  documentIds: readonly string[],
): Promise<{ kind: string; id: string; version: number; hash: string }[]> {
  if (documentIds.length === 0) return [];
  return tx.query(
    `SELECT DISTINCT d.kind, d.document_id AS id, d.version::int AS version, d.hash
     FROM policy_documents d
     WHERE d.tenant_id = $1 AND d.document_id = ANY ($2)
       AND EXISTS (SELECT FROM policy_activations p
                   JOIN policy_sets s ON s.tenant_id = p.tenant_id AND s.hash = p.set_hash
                   WHERE p.tenant_id = $1 AND d.hash = ANY (s.document_hashes))`,
    [tx.tenantId, documentIds],
  );
}

/** Put a set in force. @param activation.effectiveAt null: at once, for whoever sees it */
export async function insertActivation(
  tx: Tx,
  activation: {
    readonly setHash: string;
    readonly by: string;
    readonly at: EpochMs;
    readonly effectiveAt: EpochMs | null;
    readonly draftId: string;
    readonly note: string | null;
  },
): Promise<number> {
  const { setHash, by, at, effectiveAt, draftId, note } = activation;
  const rows = await tx.query<{ id: number }>(
    `INSERT INTO policy_activations (tenant_id, set_hash, activated_at, activated_by, effective_at, draft_id, note)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
    [tx.tenantId, setHash, toIso(at), by, effectiveAt === null ? null : toIso(effectiveAt), draftId, note],
  );
  return rows[0]!.id;
}

export async function cancelActivation(
  tx: Tx,
  id: number,
  cancel: { readonly by: string; readonly at: EpochMs; readonly note: string | null },
): Promise<void> {
  await tx.query(
    `INSERT INTO policy_cancellations (tenant_id, activation_id, cancelled_by, cancelled_at, note)
     VALUES ($1, $2, $3, $4, $5)`,
    [tx.tenantId, id, cancel.by, toIso(cancel.at), cancel.note],
  );
}

/** Case files of published drafts: of each title the one published last. */
export async function publishedCases(tx: Tx): Promise<unknown[]> {
  const rows = await tx.query<{ file: unknown }>(
    `SELECT DISTINCT ON (f.file->>'title') f.file
     FROM policy_drafts d CROSS JOIN LATERAL jsonb_array_elements(d.cases) AS f (file)
     WHERE d.tenant_id = $1 AND d.status = 'published'
     ORDER BY f.file->>'title', d.closed_at DESC`,
    [tx.tenantId],
  );
  return rows.map((row) => row.file);
}
