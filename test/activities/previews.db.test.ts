import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runNextPreview } from '../../activities/services/previews.ts';
import { cancelPreview, listPreviewEntries, type PreviewRow } from '../../db/repositories/policy-previews.ts';
import { fixedClock } from '../../domain/clock.ts';
import { FACTS_SCHEMA } from '../../domain/facts.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { questionOf, type PreviewRequest } from '../../gate/preview/request.ts';
import { resultOf, type PreviewResult } from '../../gate/preview/result.ts';
import { samplePreview } from '../../gate/preview/sample.ts';
import { PreviewWork, type StoredWork } from '../../gate/preview/work.ts';
import { bundledDocuments } from '../../policies/index.ts';
import { askPreview, decided, hours, promise, reread, withoutConsent } from '../gate/preview/population.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const NOW = WORKDAY_MORNING_CN;
const bundled = bundledDocuments();
const stricter = { base: bundled, candidate: [...bundled, hours('11:00-18:00')] };
const quiet = { info: () => undefined, warn: () => undefined };
const never = new AbortController().signal;

let engine: TestEngine;
let spring: string;
let past: { calledAtTen: string; denied: string };
const promised: Record<string, string> = {};

/**
 * Open contacts: in a running campaign four in China who consented, one there who did not, two in New York, where it is
 * Thursday evening; in a paused one a further in China. A draft and a campaign that is over count for nothing, but for
 * the calls of the past.
 */
beforeAll(async () => {
  engine = await createTestEngine({ clock: fixedClock(NOW) });
  spring = await engine.addCampaign({ name: 'Spring' });
  const free: Awaited<ReturnType<TestEngine['addContact']>>[] = [];
  for (let i = 0; i < 4; i++) free.push(await engine.addContact(spring));
  await engine.addContact(spring, { consent: 'none' });
  await engine.addContact(spring, { number: '+12125550101' });
  await engine.addContact(spring, { number: '+12125550102' });
  const paused = await engine.addCampaign({ name: 'Paused' });
  await engine.addContact(paused);
  const draft = await engine.addCampaign({ name: 'Draft' });
  await engine.addContact(draft);
  const over = await engine.addCampaign({ name: 'Over' });
  const [early, late, revoked] = await Promise.all([0, 1, 2].map(() => engine.addContact(over)));
  const refused = await engine.addContact(over, { consent: 'none' });
  await engine.db.inTenant(engine.tenantId, async (tx) => {
    for (const [id, status] of [
      [paused, 'paused'],
      [draft, 'draft'],
      [over, 'completed'],
    ]) {
      await tx.query('UPDATE campaigns SET status = $2 WHERE id = $1', [id, status]);
    }
  });
  // Thursday: at ten nobody could be called under the draft, at three they could.
  past = {
    calledAtTen: await decided(engine, early!.contactId, NOW - DAY_MS),
    denied: await decided(engine, refused.contactId, NOW - DAY_MS, null),
  };
  await decided(engine, late!.contactId, NOW - DAY_MS + 5 * HOUR_MS);
  await decided(engine, revoked!.contactId, NOW - DAY_MS, 'revoked');
  const of = (i: number) => ({ ...free[i]!, campaignId: spring });
  promised['lost'] = await promise(engine, of(0), NOW + 15 * MINUTE_MS, NOW + 45 * MINUTE_MS);
  promised['later'] = await promise(engine, of(1), NOW + 30 * MINUTE_MS, NOW + 2 * HOUR_MS);
  promised['kept'] = await promise(engine, of(2), NOW + 4 * HOUR_MS, NOW + 5 * HOUR_MS);
});
afterAll(() => engine.close());

const run = (signal = never) =>
  runNextPreview({ db: engine.db, clock: engine.clock, log: quiet }, engine.tenantId, signal);

