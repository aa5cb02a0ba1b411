import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

export const PREVIEW_STATUSES = ['pending', 'running', 'finished', 'failed', 'cancelled'] as const;
export type PreviewStatus = (typeof PREVIEW_STATUSES)[number];

/** A preview as it is stored; what its JSON holds is said by gate/preview. */
export interface PreviewRow {
  readonly id: string;
  readonly draftId: string;
  readonly draftRevision: number;
  readonly candidateHash: string;
  readonly baseHash: string;
  readonly status: PreviewStatus;
  readonly requestedBy: string;
  readonly requestedAt: EpochMs;
  readonly request: unknown;
  readonly progress: unknown;
  readonly result: unknown;
  /** Why it failed, in words. */
  readonly failure: string | null;
  readonly startedReal: EpochMs | null;
  readonly heartbeatReal: EpochMs | null;
  readonly finishedAt: EpochMs | null;
}

/** A preview that this process is to work out, from where it was left. */
export interface ClaimedPreview extends PreviewRow {
  readonly checkpoint: unknown;
}

const COLUMNS = `id, draft_id AS "draftId", draft_revision AS "draftRevision", candidate_hash AS "candidateHash",
  base_hash AS "baseHash", status, requested_by AS "requestedBy", requested_at AS "requestedAt", request, progress, result,
  failure, started_real AS "startedReal", heartbeat_real AS "heartbeatReal", finished_at AS "finishedAt"`;

export async function insertPreview(
  tx: Statements,
  preview: Pick<
    PreviewRow,
    'id' | 'draftId' | 'draftRevision' | 'candidateHash' | 'baseHash' | 'requestedBy'
  > & {
    readonly requestedAt: EpochMs;
    readonly request: unknown;
    /** The first answer, of a sample. */
    readonly result: unknown;
  },
): Promise<PreviewRow> {
  const rows = await tx.query<PreviewRow>(
    `INSERT INTO policy_previews (tenant_id, id, draft_id, draft_revision, candidate_hash, base_hash, status, requested_by,
                                  requested_at, request, result)
     VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9, $10) RETURNING ${COLUMNS}`,
    [
      tx.tenantId,
      preview.id,
      preview.draftId,
      preview.draftRevision,
      preview.candidateHash,
      preview.baseHash,
      preview.requestedBy,
      toIso(preview.requestedAt),
      JSON.stringify(preview.request),
      JSON.stringify(preview.result),
    ],
  );
  return rows[0]!;
}

export async function previewById(tx: Statements, draftId: string, id: string): Promise<PreviewRow | null> {
  const rows = await tx.query<PreviewRow>(
    `SELECT ${COLUMNS} FROM policy_previews WHERE tenant_id = $1 AND id = $2 AND draft_id = $3`,
    [tx.tenantId, id, draftId],
  );
  return rows[0] ?? null;
}

