import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { applyCallEvents, type StoredCallEvent } from '../../activities/calls/events.ts';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { expire, placeCall } from '../../activities/calls/place-call.ts';
import { sendCall } from '../../activities/calls/send.ts';
import { beginSend } from '../../db/repositories/attempts.ts';
import { readStanding } from '../../cli/worker/gauges.ts';
import { stopDialling } from '../../db/stop.ts';
import { showNearMisses } from '../../db/telemetry.ts';
import { fixedClock } from '../../domain/clock.ts';
import { NEAR_MISSES, type NearMiss } from '../../domain/near-misses.ts';
import { startMetrics, type Metrics } from '../../runtime/telemetry/metrics.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
let metrics: Metrics;

beforeAll(async () => {
  metrics = startMetrics({ name: 'test', version: '0' });
  showNearMisses();
  engine = await createTestEngine({ clock });
});
afterAll(async () => {
  await engine.close();
  await metrics.stop();
});
afterEach(() => setFaults(''));

async function counted(kind: NearMiss): Promise<number> {
  const { invariant } = NEAR_MISSES[kind];
  const text = await metrics.text();
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`rightcall_near_misses_total{invariant="${invariant}",kind="${kind}"}`));
  return Number(line?.split(' ')[1] ?? NaN);
}

/** What `work` added to the near misses, by kind. */
async function missesOf(work: () => Promise<unknown>): Promise<Partial<Record<NearMiss, number>>> {
  const all = async () =>
    Promise.all(
      Object.keys(NEAR_MISSES).map(async (kind) => [kind, await counted(kind as NearMiss)] as const),
    );
  const before = Object.fromEntries(await all());
  await work();
  return Object.fromEntries(
    (await all()).flatMap(([kind, n]) => (n === before[kind] ? [] : [[kind, n - before[kind]!]])),
  );
}

async function setFaults(spec: string): Promise<void> {
  const [carrier] = await sql<{ url: string }>(
    `SELECT config->>'baseUrl' AS url FROM carriers WHERE tenant_id = $1`,
  );
  const response = await fetch(`${carrier!.url}/v1/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ spec }),
  });
  expect(response.ok).toBe(true);
}

const sql = <T extends object>(text: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(text, [engine.tenantId, ...values]));

async function admitted() {
  const campaignId = await engine.addCampaign({ purpose: 'service' });
  const { contactId, personId } = await engine.addContact(campaignId);
  await sql(
    `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
  return { tenantId: engine.tenantId, campaignId, contactId, personId, admission: 1 };
}

async function permitted() {
  const input = await admitted();
  const claim = await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, input));
  if (claim.kind !== 'permit') throw new Error('no permit');
  return { ...input, permit: claim.permit };
}

const send = (permit: Parameters<typeof sendCall>[2]) => () => sendCall(engine, engine.tenantId, permit);
const stopPerson = (personId: string) =>
  stopDialling(
    engine.db,
    clock,
    { tenantId: engine.tenantId, kind: 'withdrawal', scope: 'person', targetId: personId, by: 'test' },
    async () => undefined,
  );