async function previewed(...asked: Parameters<typeof askPreview> extends [unknown, ...infer R] ? R : never) {
  const preview = await askPreview(engine, ...asked);
  expect(await run()).toBe(true);
  const done = await reread(engine, preview);
  expect(done).toMatchObject({ status: 'finished', failure: null, finishedAt: NOW });
  return { preview: done, result: done.result as PreviewResult };
}

const changed = (changes: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(changes).filter(([, count]) => count > 0));
const entries = (preview: PreviewRow, part: string, change: string) =>
  engine.db.inTenant(engine.tenantId, (tx) =>
    listPreviewEntries(tx, { previewId: preview.id, part, change, after: null, limit: 100 }),
  );

describe('a stricter window in China', () => {
  test('contacts are counted by what becomes of them, by how much, where, and by which rule', async () => {
    const { result, preview } = await previewed(stricter);
    const { contacts } = result;
    expect(contacts.total).toBe(8);
    expect(changed(contacts.changes)).toEqual({ newly_deferred: 5, reasons: 1, unchanged: 2 });
    expect(Object.keys(contacts.moves)).toEqual(['newly_deferred']);
    expect(contacts.moves.newly_deferred).toMatchObject({
      count: 5,
      minMs: HOUR_MS,
      medianMs: HOUR_MS,
      maxMs: HOUR_MS,
    });
    expect(contacts.byCampaign.map(({ changes }) => changed(changes))).toEqual([
      { newly_deferred: 4, reasons: 1, unchanged: 2 },
      { newly_deferred: 1 },
    ]);
    expect(contacts.byJurisdiction.find((one) => one.jurisdiction === 'CN')?.changes).toMatchObject({
      newly_deferred: 5,
      reasons: 1,
    });
    expect(contacts.passages[0]).toMatchObject({
      change: 'newly_deferred',
      before: { verdict: 'allow', reason: null },
      after: { verdict: 'defer', reason: 'no.extra_hours' },
      rule: {
        pack: 'extra',
        packVersion: 1,
        id: 'extra.hours',
        citation: { instrument: 'made up for a test' },
      },
      count: 5,
    });
    const list = await entries(preview, 'contacts', 'newly_deferred');
    expect(list).toHaveLength(5);
    expect(list[0]!.body).toMatchObject({
      byMs: HOUR_MS,
      before: { verdict: 'allow', reasons: [] },
      after: { verdict: 'defer', until: NOW + HOUR_MS, reasons: ['no.extra_hours'] },
    });
  });

  test('promises that cannot be kept any more are named, and those that move', async () => {
    const { result, preview } = await previewed(stricter);
    expect(changed(result.promises.changes)).toEqual({ lost: 1, later: 1, kept: 1 });
    expect(result.promises.total).toBe(3);
    expect((await entries(preview, 'promises', 'lost')).map(({ id }) => id)).toEqual([promised['lost']]);
    expect(await entries(preview, 'promises', 'later')).toMatchObject([
      { id: promised['later'], body: { byMs: 30 * MINUTE_MS } },
    ]);
  });

  test('calls of the period that would have been illegal are counted and named, on their own facts and instants', async () => {
    const { result, preview } = await previewed(stricter, { days: 7 });
    const { calls, denials } = result.past;
    expect(calls.total).toBe(2);
    expect(calls.illegal).toBe(1);
    expect(denials).toMatchObject({ total: 1, allowed: 0 });
    expect(await entries(preview, 'calls', 'newly_deferred')).toMatchObject([
      { id: past.calledAtTen, body: { at: NOW - DAY_MS, after: { until: NOW - DAY_MS + HOUR_MS } } },
    ]);
    // What was before the period does not count.
    const shorter = await previewed(stricter, { days: 23 / 24 });
    expect(shorter.result.past.calls).toMatchObject({ total: 1, illegal: 0 });
  });

  test('one campaign alone can be asked about', async () => {
    const { result } = await previewed(stricter, { campaignId: spring });
    expect(result.contacts.total).toBe(7);
    expect(result.past.calls.total).toBe(0);
  });
});

