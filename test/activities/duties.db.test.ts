import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyAudit } from '../../audit/verify.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { settleAttempt } from '../../activities/calls/settle.ts';
import { settlePendingEvents } from '../../activities/services/settle-events.ts';
import type { CallEnd, CarrierEvent } from '../../carriers/port.ts';
import { storeCallEvents } from '../../db/repositories/call-events.ts';
import { pageOfOwedDuties, type OwedPlace } from '../../db/repositories/owed-duties.ts';
import { insertScript } from '../../db/repositories/scripts.ts';
import { fixedClock } from '../../domain/clock.ts';
import { scriptDocumentSchema, type ScriptDocument } from '../../domain/script.ts';
import type { PolicyDocument } from '../../policies/index.ts';
import { offerScript } from '../support/script.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { hoursPack, publishDocument } from '../support/publish.ts';

/** It rings for as long as this file runs: what the calls do is told by the events below. */
const RINGING = { outcome: 'no_answer' as const, ringS: 50, setupS: 50 };
const NUMBERS = Array.from({ length: 9 }, (_, i) => `+861990000080${i}`);
const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;

/** A house rule beside the law: an unanswered call rings for at least 15 s. */
const house = hoursPack(1, '09:00-20:00') as PolicyDocument & { kind: 'pack' };
const ringPack: PolicyDocument = {
  ...house,
  rules: [
    {
      ...house.rules[0]!,
      id: 'house.ring',
      type: 'ring_minimum',
      reasonCode: 'ring.too_short',
      params: { seconds: 15 },
    },
  ],
};

beforeAll(async () => {
  engine = await createTestEngine({
    clock,
    simulator: { scenarios: Object.fromEntries(NUMBERS.map((number) => [number, RINGING])) },
  });
  await publishDocument(engine, ringPack);
});
afterAll(() => engine.close());

const END: CallEnd = {
  at: 0,
  outcome: 'answered',
  by: 'callee',
  sip: null,
  q850: null,
  vendorCode: null,
  talkS: 0,
  ringS: 5,
  disposition: null,
  synthesized: false,
};

/** A call that was placed, and then went as told. Seconds count from when it began to ring. */
async function call(
  number: string,
  went: { end: Partial<CallEnd>; endS: number; keyS?: number },
  definition: Parameters<TestEngine['addCampaign']>[0] = {},
): Promise<string> {
  const campaignId = await engine.addCampaign(definition);
  const { contactId } = await engine.addContact(campaignId, { number });
  const { tenantId } = engine;
  await engine.db.inTenant(tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [tenantId, contactId],
    ),
  );
  expect(await placeCall(engine, { tenantId, campaignId, contactId, admission: 1 })).toEqual({
    kind: 'pending',
  });
  const attemptId = `${contactId}/1`;
  const event = (
    type: CarrierEvent['type'],
    afterS: number,
    more: Partial<CarrierEvent> = {},
  ): CarrierEvent => ({
    eventId: `${attemptId}-${type}`,
    attemptId,
    reference: attemptId,
    type,
    at: WORKDAY_MORNING_CN + afterS * 1_000,
    digits: null,
    end: null,
    ...more,
  });
  const { end, endS, keyS } = went;
  const events = [
    event('ringing', 0),
    ...(keyS === undefined ? [] : [event('dtmf', keyS, { digits: '9' })]),
    event('ended', endS, { end: { ...END, at: WORKDAY_MORNING_CN + endS * 1_000, ...end } }),
  ];
  await engine.db.inTenant(tenantId, (tx) => storeCallEvents(tx, engine.carrierId, events));
  await settlePendingEvents(engine, tenantId);
  return attemptId;
}

/** A script with one version. */
async function script(declares?: ScriptDocument['declares']): Promise<{ id: string; version: number }> {
  const id = uuidv7();
  const document = scriptDocumentSchema.parse({
    ...offerScript('Good day.'),
    ...(declares === undefined ? {} : { declares }),
  });
  await engine.db.inTenant(engine.tenantId, (tx) =>
    insertScript(tx, { id, name: id }, { document, hash: 'test', by: 'test', at: clock.now() }),
  );
  return { id, version: 1 };
}

async function found(attemptId: string): Promise<string[]> {
  const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query<{ kind: string; outcome: string; code: string }>(
      `SELECT kind, outcome, why->>'code' AS code FROM duty_checks WHERE tenant_id = $1 AND attempt_id = $2 ORDER BY n`,
      [engine.tenantId, attemptId],
    ),
  );
  return rows.map(({ kind, outcome, code }) => `${kind} ${outcome} ${code}`).sort();
}

it('a call that we gave up after 3 s rang too short', async () => {
  const attempt = await call(NUMBERS[0]!, { endS: 3, end: { outcome: 'cancelled', by: 'us', ringS: 3 } });
  expect(await found(attempt)).toEqual([
    'disclose met not_answered',
    'offer_opt_out met not_answered',
    'ring_at_least breached gave_up_early',
  ]);
});