describe('a permit that no longer holds is counted by its cause', () => {
  it('I1: taken back by a stop', async () => {
    const { permit, personId } = await permitted();
    await stopPerson(personId);
    expect(await missesOf(send(permit))).toEqual({ permit_revoked: 1 });
  });

  it('I1: run out, whether or not somebody has given it up', async () => {
    const { permit } = await permitted();
    await sql(
      `UPDATE attempts SET lease_until_real = now() WHERE tenant_id = $1 AND id = $2`,
      permit.attemptId,
    );
    expect(await missesOf(send(permit))).toEqual({ permit_lease_over: 1 });

    const other = await permitted();
    const { attemptId } = other.permit;
    await sql(`UPDATE attempts SET lease_until_real = now() WHERE tenant_id = $1 AND id = $2`, attemptId);
    const giveUp = () => engine.db.inTenant(engine.tenantId, (tx) => expire(tx, engine, attemptId));
    expect(await missesOf(giveUp)).toEqual({ lease_expired: 1 });
    expect(await missesOf(giveUp)).toEqual({});
    expect(await missesOf(send(other.permit))).toEqual({ permit_lease_over: 1 });
  });

  it('I1: used by somebody else', async () => {
    const { permit } = await permitted();
    await engine.db.inTenant(engine.tenantId, (tx) => beginSend(tx, permit, clock.now(), 2_000));
    expect(await missesOf(send(permit))).toEqual({ permit_gone: 1 });
  });

  it('I4: its window has closed', async () => {
    const { permit } = await permitted();
    expect(await missesOf(send({ ...permit, sendBefore: clock.now() }))).toEqual({ window_closed: 1 });
  });

  it('I4: the clock went back since the decision, so that nobody knows whether its window is open', async () => {
    const { permit } = await permitted();
    const before = { ...engine, clock: fixedClock(clock.now() - 1) };
    expect(await missesOf(() => sendCall(before, engine.tenantId, permit))).toEqual({ clock_went_back: 1 });
  });

  it('and one that holds is no near miss', async () => {
    const { permit } = await permitted();
    expect(await missesOf(send(permit))).toEqual({});
  });
});

describe('what only the carrier can say', () => {
  it('I10: an answer that was lost', async () => {
    const { permit } = await permitted();
    await setFaults('lost-answer=1');
    expect(await missesOf(send(permit))).toEqual({ answer_lost: 1 });
  });

  it('I10: a send that was not recorded within its lease', async () => {
    const { permit } = await permitted();
    await engine.db.inTenant(engine.tenantId, (tx) => beginSend(tx, permit, clock.now(), 0));
    const giveUp = () => engine.db.inTenant(engine.tenantId, (tx) => expire(tx, engine, permit.attemptId));
    expect(await missesOf(giveUp)).toEqual({ send_lease_expired: 1 });
  });

  it('I2: a placeCall run again finds its attempt, and a carrier that had it already says so', async () => {
    const input = await admitted();
    expect(await missesOf(() => placeCall(engine, input))).toEqual({});
    expect(await missesOf(() => placeCall(engine, input))).toEqual({ place_call_repeated: 1 });

    const { permit } = await permitted();
    await send(permit)();
    // As no code of ours does: the row is put back, and the same attempt is sent again.
    await sql(
      `UPDATE attempts SET state = 'claimed', lease_until_real = now() + interval '1 minute' WHERE tenant_id = $1 AND id = $2`,
      permit.attemptId,
    );
    expect(await missesOf(send(permit))).toEqual({ dial_duplicate: 1 });
  });
});

describe('a stop', () => {
  it('I3: that meets a request on its way waits for it, and the call that comes of it is hung up', async () => {
    const { permit, personId } = await permitted();
    await setFaults('slow=1:300');
    const misses = await missesOf(async () => {
      const sending = send(permit)();
      for (;;) {
        const [row] = await sql<{ state: string }>(
          'SELECT state FROM attempts WHERE tenant_id = $1 AND id = $2',
          permit.attemptId,
        );
        if (row!.state === 'sending') break;
      }
      await Promise.all([sending, stopPerson(personId)]);
    });
    expect(misses).toEqual({ stop_waited: 1, sent_before_stop: 1 });
  });

  it('is measured by kind, scope and whether calls were in flight', async () => {
    const { personId } = await permitted();
    await stopPerson(personId);
    expect(await metrics.text()).toMatch(
      /rightcall_stop_duration_seconds_count\{kind="withdrawal",scope="person",in_flight="false"\} [1-9]/,
    );
  });
});

