import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// Before all that makes schemas: they learn to describe themselves when the API is loaded.
import { addCampaign, addCarrier, createRig, NOW, type Rig } from './rig.ts';
import { runNextPreview } from '../../activities/services/previews.ts';
import { finishedPreviewOf } from '../../db/repositories/policy-drafts.ts';
import type { PreviewJson } from '../../api/routes/policies/preview-schemas.ts';
import { housePack, rule } from '../policies/support.ts';
import { addWaiting } from './waiting.ts';

const HOUR = 3_600_000;
let rig: Rig;
let campaignId: string;
/** In China it is ten o'clock: two who consented wait, and one who did not; one waits in New York, where it is night. */
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
  for (const number of ['+8619900000101', '+8619900000102']) await addWaiting(rig, { campaignId, number });
  await addWaiting(rig, { campaignId, number: '+8619900000103', consent: false });
  await addWaiting(rig, { campaignId, number: '+12125550104' });
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(`UPDATE campaigns SET status = 'running' WHERE id = $1`, [campaignId]),
  );
});
afterAll(() => rig.close());

let made = 0;
/** A draft that lets nobody in China be called before eleven, checked. */
async function draft(): Promise<string> {
  made += 1;
  const hours = rule(
    `quiet.mornings-${made}`,
    'calling_window',
    { windows: { daily: ['11:00-18:00'] } },
    {
      label: 'Quiet mornings 上午不打扰',
      jurisdiction: ['CN'],
      citation: { instrument: 'House policy', article: '3', url: null, checkedOn: '2026-03-01' },
    },
  );
  const answer = await rig.call('POST', '/v1/policies/drafts', {
    title: 'Quiet mornings',
    put: [housePack([hours], `quiet-${made}`)],
  });
  const { id } = answer.body;
  const checked = await rig.call('POST', `/v1/policies/drafts/${id}/check`, undefined, { 'If-Match': '"1"' });
  expect(checked.body, JSON.stringify(checked.body)).toMatchObject({ check: { passed: true } });
  return id;
}
const path = (draftId: string, more = '') => `/v1/policies/drafts/${draftId}/previews${more}`;

