import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLineLoad } from '../../activities/calls/line-load.ts';
import type { CarrierSource } from '../../activities/calls/carrier-source.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { claimAttempt } from '../../activities/calls/claim.ts';
import {
  carryOutHangups,
  retellAdmissions,
  sweepAttempts,
  sweepSilentCalls,
} from '../../activities/services/sweep.ts';
import { reportResults } from '../../activities/services/tell-workflows.ts';
import type { WorkflowGateway } from '../../activities/workflow-gateway.ts';
import type { Carrier, LookupResult } from '../../carriers/port.ts';
import { storeCallEvents } from '../../db/repositories/call-events.ts';
import { beginSend } from '../../db/repositories/attempts.ts';
import { scaledClock } from '../../domain/clock.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = scaledClock({ from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 });
let engine: TestEngine;
/** What the carriers of a test are asked, and what they answer. */
let asked: string[] = [];
let answers: (carrierId: string, attemptId: string) => LookupResult = () => ({ kind: 'not_found' });
let told: string[] = [];

beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());
beforeEach(async () => {
  asked = [];
  told = [];
  await rows(`UPDATE attempts SET state = 'ended', reported_real = now() WHERE tenant_id = $1`);
  await rows(`UPDATE contacts SET state = 'stopped' WHERE tenant_id = $1`);
});

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

/** Carriers that write down what they are asked; what they are told to ring comes to nothing. */
const carriers: CarrierSource = {
  lineOf: async (_tenantId, carrierId) => ({
    load: createLineLoad(),
    callsPerSecond: 1_000,
    maxConcurrentCalls: 1_000,
    carrier: {
      kind: 'test',
      capabilities: () => ({ lookup: 'attempt', listsLive: false }),
      lookup: async (attemptId: string) => {
        asked.push(attemptId);
        return answers(carrierId, attemptId);
      },
      hangup: async (reference: string) => {
        asked.push(`hang up ${reference}`);
        return !reference.startsWith('stubborn');
      },
    } as unknown as Carrier,
  }),
  close: async () => undefined,
};
const workflows = {
  admit: async (_campaign: unknown, contact: { contactId: string }) => void told.push(contact.contactId),
  reportCall: async (_campaign: unknown, contactId: string) => void told.push(contactId),
} as unknown as WorkflowGateway;
const deps = () => ({ ...engine, carriers, workflows });

