import { randomUUID } from 'node:crypto';
import { checkDraft } from '../../api/actions/policy-check.ts';
import { approveDraft, createDraft } from '../../api/actions/policy-drafts.ts';
import { publishDraft, type Publication } from '../../api/actions/policy-publication.ts';
import type { Database } from '../../db/client.ts';
import type { Clock } from '../../domain/clock.ts';
import type { EpochMs } from '../../domain/time.ts';
import {
  bundledDocuments,
  compilePolicySet,
  documentKey,
  toStored,
  type PolicyDocument,
} from '../../policies/index.ts';

/** A house pack of one rule: China may be called within these hours. */
export function hoursPack(version: number, hours: string): PolicyDocument {
  return {
    kind: 'pack',
    id: 'house-hours',
    version,
    title: 'Hours for tests',
    authority: 'house',
    rules: [
      {
        id: 'house.hours',
        version,
        type: 'calling_window',
        label: `China ${hours}`,
        jurisdiction: ['CN'],
        strength: 'house',
        citation: { instrument: 'House policy', article: null, url: null, checkedOn: '2026-03-01' },
        confidence: 'P',
        reasonCode: 'window.closed',
        params: { windows: { daily: [hours] } },
      },
    ],
  };
}

/** Through draft, check, a preview taken as finished, and the approval of somebody else, into force. */
export async function publishDocument(
  on: { readonly db: Database; readonly clock: Clock; readonly tenantId: string },
  document: PolicyDocument,
  effectiveAt: EpochMs | null = null,
): Promise<Publication> {
  const { db, clock, tenantId } = on;
  const documents = bundledDocuments();
  const shipped = { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
  const deps = { db, clock, defaultPolicySet: () => shipped };
  const [author, reviewer] = ['key:author', 'key:reviewer'].map((by) => ({ by, requestId: null })) as [
    { by: string; requestId: null },
    { by: string; requestId: null },
  ];
  const { kind, id } = document;
  const draft = await db.inTenant(tenantId, (tx) =>
    createDraft(tx, deps, author, {
      title: documentKey(document),
      note: null,
      changes: [{ action: 'put', kind, id, document }],
      cases: [],
      accepted: [],
      fromSet: null,
    }),
  );
  const named = { draftId: draft.id, revision: 1, note: null, may: () => true };
  const { check } = await checkDraft(deps, { ...author, ...named, tenantId });
  if (!check.passed) throw new Error(JSON.stringify(check.result));
  await db.inTenant(tenantId, async (tx) => {
    await tx.query(
      `INSERT INTO policy_previews (tenant_id, id, draft_id, draft_revision, candidate_hash, base_hash, status,
                                    requested_by, requested_at, request, finished_at)
       SELECT tenant_id, $3, id, 1, candidate_hash, base_hash, 'finished', 'test', now(), '{}', now()
       FROM policy_drafts WHERE tenant_id = $1 AND id = $2`,
      [tenantId, draft.id, randomUUID()],
    );
    await approveDraft(tx, deps, { ...reviewer, ...named });
  });
  return publishDraft(deps, { ...reviewer, ...named, tenantId, effectiveAt });
}