describe("a carrier's event", () => {
  const told = (attemptId: string, type: 'ringing' | 'ended'): StoredCallEvent => ({
    id: 1,
    carrierId: engine.carrierId,
    attemptId,
    type,
    at: clock.now(),
    payload: {
      reference: 'c-1',
      digits: null,
      end:
        type === 'ringing'
          ? null
          : {
              at: clock.now(),
              outcome: 'no_answer',
              by: 'carrier',
              sip: null,
              q850: null,
              vendorCode: null,
              talkS: 0,
              ringS: 1,
              disposition: null,
              synthesized: false,
            },
    },
  });
  const apply = (...events: StoredCallEvent[]) =>
    missesOf(() =>
      engine.db.inTenant(engine.tenantId, (tx) => applyCallEvents(tx, clock, events[0]!.attemptId, events)),
    );

  it('I1: of an attempt that is not on record', async () => {
    const { contactId } = await admitted();
    expect(await apply(told(`${contactId}/7`, 'ringing'))).toEqual({ event_of_unknown_attempt: 1 });
  });

  it('I1: of an attempt that was taken back', async () => {
    const { permit, personId } = await permitted();
    await stopPerson(personId);
    expect(await apply(told(permit.attemptId, 'ringing'))).toEqual({ call_unexpected: 1 });
  });

  it('I10: after the end of its call', async () => {
    const { permit } = await permitted();
    await send(permit)();
    expect(await apply(told(permit.attemptId, 'ringing'), told(permit.attemptId, 'ended'))).toEqual({});
    expect(await apply(told(permit.attemptId, 'ringing'))).toEqual({ event_after_end: 1 });
  });
});

describe('the gate', () => {
  it('I5: leaves a person alone who is being called', async () => {
    const { personId, permit } = await permitted();
    const campaignId = await engine.addCampaign({ purpose: 'service' });
    const { contactId } = await engine.addContact(campaignId, { personId });
    await sql(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      contactId,
    );
    expect(permit.attemptId).not.toContain(contactId);
    expect(
      await missesOf(() =>
        placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission: 1 }),
      ),
    ).toEqual({ person_on_call: 1 });
  });
});

describe('the gauges of the work', () => {
  const standing = () => engine.db.inTenant(engine.tenantId, (tx) => readStanding(tx, clock, false));

  it('I10: tell how long the carrier has not said what became of an attempt', async () => {
    const { permit } = await permitted();
    await sql(
      `UPDATE attempts SET state = 'unknown', sending_real = now() - interval '90 seconds' WHERE tenant_id = $1 AND id = $2`,
      permit.attemptId,
    );
    expect((await standing()).unknownOldestS).toBeGreaterThanOrEqual(90);
    expect((await standing()).unknownOldestS).toBeLessThan(120);
    await sql(`UPDATE attempts SET state = 'abandoned' WHERE tenant_id = $1 AND state = 'unknown'`);
    expect((await standing()).unknownOldestS).toBe(0);
  });

  it('I3: tell of stops that nobody was told of', async () => {
    const { personId } = await permitted();
    const { stopId } = await stopPerson(personId);
    expect((await standing()).stopsUnacknowledged).toBe(0);
    await sql(
      `UPDATE stop_requests SET acknowledged_real = NULL, committed_real = now() - interval '11 seconds'
       WHERE tenant_id = $1 AND id = $2`,
      stopId,
    );
    expect((await standing()).stopsUnacknowledged).toBe(1);
  });
});

describe('the database', () => {
  it("I12: refuses a row of another tenant's, and it is counted however it was written", async () => {
    const other = '00000000-0000-4000-8000-000000000000';
    const write = () =>
      engine.db.inTenant(engine.tenantId, (tx) =>
        tx.query(
          `INSERT INTO stop_requests (tenant_id, id, kind, scope, at, requested_real, committed_real, revoked,
                    in_flight, requested_by, detail)
                  VALUES ($1, gen_random_uuid(), 'stop', 'tenant', now(), now(), now(), 0, 0, 'x', '{}')`,
          [other],
        ),
      );
    expect(await missesOf(() => expect(write()).rejects.toThrow(/row-level security/))).toEqual({
      row_refused: 1,
    });
    // Evidence is not the engine's to change.
    const change = () => engine.db.single(engine.tenantId, (tx) => tx.query('DELETE FROM decisions'));
    expect(await missesOf(() => expect(change()).rejects.toThrow(/permission denied/))).toEqual({
      row_refused: 1,
    });
  });
});