async function admitted(): Promise<{
  campaignId: string;
  contactId: string;
  admission: number;
  tenantId: string;
}> {
  const campaignId = await engine.addCampaign({ purpose: 'service' });
  const { contactId } = await engine.addContact(campaignId);
  await rows(
    `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
  return { campaignId, contactId, admission: 1, tenantId: engine.tenantId };
}

/** As many attempts as asked for, of one contact and state, sent `agoS` real seconds ago. */
async function attempts(
  count: number,
  state: string,
  agoS: number,
  carrierId = engine.carrierId,
): Promise<string[]> {
  const input = await admitted();
  const claim = await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, input));
  if (claim.kind !== 'permit') throw new Error('no permit');
  const made = await rows<{ id: string }>(
    `INSERT INTO attempts
     SELECT (jsonb_populate_record(a, jsonb_build_object('id', a.contact_id || '/' || g, 'n', g, 'admission', g,
       'state', $3::text, 'carrier_id', $4::uuid, 'carrier_ref', 'ref-' || g,
       'sending_real', now() - make_interval(secs => $5), 'claimed_real', now() - make_interval(secs => $5),
       'quarantine_until', CASE WHEN $3 = 'unknown' THEN a.claimed_at + interval '1 hour' END))).*
     FROM attempts a, generate_series(2, $6 + 1) AS g WHERE a.tenant_id = $1 AND a.id = $2 RETURNING id`,
    claim.permit.attemptId,
    state,
    carrierId,
    agoS,
    count,
  );
  await rows(
    `UPDATE attempts SET state = 'ended', reported_real = now() WHERE tenant_id = $1 AND id = $2`,
    claim.permit.attemptId,
  );
  return made.map((row) => row.id).sort();
}

describe('calls of which nothing is heard', () => {
  it('are all asked about in turn: many that are up keep none from being asked about', async () => {
    const ids = await attempts(120, 'sent', 60);
    answers = () => ({ kind: 'live', reference: 'r', status: 'answered', since: clock.now() });
    await sweepSilentCalls(deps(), engine.tenantId);
    expect([...asked].sort()).toEqual(ids);
  });

  it('are left alone for longer and longer after the carrier said that they are up', async () => {
    await attempts(1, 'sent', 600);
    answers = () => ({ kind: 'live', reference: 'r', status: 'answered', since: clock.now() });
    const pauses: number[] = [];
    for (let look = 0; look < 6; look += 1) {
      for (let again = 0; again < 3; again += 1) await sweepSilentCalls(deps(), engine.tenantId);
      const [row] = await rows<{ pause: number }>(
        `UPDATE attempts SET look_up_after_real = now() WHERE tenant_id = $1 AND state = 'sent'
         RETURNING (SELECT round(extract(epoch FROM b.look_up_after_real - now()))::int FROM attempts b
                    WHERE b.tenant_id = $1 AND b.id = attempts.id) AS pause`,
      );
      pauses.push(row!.pause);
    }
    expect(asked).toHaveLength(6);
    expect(pauses).toEqual([15, 30, 60, 120, 240, 240]);
  });

  it('at a carrier that answers nothing are asked about a few at a time, and those of another carrier all the same', async () => {
    const [other] = await rows<{ id: string }>(
      `INSERT INTO carriers SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'name', 'other'))).*
       FROM carriers c WHERE c.tenant_id = $1 AND c.id = $2 RETURNING id`,
      engine.carrierId,
    );
    const dead = new Set(await attempts(60, 'sent', 60));
    const alive = await attempts(3, 'sent', 60, other!.id);
    answers = (carrierId) =>
      carrierId === other!.id
        ? { kind: 'live', reference: 'r', status: 'ringing', since: clock.now() }
        : { kind: 'unknown', reason: 'down' };
    await sweepSilentCalls(deps(), engine.tenantId);
    expect(asked.filter((id) => dead.has(id)).length).toBeLessThanOrEqual(8);
    expect(asked.filter((id) => !dead.has(id)).sort()).toEqual(alive);
  });
});

describe('attempts whose answer was lost', () => {
  it('are asked about at once a few times, then ever more rarely, within half a minute at most', async () => {
    await attempts(1, 'unknown', 1);
    answers = () => ({ kind: 'unknown', reason: 'down' });
    const pauses: number[] = [];
    for (let look = 0; look < 13; look += 1) {
      await sweepAttempts(deps(), engine.tenantId);
      const [row] = await rows<{ pause: number }>(
        `UPDATE attempts SET look_up_after_real = now() WHERE tenant_id = $1 AND state = 'unknown'
         RETURNING (SELECT round(extract(epoch FROM b.look_up_after_real - now()))::int FROM attempts b
                    WHERE b.tenant_id = $1 AND b.id = attempts.id) AS pause`,
      );
      pauses.push(row!.pause);
    }
    expect(asked).toHaveLength(13);
    expect(pauses).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('count at the end of their quarantine, whether or not their carrier is due to be asked', async () => {
    const [id] = await attempts(1, 'unknown', 600);
    answers = () => ({ kind: 'unknown', reason: 'down' });
    await rows(
      `UPDATE attempts SET quarantine_until = claimed_at, look_up_after_real = now() + interval '1 hour'
       WHERE tenant_id = $1 AND id = $2`,
      id,
    );
    await sweepAttempts(deps(), engine.tenantId);
    expect(await rows('SELECT state, outcome FROM attempts WHERE tenant_id = $1 AND id = $2', id)).toEqual([
      { state: 'ended', outcome: 'unknown' },
    ]);
  });

  it('end as the events say that have come and were not looked at yet, however long their quarantine is over', async () => {
    const [id] = await attempts(1, 'unknown', 600);
    answers = () => ({ kind: 'unknown', reason: 'down' });
    await rows(`UPDATE attempts SET quarantine_until = claimed_at WHERE tenant_id = $1 AND id = $2`, id);
    const end = {
      at: clock.now(),
      outcome: 'no_answer' as const,
      by: 'us' as const,
      sip: 487,
      q850: 19,
      vendorCode: null,
      talkS: 0,
      ringS: 30,
      disposition: null,
      synthesized: false,
    };
    const event = { attemptId: id!, reference: 'r', at: end.at, digits: null };
    await engine.db.inTenant(engine.tenantId, (tx) =>
      storeCallEvents(tx, engine.carrierId, [{ ...event, eventId: 'told', type: 'ended', end }]),
    );
    await sweepAttempts(deps(), engine.tenantId);
    expect(await rows('SELECT state, outcome FROM attempts WHERE tenant_id = $1 AND id = $2', id)).toEqual([
      { state: 'ended', outcome: 'no_answer' },
    ]);
    expect(await rows('SELECT id FROM call_events WHERE tenant_id = $1 AND processed_real IS NULL')).toEqual(
      [],
    );
  });

  it('that an event settled while the carrier was asked stay as the event had them', async () => {
    const [id] = await attempts(1, 'unknown', 600);
    answers = () => ({ kind: 'not_found' });
    const slow: CarrierSource = {
      ...carriers,
      lineOf: async (tenantId, carrierId) => {
        const line = await carriers.lineOf(tenantId, carrierId);
        const lookup = async (): Promise<LookupResult> => {
          await rows(`UPDATE attempts SET state = 'sent' WHERE tenant_id = $1 AND id = $2`, id);
          return { kind: 'not_found' };
        };
        return { ...line, carrier: { ...line.carrier, lookup } };
      },
    };
    await sweepAttempts({ ...deps(), carriers: slow }, engine.tenantId);
    expect(await rows('SELECT state FROM attempts WHERE tenant_id = $1 AND id = $2', id)).toEqual([
      { state: 'sent' },
    ]);
  });
});

describe('every sweeper', () => {
  /** Everything that a sweep may change, but for when it last asked. */
  const everything = () =>
    rows(
      `SELECT to_jsonb(a) - ARRAY['look_ups', 'look_up_after_real'] AS row, to_jsonb(c) - 'admitted_real' AS contact
       FROM attempts a JOIN contacts c ON c.tenant_id = a.tenant_id AND c.id = a.contact_id
       WHERE a.tenant_id = $1 ORDER BY a.id`,
    );
  const sweepAll = async () => {
    await sweepAttempts(deps(), engine.tenantId);
    await sweepSilentCalls(deps(), engine.tenantId);
    await carryOutHangups(deps(), engine.tenantId);
    await retellAdmissions(deps(), engine.tenantId);
    await reportResults(deps(), engine.tenantId);
  };

  it('by two workers at once does what one does, and a second time changes nothing', async () => {
    const claimed = await admitted();
    const sending = await admitted();
    for (const input of [claimed, sending]) {
      const claim = await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, input));
      if (claim.kind !== 'permit') throw new Error('no permit');
      if (input === sending) {
        const { permit } = claim;
        await engine.db.inTenant(engine.tenantId, (tx) => beginSend(tx, permit, clock.now(), 2_000));
      }
    }
    const lost = await admitted();
    await rows(
      `UPDATE attempts SET lease_until_real = now() - interval '1 second', sending_real = sending_real - interval '1 minute'
       WHERE tenant_id = $1 AND reported_real IS NULL`,
    );
    await rows(
      `UPDATE contacts SET admitted_real = now() - interval '1 minute' WHERE tenant_id = $1 AND id = $2`,
      lost.contactId,
    );
    const [silent] = await attempts(1, 'sent', 60);
    const [ringing] = await attempts(1, 'sent', 1);
    await rows(`UPDATE attempts SET hangup_requested_real = now() WHERE tenant_id = $1 AND id = $2`, ringing);
    answers = (_carrier, attemptId) =>
      attemptId === silent
        ? {
            kind: 'final',
            reference: 'ref-2',
            end: {
              at: clock.now(),
              outcome: 'busy',
              by: 'callee',
              sip: 486,
              q850: 17,
              vendorCode: null,
              talkS: 0,
              ringS: 1,
              disposition: null,
              synthesized: false,
            },
          }
        : { kind: 'not_found' };
    // Twice: what ran out of its lease in the first round is asked about in the second.
    for (let round = 0; round < 3; round += 1) await Promise.all([sweepAll(), sweepAll()]);
    const states = await rows<{ id: string; state: string }>(
      'SELECT id, state FROM attempts WHERE tenant_id = $1 AND id = ANY ($2) ORDER BY id',
      [`${claimed.contactId}/1`, `${sending.contactId}/1`, silent, ringing],
    );
    expect(states.map(({ state }) => state).sort()).toEqual(['abandoned', 'abandoned', 'ended', 'sent']);
    expect(told.filter((id) => id === lost.contactId)).toHaveLength(1);
    expect(asked.filter((what) => what === 'hang up ref-2').length).toBeGreaterThanOrEqual(1);
    const before = await everything();
    const toldBefore = told.length;
    await Promise.all([sweepAll(), sweepAll()]);
    expect(await everything()).toEqual(before);
    expect(told).toHaveLength(toldBefore);
  });

  it('fifty calls that cannot be hung up keep none from being hung up', async () => {
    const stubborn = await attempts(60, 'sent', 1);
    await rows(
      `UPDATE attempts SET hangup_requested_real = now(), carrier_ref = 'stubborn-' || n WHERE tenant_id = $1 AND id = ANY ($2)`,
      stubborn,
    );
    const [willing] = await attempts(1, 'sent', 1);
    await rows(`UPDATE attempts SET hangup_requested_real = now() WHERE tenant_id = $1 AND id = $2`, willing);
    // 50 of 61 are drawn at a time: not to be drawn in 30 rounds has a chance of (11/61)^30.
    for (let round = 0; round < 30; round += 1) await carryOutHangups(deps(), engine.tenantId);
    expect(asked).toContain('hang up ref-2');
  });
});

it('I2: a worker that died is never dialled for again by whoever takes its attempt up', async () => {
  const input = await admitted();
  const claim = await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, input));
  if (claim.kind !== 'permit') throw new Error('no permit');
  await rows(
    `UPDATE attempts SET lease_until_real = now() - interval '1 second' WHERE tenant_id = $1 AND id = $2`,
    claim.permit.attemptId,
  );
  await sweepAttempts(deps(), engine.tenantId);
  expect(await placeCall({ ...engine, carriers }, input)).toMatchObject({ kind: 'waiting' });
  expect((await engine.requests()).filter((line) => line.kind === 'dial')).toEqual([]);
});