describe('a rule that is taken away', () => {
  test('says who might be called then, and which denial of the past would have been a call', async () => {
    const { result, preview } = await previewed({ base: bundled, candidate: withoutConsent() });
    expect(changed(result.contacts.changes)).toEqual({ newly_allowed: 1, unchanged: 7 });
    expect(result.past.denials).toMatchObject({ total: 1, allowed: 1 });
    expect(result.past.calls.illegal).toBe(0);
    expect((await entries(preview, 'denials', 'newly_allowed')).map(({ id }) => id)).toEqual([past.denied]);
  });

  test('the other way round, the same contact is newly denied', async () => {
    const { result } = await previewed({ base: withoutConsent(), candidate: bundled });
    expect(changed(result.contacts.changes)).toEqual({ newly_denied: 1, unchanged: 7 });
  });

  test('hours that fall away bring contacts forward, and give a promise its place back', async () => {
    const { result } = await previewed({ base: stricter.candidate, candidate: bundled });
    expect(changed(result.contacts.changes)).toEqual({ earlier: 5, reasons: 1, unchanged: 2 });
    expect(changed(result.promises.changes)).toEqual({ regained: 1, earlier: 1, kept: 1 });
  });
});

test('sets that are the same change nothing', async () => {
  const { result } = await previewed({ base: bundled, candidate: bundled });
  expect(changed(result.contacts.changes)).toEqual({ unchanged: 8 });
  expect(changed(result.promises.changes)).toEqual({ kept: 3 });
  expect(result.past.calls.illegal).toBe(0);
  expect(result.lists).toEqual([]);
});

test("facts in an older form are counted, and not read as if they were today's", async () => {
  const setSchema = (schema: string) =>
    asOwner(`UPDATE decisions SET facts = jsonb_set(facts, '{schema}', to_jsonb($2::text)) WHERE id = $1`, [
      past.calledAtTen,
      schema,
    ]);
  await setSchema('rightcall.facts/1');
  try {
    const { result } = await previewed(stricter, { days: 7 });
    expect(result.past).toMatchObject({ calls: { total: 1, illegal: 0 }, skipped: { olderFacts: 1 } });
  } finally {
    await setSchema(FACTS_SCHEMA);
  }
});

test('a sample of all of them says what the whole says, exactly', async () => {
  const { preview, result } = await previewed(stricter);
  const sample = await engine.db.inTenant(engine.tenantId, async (tx) =>
    samplePreview(tx, await questionOf(tx, preview, preview.request as PreviewRequest), {
      size: 100,
      forMs: 60_000,
    }),
  );
  expect(sample).toMatchObject({ total: 8, evaluated: 8, exact: true });
  for (const [kind, { count, low, high }] of Object.entries(sample.changes)) {
    expect([kind, count, low, high]).toEqual([
      kind,
      ...Array<number>(3).fill(result.contacts.changes[kind as keyof typeof result.contacts.changes]),
    ]);
  }
});

test('in whatever parts it is done, and stored between them, the result is the same', async () => {
  const { preview, result } = await previewed(stricter);
  const { db, tenantId } = engine;
  const request = preview.request as PreviewRequest;
  const question = await db.inTenant(tenantId, (tx) => questionOf(tx, preview, request));
  let work = await db.inTenant(tenantId, (tx) => PreviewWork.begin(tx, question));
  for (let over = false; !over;) {
    over = true;
    for await (const _ of work.steps(db, tenantId, { contacts: 2, promises: 1, past: 1 })) {
      over = false;
      break;
    }
    work = PreviewWork.from(question, JSON.parse(JSON.stringify(work)) as StoredWork);
  }
  expect(JSON.parse(JSON.stringify(resultOf(work, request.past)))).toEqual(result);
});