/** Of a draft, newest first. @param query.before id of the last one of the page before */
export async function listPreviews(
  tx: Statements,
  query: { readonly draftId: string; readonly before: string | null; readonly limit: number },
): Promise<PreviewRow[]> {
  return tx.query<PreviewRow>(
    `SELECT ${COLUMNS} FROM policy_previews
     WHERE tenant_id = $1 AND draft_id = $2 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
    [tx.tenantId, query.draftId, query.before, query.limit],
  );
}

/** Previews that are not over yet. */
export async function countOpenPreviews(tx: Statements): Promise<number> {
  const rows = await tx.query<{ n: number }>(
    `SELECT count(*) AS n FROM policy_previews WHERE tenant_id = $1 AND finished_at IS NULL`,
    [tx.tenantId],
  );
  return rows[0]!.n;
}

/** A runner that was not heard of for so long (real ms) is taken to be dead. */
export const SILENT_MS = 15_000;

/** The preview that waits longest, or whose runner is dead, is this runner's now; null: there is none. */
export async function claimPreview(tx: Statements, runner: string): Promise<ClaimedPreview | null> {
  const rows = await tx.query<ClaimedPreview>(
    `UPDATE policy_previews SET status = 'running', runner = $2, heartbeat_real = statement_timestamp(),
            started_real = coalesce(started_real, statement_timestamp())
     WHERE tenant_id = $1 AND id = (
       SELECT id FROM policy_previews
       WHERE tenant_id = $1 AND finished_at IS NULL
         AND (status = 'pending' OR heartbeat_real < statement_timestamp() - make_interval(secs => $3::real / 1000))
       ORDER BY requested_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING ${COLUMNS}, checkpoint`,
    [tx.tenantId, runner, SILENT_MS],
  );
  return rows[0] ?? null;
}

/** A line of one of its lists. */
export interface PreviewEntryRow {
  readonly part: string;
  readonly change: string;
  readonly id: string;
  readonly campaignId: string;
  readonly body: unknown;
}

/**
 * How far it is, with the lines found since; both or neither.
 * @returns false when it is not this runner's any more: it was cancelled, or somebody else goes on with it. Nothing is
 * written then.
 */
export async function savePreview(
  tx: Statements,
  of: { readonly id: string; readonly runner: string },
  state: {
    readonly progress: unknown;
    readonly checkpoint: unknown;
    readonly entries: readonly PreviewEntryRow[];
  },
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE policy_previews SET progress = $4, checkpoint = $5, heartbeat_real = statement_timestamp()
     WHERE tenant_id = $1 AND id = $2 AND runner = $3 AND status = 'running' RETURNING id`,
    [tx.tenantId, of.id, of.runner, JSON.stringify(state.progress), JSON.stringify(state.checkpoint)],
  );
  if (rows.length === 0) return false;
  if (state.entries.length > 0) {
    await tx.query(
      `INSERT INTO policy_preview_entries (tenant_id, preview_id, part, change, subject_id, campaign_id, body)
       SELECT $1, $2, e.part, e.change, e.id, e."campaignId", e.body
       FROM jsonb_to_recordset($3) AS e (part text, change text, id uuid, "campaignId" uuid, body jsonb)
       ON CONFLICT DO NOTHING`,
      [tx.tenantId, of.id, JSON.stringify(state.entries)],
    );
  }
  return true;
}

/** It is over: worked out, or not to be worked out. @returns false when it is not this runner's any more */
export async function endPreview(
  tx: Statements,
  of: { readonly id: string; readonly runner: string },
  end: {
    readonly status: 'finished' | 'failed';
    /** Laid over what is there: the sample stays. */
    readonly result: object;
    readonly failure: string | null;
    readonly at: EpochMs;
  },
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE policy_previews
     SET status = $4, result = coalesce(result, '{}') || $5, failure = $6, finished_at = $7, checkpoint = NULL,
         heartbeat_real = statement_timestamp()
     WHERE tenant_id = $1 AND id = $2 AND runner = $3 AND status = 'running' RETURNING id`,
    [tx.tenantId, of.id, of.runner, end.status, JSON.stringify(end.result), end.failure, toIso(end.at)],
  );
  return rows.length > 0;
}

/** This runner stops before it is done: the next one may go on at once. */
export async function releasePreview(
  tx: Statements,
  of: { readonly id: string; readonly runner: string },
): Promise<void> {
  await tx.query(
    `UPDATE policy_previews SET status = 'pending', runner = NULL
     WHERE tenant_id = $1 AND id = $2 AND runner = $3 AND status = 'running'`,
    [tx.tenantId, of.id, of.runner],
  );
}

/** @returns null when it is over already */
export async function cancelPreview(tx: Statements, id: string, at: EpochMs): Promise<PreviewRow | null> {
  const rows = await tx.query<PreviewRow>(
    `UPDATE policy_previews SET status = 'cancelled', finished_at = $3, checkpoint = NULL
     WHERE tenant_id = $1 AND id = $2 AND finished_at IS NULL RETURNING ${COLUMNS}`,
    [tx.tenantId, id, toIso(at)],
  );
  return rows[0] ?? null;
}

/** One list of a preview, by id. @param query.after id of the last one of the page before */
export async function listPreviewEntries(
  tx: Statements,
  query: {
    readonly previewId: string;
    readonly part: string;
    readonly change: string;
    readonly after: string | null;
    readonly limit: number;
  },
): Promise<{ readonly id: string; readonly body: unknown }[]> {
  return tx.query(
    `SELECT subject_id AS id, body FROM policy_preview_entries
     WHERE tenant_id = $1 AND preview_id = $2 AND part = $3 AND change = $4
       AND ($5::uuid IS NULL OR subject_id > $5)
     ORDER BY subject_id LIMIT $6`,
    [tx.tenantId, query.previewId, query.part, query.change, query.after, query.limit],
  );
}
