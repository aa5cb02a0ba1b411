import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CarrierSource } from '../../activities/calls/carrier-source.ts';
import { LINE_PLACES } from '../../activities/calls/line-load.ts';
import { placeCall, type PlaceCallOutcome } from '../../activities/calls/place-call.ts';
import { readPaceState } from '../../activities/pace/pace-state.ts';
import type { DialResult } from '../../carriers/port.ts';
import { noteLineAnswer, noteLineFailure, type LineRest } from '../../db/repositories/line-rests.ts';
import { fixedClock } from '../../domain/clock.ts';
import { LINE_REST_PLAN } from '../../domain/line.ts';
import { contactsToAdmit } from '../../pacing/agentless.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
const { afterFailures, restMs } = LINE_REST_PLAN;

let engine: TestEngine;
let campaignId: string;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
  campaignId = await engine.addCampaign();
  await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
});
afterAll(() => engine.close());
beforeEach(async () => {
  await engine.db.single(engine.tenantId, (st) => noteLineAnswer(st, engine.carrierId));
  load().take({ failuresInRow: 0, restsUntilReal: null });
});

const load = () => engine.carriers.peek!(engine.tenantId, engine.carrierId)!.load;
const fail = (askedMs = 0) =>
  engine.db.single(engine.tenantId, (st) => noteLineFailure(st, engine.carrierId, LINE_REST_PLAN, askedMs));
const ms = (rest: LineRest) => (rest.restsUntilReal === null ? null : rest.restsUntilReal - Date.now());
const DOWN: DialResult = {
  kind: 'rejected',
  rejection: { kind: 'transient', reason: 'status 503', retryAfterMs: null, outcome: null },
};

/** As if this rest were over. */
const wake = () =>
  engine.db.single(engine.tenantId, (st) =>
    st.query(
      `UPDATE send_pace SET rests_until_real = clock_timestamp() - interval '1 ms' WHERE tenant_id = $1`,
      [engine.tenantId],
    ),
  );

/** The engine's line, with these answers in turn, the last of them again and again. */
function answering(...answers: readonly (DialResult | Promise<DialResult>)[]) {
  let asked = 0;
  const carriers: CarrierSource = {
    ...engine.carriers,
    lineOf: async (tenantId, carrierId) => {
      const line = await engine.carriers.lineOf(tenantId, carrierId);
      const dial = async () => answers[Math.min(asked++, answers.length - 1)]!;
      return { ...line, carrier: { ...line.carrier, dial } };
    },
  };
  return { carriers, asked: () => asked };
}

async function call(carriers: CarrierSource): Promise<{ contactId: string; outcome: PlaceCallOutcome }> {
  const { contactId } = await engine.addContact(campaignId);
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [engine.tenantId, contactId],
    ),
  );
  const input = { tenantId: engine.tenantId, campaignId, contactId, admission: 1 };
  return { contactId, outcome: await placeCall({ ...engine, carriers }, input) };
}