async function begin(draftId: string, body: object = {}): Promise<PreviewJson> {
  const answer = await rig.call('POST', path(draftId), body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body as unknown as PreviewJson;
}
async function read(draftId: string, id: string, language = 'en'): Promise<PreviewJson> {
  const answer = await rig.call('GET', path(draftId, `/${id}`), undefined, { 'Accept-Language': language });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as unknown as PreviewJson;
}
const quiet = { info: () => undefined, warn: () => undefined };
const work = () =>
  runNextPreview({ db: rig.db, clock: rig.clock, log: quiet }, rig.tenantId, new AbortController().signal);

describe('a preview', () => {
  test('answers at once by a sample, is worked out in the background, and says it in two languages', async () => {
    const draftId = await draft();
    const begun = await begin(draftId);
    expect(begun).toMatchObject({
      draftId,
      draftRevision: 1,
      status: 'pending',
      result: null,
      progress: null,
      request: { campaignId: null, at: new Date(NOW).toISOString() },
      sample: { total: 4, evaluated: 4, exact: true },
    });
    expect(begun.sample!.changes.newly_deferred).toEqual({ count: 2, low: 2, high: 2 });
    expect(begun.summary).toEqual([
      'Of 4 open contacts: 2 might be called now and would have to wait by 1 h; 1 for other reasons, with the same outcome',
    ]);

    expect(await work()).toBe(true);
    const done = await read(draftId, begun.id);
    expect(done).toMatchObject({
      status: 'finished',
      progress: { phase: 'done', done: 4, total: 4 },
      result: { contacts: { total: 4, changes: { newly_deferred: 2, reasons: 1, unchanged: 1 } } },
    });
    expect(done.result!.contacts.byCampaign).toMatchObject([{ campaignId, name: 'Spring offer' }]);
    expect(done.summary).toEqual([
      ...begun.summary,
      `2 by Quiet mornings 上午不打扰 (quiet-${made} 1, quiet.mornings-${made})`,
      'Of 0 calls in 30 days, 0 would have been illegal under it.',
    ]);
    expect((await read(draftId, begun.id, 'zh-CN')).summary[0]).toBe(
      '在 4 个待呼叫的客户中： 2 原可立即呼叫，将须推迟 1 小时；1 结果相同而理由不同',
    );
    const draftNow = await rig.call('GET', `/v1/policies/drafts/${draftId}`);
    expect(draftNow.body).toMatchObject({ status: 'previewed', previewId: begun.id });
  });

  test('lists whom it concerns page by page, with before and after', async () => {
    const draftId = await draft();
    const { id } = await begin(draftId);
    await work();
    const page = await rig.call('GET', path(draftId, `/${id}/entries?change=newly_deferred&limit=1`));
    expect(page.body).toMatchObject({
      items: [
        {
          campaignId,
          change: 'newly_deferred',
          byMs: HOUR,
          before: { verdict: 'allow', reasons: [] },
          after: {
            verdict: 'defer',
            until: new Date(NOW + HOUR).toISOString(),
            rule: { pack: `quiet-${made}`, packVersion: 1, citation: { article: '3' } },
          },
        },
      ],
    });
    const { next } = page.body as unknown as { next: string };
    const rest = await rig.call(
      'GET',
      path(draftId, `/${id}/entries?change=newly_deferred&limit=1&after=${encodeURIComponent(next)}`),
    );
    const ids = [page, rest].map(({ body }) => (body as unknown as { items: { id: string }[] }).items[0]!.id);
    expect(new Set(ids).size).toBe(2);
    expect(rest.body).toMatchObject({ next: null });
    const none = await rig.call('GET', path(draftId, `/${id}/entries?part=calls&change=newly_denied`));
    expect(none.body).toEqual({ items: [], next: null });
  });

  test('stays with the revision that it was asked of, though the draft is edited while it runs', async () => {
    const draftId = await draft();
    const { id } = await begin(draftId);
    const edited = await rig.call(
      'PATCH',
      `/v1/policies/drafts/${draftId}`,
      { title: 'Quieter still', undo: [`pack/quiet-${made}`], put: [housePack([], 'nothing')] },
      { 'If-Match': '"1"' },
    );
    expect(edited.status, JSON.stringify(edited.body)).toBe(200);
    await work();
    expect(await read(draftId, id)).toMatchObject({
      status: 'finished',
      draftRevision: 1,
      result: { contacts: { changes: { newly_deferred: 2 } } },
    });
    const draftNow = await rig.call('GET', `/v1/policies/drafts/${draftId}`);
    expect(draftNow.body).toMatchObject({ status: 'draft', revision: 2, previewId: null });
    await rig.db.inTenant(rig.tenantId, async (tx) =>
      expect(await finishedPreviewOf(tx, draftId, 2)).toBeNull(),
    );
  });

  test('of one campaign alone does not make a draft previewed', async () => {
    const draftId = await draft();
    const { id } = await begin(draftId, { campaignId, days: 7 });
    await work();
    expect(await read(draftId, id)).toMatchObject({ status: 'finished', request: { campaignId } });
    expect((await rig.call('GET', `/v1/policies/drafts/${draftId}`)).body).toMatchObject({
      status: 'checked',
    });
  });

  test('is cancelled once, and recorded with who asked and who cancelled', async () => {
    const draftId = await draft();
    const { id } = await begin(draftId);
    const cancel = () => rig.call('POST', path(draftId, `/${id}/cancel`));
    expect((await cancel()).body).toMatchObject({ id, status: 'cancelled' });
    expect(await work()).toBe(false);
    expect(await cancel()).toMatchObject({ status: 409, body: { detail: 'the preview is cancelled' } });
    const list = await rig.call('GET', path(draftId));
    expect(list.body).toMatchObject({ items: [{ id, status: 'cancelled' }], next: null });
    const changes = await rig.call('GET', `/v1/changes?resource=policy_preview&resourceId=${id}`);
    expect(
      (changes.body as unknown as { items: { action: string }[] }).items.map(({ action }) => action),
    ).toEqual(['cancelPolicyPreview', 'previewPolicyDraft']);
  });
});

describe('refusals', () => {
  test('a draft that is not checked, is closed, or is not there', async () => {
    const { body } = await rig.call('POST', '/v1/policies/drafts', {
      title: 'Unchecked',
      put: [housePack([], 'unchecked')],
    });
    expect(await rig.call('POST', path(body.id), {})).toMatchObject({
      status: 409,
      body: { detail: 'the draft has not passed its check; check it first' },
    });
    await rig.call('POST', `/v1/policies/drafts/${body.id}/withdraw`, {}, { 'If-Match': '"1"' });
    expect((await rig.call('POST', path(body.id), {})).body.detail).toBe('the draft is withdrawn');
    const draftId = await draft();
    const other = await rig.callOther('POST', path(draftId), {});
    expect([other.status, other.body.detail]).toEqual([404, 'the draft was not found']);
  });

  test.each([
    ['an instant gone by', { at: '2026-03-01T00:00:00Z' }, 'at'],
    ['days that are none', { days: -1 }, 'days'],
    ['an unknown field', { campaign: 'x' }, 'campaign'],
  ])('%s', async (_what, body, field) => {
    const answer = await rig.call('POST', path(await draft()), body);
    expect([answer.status, answer.body.faults[0]?.field]).toEqual([400, field]);
  });

  test('who may read may not ask', async () => {
    const draftId = await draft();
    expect((await rig.callAs('auditor', 'POST', path(draftId), {})).status).toBe(403);
    expect((await rig.callAs('auditor', 'GET', path(draftId))).status).toBe(200);
    expect((await rig.callAs('manager', 'POST', path(draftId), {})).status).toBe(202);
    await work();
  });

  test('more than five at a time', async () => {
    const draftId = await draft();
    for (let i = 0; i < 5; i++) await begin(draftId);
    expect(await rig.call('POST', path(draftId), {})).toMatchObject({
      status: 409,
      body: { detail: '5 previews are under way; wait for one, or cancel it' },
    });
    for (let i = 0; i < 5; i++) expect(await work()).toBe(true);
  });
});