it('who pressed the key and was let go within 10 s was treated as owed; who was kept longer was not', async () => {
  const end = { talkS: 20, disposition: 'opted_out' } as const;
  const soon = await call(NUMBERS[1]!, { keyS: 16, endS: 25, end });
  expect(await found(soon)).toEqual([
    'disclose unknown undeclared',
    'offer_opt_out met ended_in_time',
    'ring_at_least met answered',
  ]);
  const late = await call(NUMBERS[2]!, { keyS: 14, endS: 25, end });
  expect(await found(late)).toEqual([
    'disclose unknown undeclared',
    'offer_opt_out breached ended_late',
    'ring_at_least met answered',
  ]);
});

it('settled again, however often, nothing is added', async () => {
  const attempt = await call(NUMBERS[3]!, { endS: 20, end: { outcome: 'no_answer', by: 'us', ringS: 20 } });
  const before = await found(attempt);
  expect(before).toEqual([
    'disclose met not_answered',
    'offer_opt_out met not_answered',
    'ring_at_least met rang_long_enough',
  ]);
  for (let again = 0; again < 2; again += 1) {
    await engine.db.inTenant(engine.tenantId, async (tx) => {
      await tx.query(`UPDATE attempts SET result = NULL WHERE tenant_id = $1 AND id = $2`, [
        tx.tenantId,
        attempt,
      ]);
      await settleAttempt(tx, clock, attempt);
    });
  }
  expect(await found(attempt)).toEqual(before);
});

it('what the script declares is seen by the decision, and the call is held to it; one that declares nothing is not known', async () => {
  const talked = { endS: 25, end: { talkS: 20, disposition: 'interested' } };
  const silent = await call(NUMBERS[4]!, talked, { script: await script() });
  expect(await found(silent)).toEqual([
    'disclose unknown undeclared',
    'offer_opt_out unknown undeclared',
    'ring_at_least met answered',
  ]);
  const discloses = ['caller_name', 'call_back_number'].map((item) => ({ item, withinS: 10 }));
  const declares = { discloses, optOut: [{ means: 'keypress' as const, endsWithinS: 5 }], aiLabel: null };
  const declaring = await call(NUMBERS[5]!, talked, { script: await script(declares) });
  expect(await found(declaring)).toEqual([
    'disclose met declared',
    'offer_opt_out met declared',
    'ring_at_least met answered',
  ]);
});

it('what calls left behind to be done later is listed once for each contact and rule, page by page, up to a due date', async () => {
  const attempt = await call(NUMBERS[6]!, { endS: 25, end: { talkS: 20, disposition: 'interested' } });
  const pages = async (limit: number, dueBefore: number | null) => {
    const rows = [];
    let after: OwedPlace | null = null;
    do {
      const asked = { dueBefore, kind: null, after, limit };
      const page: Awaited<ReturnType<typeof pageOfOwedDuties>> = await engine.db.inTenant(
        engine.tenantId,
        (tx) => pageOfOwedDuties(tx, asked),
      );
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      rows.push(...page.rows);
      after = page.next;
    } while (after !== null);
    return rows;
  };
  const all = await pages(100, null);
  expect(await pages(2, null)).toEqual(all);
  expect(
    new Set(all.map((row) => `${row.contactId} ${row.rule} ${row.kind} ${JSON.stringify(row.detail)}`)).size,
  ).toBe(all.length);
  const [first] = all.filter((row) => row.attemptId === attempt).toSorted((a, b) => a.dueAt - b.dueAt);
  expect(first!.dueAt).toBeGreaterThanOrEqual(WORKDAY_MORNING_CN);
  const due = all.filter(({ dueAt }) => dueAt <= first!.dueAt);
  expect(await pages(2, first!.dueAt + 1)).toEqual(due);
  expect(await pages(2, first!.dueAt)).toEqual(due.filter(({ dueAt }) => dueAt < first!.dueAt));
});

it('the audit finds a check that is missing, one that says otherwise, and one of a call that went otherwise', async () => {
  const audit = async () => {
    const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId });
    const { violations } = verdict.invariants.find(({ id }) => id === 'I7')!;
    return violations.filter(({ what }) => /check/.test(what)).map(({ what }) => what);
  };
  expect(await audit()).toEqual([]);
  const admin = new pg.Client({ connectionString: engine.url });
  await admin.connect();
  try {
    const one = `ctid = (SELECT ctid FROM duty_checks WHERE kind = 'ring_at_least' AND outcome = 'breached' LIMIT 1)`;
    const { rows } = await admin.query<{ attempt_id: string }>(
      `SELECT attempt_id FROM duty_checks WHERE ${one}`,
    );
    const of = [rows[0]!.attempt_id];
    await admin.query(
      `UPDATE duty_checks SET outcome = 'met' WHERE attempt_id = $1 AND kind = 'ring_at_least'`,
      of,
    );
    expect(await audit()).toEqual(['its check of ring_at_least has the outcome "met"']);
    await admin.query(
      `UPDATE duty_checks SET why = '{"code":"rang_long_enough","ringS":30,"seconds":15}',
              conduct = conduct || '{"ringS":30}' WHERE attempt_id = $1 AND kind = 'ring_at_least'`,
      of,
    );
    expect(await audit()).toEqual([expect.stringContaining('was checked as if the call had done')]);
    await admin.query(`DELETE FROM duty_checks WHERE attempt_id = $1 AND kind = 'ring_at_least'`, of);
    expect(await audit()).toEqual(['owed ring_at_least, and no check of it is stored']);
  } finally {
    await admin.end();
  }
});
