import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database, type Tx } from '../../db/client.ts';
import {
  draftById,
  finishedPreviewOf,
  insertDraft,
  insertReview,
  listDrafts,
  lockDraft,
  rewriteDraft,
  setDraftStatus,
} from '../../db/repositories/policy-drafts.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const AT = Date.parse('2026-11-27T08:00:00Z');
const CONTENT = { title: 'Stricter evenings', note: null, changes: [], cases: [], accepted: [] };

let database: TestDatabase;
let db: Database;
let tenantId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url);
});
beforeEach(async () => {
  tenantId = await ensureTenant(db, { slug: randomUUID(), name: 'Drafts' });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => db.inTenant(tenantId, work);

async function newDraft() {
  return inTenant((tx) =>
    insertDraft(tx, { ...CONTENT, id: randomUUID(), baseHash: 'base', by: 'key:ann', at: AT }),
  );
}

async function preview(draftId: string, revision: number, candidate: string, status = 'finished') {
  await inTenant((tx) =>
    tx.query(
      `INSERT INTO policy_previews (tenant_id, id, draft_id, draft_revision, candidate_hash, base_hash, status,
                                    requested_by, requested_at, request)
       VALUES ($1, $2, $3, $4, $5, 'base', $6, 'key:ann', now(), '{}')`,
      [tenantId, randomUUID(), draftId, revision, candidate, status],
    ),
  );
}

test('a checked draft is previewed once a preview of exactly that revision and set has finished', async () => {
  const draft = await newDraft();
  await inTenant((tx) => setDraftStatus(tx, draft, { status: 'checked', candidateHash: 'c1', at: AT }));
  await preview(draft.id, 1, 'c1', 'running');
  await preview(draft.id, 1, 'other');
  await preview(draft.id, 2, 'c1');
  expect((await inTenant((tx) => draftById(tx, draft.id)))!.status).toBe('checked');
  expect(await inTenant((tx) => finishedPreviewOf(tx, draft.id, 1))).toBeNull();
  await preview(draft.id, 1, 'c1');
  expect((await inTenant((tx) => draftById(tx, draft.id)))!.status).toBe('previewed');
  expect(await inTenant((tx) => finishedPreviewOf(tx, draft.id, 1))).not.toBeNull();
  const listed = (status: 'checked' | 'previewed') =>
    inTenant((tx) => listDrafts(tx, { status, before: null, limit: 10 }));
  expect(await listed('checked')).toEqual([]);
  expect((await listed('previewed')).map(({ id }) => id)).toEqual([draft.id]);
});

test('writing a draft anew leaves its check and preview behind, and keeps everyone who wrote a part of it', async () => {
  const draft = await newDraft();
  await inTenant((tx) => setDraftStatus(tx, draft, { status: 'checked', candidateHash: 'c1', at: AT }));
  await preview(draft.id, 1, 'c1');
  const written = await inTenant(async (tx) =>
    rewriteDraft(tx, (await lockDraft(tx, draft.id))!, {
      ...CONTENT,
      title: 'Stricter still',
      baseHash: 'base',
      by: 'key:ben',
      at: AT,
    }),
  );
  expect(written).toMatchObject({
    status: 'draft',
    revision: 2,
    candidateHash: null,
    previewId: null,
    authors: ['key:ann', 'key:ben'],
  });
  expect(await inTenant((tx) => finishedPreviewOf(tx, draft.id, 2))).toBeNull();
});

test('nobody approves a revision twice, not even at once', async () => {
  const draft = await newDraft();
  const review = () =>
    inTenant((tx) =>
      insertReview(tx, {
        draftId: draft.id,
        draftRevision: 1,
        candidateHash: 'c1',
        verdict: 'approved',
        note: null,
        reviewedBy: 'key:cy',
        reviewedAt: AT,
      }),
    );
  const results = await Promise.allSettled([review(), review()]);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('checks, reviews and cancellations are never changed or removed by the engine', async () => {
  for (const table of ['policy_checks', 'policy_reviews', 'policy_cancellations']) {
    for (const statement of [`DELETE FROM ${table}`, `UPDATE ${table} SET tenant_id = tenant_id`]) {
      await expect(
        inTenant((tx) => tx.query(statement)),
        statement,
      ).rejects.toThrow(/permission denied/);
    }
  }
});