describe('who works it out', () => {
  test('nothing is done where nothing was asked', async () => {
    expect(await run()).toBe(false);
  });

  test('one that was cancelled is left alone, also by whoever is at it', async () => {
    const preview = await askPreview(engine, stricter);
    const cancel = () => engine.db.inTenant(engine.tenantId, (tx) => cancelPreview(tx, preview.id, NOW));
    // Cancelled once it is under way: as soon as its first reading has been written down.
    const stop = cancelOnFirstSave(cancel);
    await runNextPreview({ db: stop, clock: engine.clock, log: quiet }, engine.tenantId, never);
    const done = await reread(engine, preview);
    expect(done.status).toBe('cancelled');
    expect(done.result).toEqual({});
    expect(await run()).toBe(false);
    expect(await cancel()).toBeNull();
  });

  test('one that a dead process left behind goes on from what it had written down', async () => {
    const whole = await previewed(stricter);
    const preview = await askPreview(engine, stricter);
    const died = dieAfterSaves(1);
    await expect(
      runNextPreview({ db: died, clock: engine.clock, log: quiet }, engine.tenantId, never),
    ).rejects.toThrow('terminating connection');
    expect((await reread(engine, preview)).status).toBe('running');
    // Somebody else's, as long as it was heard of lately.
    expect(await run()).toBe(false);
    await engine.db.inTenant(engine.tenantId, (tx) =>
      tx.query(`UPDATE policy_previews SET heartbeat_real = now() - interval '20 seconds' WHERE id = $1`, [
        preview.id,
      ]),
    );
    expect(await run()).toBe(true);
    const done = await reread(engine, preview);
    expect(done.status).toBe('finished');
    expect(done.result).toEqual(whole.preview.result);
    for (const { part, change, listed } of whole.result.lists) {
      expect(await entries(preview, part, change)).toHaveLength(listed);
    }
  });

  test('a worker that stops hands it over at once', async () => {
    const preview = await askPreview(engine, stricter);
    const stopping = new AbortController();
    stopping.abort();
    await run(stopping.signal);
    expect((await reread(engine, preview)).status).toBe('pending');
    expect(await run()).toBe(true);
    expect((await reread(engine, preview)).status).toBe('finished');
  });

  test('one that cannot be worked out fails with the reason, and is not tried for ever', async () => {
    const preview = await askPreview(engine, stricter);
    await engine.db.inTenant(engine.tenantId, (tx) =>
      tx.query(`UPDATE policy_previews SET candidate_hash = 'gone' WHERE id = $1`, [preview.id]),
    );
    expect(await run()).toBe(true);
    expect(await reread(engine, preview)).toMatchObject({
      status: 'failed',
      failure: 'the policy set gone is not stored whole',
    });
    expect(await run()).toBe(false);
  });
});

/** As the database's owner, who may change what the engine may not. */
async function asOwner(text: string, values: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: engine.url });
  await client.connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
}

/** The database, but for a word after the first time that progress was written down. */
function cancelOnFirstSave(then: () => Promise<unknown>): TestEngine['db'] {
  let saved = false;
  return watching(async (text) => {
    if (saved || !text.includes('SET progress')) return;
    saved = true;
    await then();
  });
}

/** The database as a process sees it that is killed: after so many writings nothing comes back any more. */
function dieAfterSaves(saves: number): TestEngine['db'] {
  let left = saves;
  return watching(async (text) => {
    if (text.includes('SET progress')) left -= 1;
    if (left >= 0) return;
    throw Object.assign(new Error('terminating connection'), { code: '57P01' });
  });
}

function watching(before: (text: string) => Promise<void>): TestEngine['db'] {
  return {
    ...engine.db,
    inTenant: (tenantId, work) =>
      engine.db.inTenant(tenantId, (tx) =>
        work({
          ...tx,
          orm: tx.orm,
          query: async (text, values) => {
            await before(text);
            return tx.query(text, values);
          },
        }),
      ),
  };
}