const countOf = async (table: 'attempts' | 'decisions', contactId: string): Promise<number> => {
  const [row] = await engine.db.single(engine.tenantId, (st) =>
    st.query<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE tenant_id = $1 AND contact_id = $2`, [
      engine.tenantId,
      contactId,
    ]),
  );
  return row!.n;
};

test('a line rests after so many failures in a row, longer each time, until the carrier answers', async () => {
  for (let n = 1; n < afterFailures; n++)
    expect(await fail()).toEqual({ failuresInRow: n, restsUntilReal: null });
  for (const [i, rest] of [...restMs, restMs.at(-1)!].entries()) {
    const noted = await fail();
    expect(noted.failuresInRow).toBe(afterFailures + i);
    expect(ms(noted)).toBeGreaterThan(rest - 900);
    expect(ms(noted)).toBeLessThanOrEqual(rest + 100);
    await wake();
  }
  await engine.db.single(engine.tenantId, (st) => noteLineAnswer(st, engine.carrierId));
  expect(await fail()).toEqual({ failuresInRow: 1, restsUntilReal: null });
});

test('requests that were under way together and fail together are one failure of the line', async () => {
  for (let n = 1; n <= afterFailures; n++) await fail();
  const late = await Promise.all(Array.from({ length: 20 }, () => fail()));
  expect(new Set(late.map(({ failuresInRow }) => failuresInRow))).toEqual(new Set([afterFailures]));
});

test('a carrier that asks to be left alone is left alone at once', async () => {
  const noted = await fail(3_000);
  expect(noted.failuresInRow).toBe(1);
  expect(ms(noted)).toBeGreaterThan(2_000);
});

test('a carrier that is down costs so many contacts an attempt and no more: the rest go back without a permit', async () => {
  const { carriers, asked } = answering(DOWN);
  for (let n = 0; n < afterFailures; n++) {
    // By the campaign's own rules for carrier errors, which use up no attempt of the contact's.
    expect((await call(carriers)).outcome).toMatchObject({ kind: 'waiting', reason: 'retry.carrier_error' });
  }
  for (let n = 0; n < 3; n++) {
    const { contactId, outcome } = await call(carriers);
    expect(outcome).toMatchObject({ kind: 'waiting', reason: 'carrier.resting' });
    expect((outcome as { readyAt: number }).readyAt).toBeGreaterThan(clock.now());
    expect([await countOf('attempts', contactId), await countOf('decisions', contactId)]).toEqual([0, 0]);
  }
  expect(asked()).toBe(afterFailures);
});

test('a lost answer is a failure of the line too; a refusal of the number is not', async () => {
  await call(answering({ kind: 'unknown', reason: 'timeout' }).carriers);
  expect(load().isFailing()).toBe(true);
  const invalid: DialResult = {
    kind: 'rejected',
    rejection: { kind: 'permanent', reason: 'invalid_number', retryAfterMs: null, outcome: 'invalid_number' },
  };
  await call(answering(invalid).carriers);
  expect(load().isFailing()).toBe(false);
});

test('pacers admit nobody while a line rests, then one to try it, and all again once it has answered', async () => {
  const state = async () =>
    (await engine.db.inTenant(engine.tenantId, (tx) => readPaceState(tx, campaignId, clock.now())))!;
  const free = { admitted: 0, awaitingSend: 0, carrierCalls: 0, carrierAsking: 0 };
  for (let n = 1; n <= afterFailures; n++) await fail();
  expect((await state()).lineRestMs).toBeGreaterThan(0);
  await wake();
  const onTrial = await state();
  expect(onTrial).toMatchObject({ lineRestMs: 0, onTrial: true });
  expect(contactsToAdmit({ ...onTrial, ...free })).toBe(1);
  const accepted: DialResult = { kind: 'accepted', reference: 'r-1' };
  load().take({ failuresInRow: afterFailures, restsUntilReal: null });
  await call(answering(accepted).carriers);
  const after = await state();
  expect(after).toMatchObject({ lineRestMs: 0, onTrial: false });
  expect(contactsToAdmit({ ...after, ...free })).toBeGreaterThan(1);
});

test('permits that stand in line when the line begins to rest are let go and not used', async () => {
  const { carriers, asked } = answering(DOWN);
  let began = false;
  const beginning: CarrierSource = {
    ...carriers,
    lineOf: async (...of) => {
      const line = await carriers.lineOf(...of);
      // Another worker's failures, noted between the gate and the send.
      if (!began) line.load.take({ failuresInRow: afterFailures, restsUntilReal: Date.now() + 60_000 });
      began = true;
      return line;
    },
  };
  const { outcome } = await call(beginning);
  expect(outcome).toMatchObject({ kind: 'waiting', reason: 'attempt.abandoned' });
  expect(asked()).toBe(0);
});

test('a carrier that does not answer takes its own places and no more; who finds them taken goes back at once', async () => {
  const taken = await Promise.all(Array.from({ length: LINE_PLACES }, () => load().places.enter('other')));
  const waiting = load().places.enter('other');
  const { contactId, outcome } = await call(engine.carriers);
  expect(outcome).toMatchObject({ kind: 'waiting', reason: 'carrier.busy' });
  expect(await countOf('attempts', contactId)).toBe(0);
  for (const leave of taken) leave();
  (await waiting)();
  expect((await call(engine.carriers)).outcome).toEqual({ kind: 'pending' });
});
