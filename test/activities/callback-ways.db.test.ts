import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { heedPromises } from '../../activities/callbacks/heed.ts';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { settleAttempt } from '../../activities/calls/settle.ts';
import { claimDue, waitingCohorts } from '../../activities/pace/claim-due.ts';
import { settleDuePromises } from '../../activities/services/callbacks.ts';
import { promiseCallback } from '../../api/actions/callbacks.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { storeCallEvents } from '../../db/repositories/call-events.ts';
import { callbackById, promisedOf } from '../../db/repositories/callbacks.ts';
import { remindedOf } from '../../db/repositories/reminders.ts';
import { insertScript } from '../../db/repositories/scripts.ts';
import { contactStory } from '../../db/repositories/timeline.ts';
import type { CampaignDefinitionInput } from '../../domain/campaign.ts';
import { fixedClock } from '../../domain/clock.ts';
import { scriptDocumentSchema } from '../../domain/script.ts';
import { HOUR_MS, MINUTE_MS, toIso } from '../../domain/time.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { floorCampaign, openFloor, sideOf, type Floor } from '../support/agents.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const START = WORKDAY_MORNING_CN;
const clock = fixedClock(START);
let engine: TestEngine;
const policies = createPolicyReader();
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());
beforeEach(() => clock.set(START));

const deps = () => ({ db: engine.db, clock, policies });
const heed = () => heedPromises(deps(), engine.tenantId);

async function query<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
  return engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
}

async function promise(campaignId: string, owner: string | null = null, fromAt = START + HOUR_MS) {
  const { contactId, personId } = await engine.addContact(campaignId);
  const { callback } = await promiseCallback(
    deps(),
    { tenantId: engine.tenantId, by: 'user:agent', requestId: null },
    {
      contactId,
      window: { from: toIso(fromAt), until: toIso(fromAt + HOUR_MS) },
      topic: null,
      owner,
      askedBy: 'staff',
    },
  );
  return { campaignId, contactId, personId, callbackId: callback.id };
}

const rowOf = async (id: string) =>
  (await engine.db.inTenant(engine.tenantId, (tx) => callbackById(tx, id)))!;
const promised = (contactId: string) =>
  engine.db.inTenant(engine.tenantId, (tx) => promisedOf(tx, contactId));
const contactRow = async (contactId: string) =>
  (
    await query<{ state: string; state_reason: string | null; rank: number; ready_at: number }>(
      'SELECT state, state_reason, rank, ready_at FROM contacts WHERE tenant_id = $1 AND id = $2',
      contactId,
    )
  )[0]!;

async function admit(contactId: string, admission = 1): Promise<void> {
  await query(
    `UPDATE contacts SET state = 'admitted', admissions = $3, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
    admission,
  );
}

const claim = (of: { contactId: string; campaignId: string }, admission: number) =>
  engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, { ...of, admission }));

/** As if it had been promised when the rules were others: the window lies at night. */
async function intoTheNight(callbackId: string): Promise<void> {
  await query(
    'UPDATE callbacks SET from_at = $3, until_at = $4, look_at = $3 WHERE tenant_id = $1 AND id = $2',
    callbackId,
    toIso(START + 12 * HOUR_MS),
    toIso(START + 13 * HOUR_MS),
  );
}

describe('a promise that the rules have no room for when it falls due', () => {
  it('is moved to the next instant that they allow, is told why, and is kept there', async () => {
    const one = await promise(await engine.addCampaign());
    await intoTheNight(one.callbackId);
    clock.set(START + 12 * HOUR_MS);
    await heed();
    const row = await rowOf(one.callbackId);
    expect(row).toMatchObject({ status: 'promised', revision: 2 });
    expect(row.fromAt).toBeGreaterThan(START + 13 * HOUR_MS);
    expect(row.untilAt - row.fromAt).toBe(HOUR_MS);
    expect(row.steps).toEqual([
      {
        kind: 'moved',
        at: toIso(START + 12 * HOUR_MS),
        by: 'engine',
        reason: expect.stringMatching(/hours|window/) as string,
        from: toIso(START + 12 * HOUR_MS),
        until: toIso(START + 13 * HOUR_MS),
      },
    ]);
    expect(await contactRow(one.contactId)).toMatchObject({
      state: 'waiting',
      rank: 4,
      ready_at: row.fromAt,
    });
    // The window that it had is over, and it is not breached for it.
    clock.set(START + 13 * HOUR_MS);
    await settleDuePromises(deps(), engine.tenantId);
    expect((await rowOf(one.callbackId)).status).toBe('promised');
    clock.set(row.fromAt);
    await admit(one.contactId);
    expect(await placeCall(engine, { tenantId: engine.tenantId, ...one, admission: 1 })).toEqual({
      kind: 'pending',
    });
    const attemptId = `${one.contactId}/1`;
    await query(
      `UPDATE attempts SET state = 'ended', ended_at = $3, outcome = 'busy' WHERE tenant_id = $1 AND id = $2`,
      attemptId,
      toIso(clock.now()),
    );
    await engine.db.inTenant(engine.tenantId, (tx) => settleAttempt(tx, clock, attemptId));
    expect(await rowOf(one.callbackId)).toMatchObject({ status: 'kept', attemptId });
  });

  it('is moved as well where the gate is asked first, with the reason of its decision', async () => {
    const one = await promise(await engine.addCampaign());
    await intoTheNight(one.callbackId);
    clock.set(START + 12 * HOUR_MS);
    await admit(one.contactId);
    await claim(one, 1);
    const row = await rowOf(one.callbackId);
    expect(row.steps).toMatchObject([{ kind: 'moved', by: 'engine' }]);
    expect(await contactRow(one.contactId)).toMatchObject({
      state: 'waiting',
      rank: 4,
      ready_at: row.fromAt,
    });
  });

  it('is breached where the campaign would not have it moved', async () => {
    const one = await promise(await engine.addCampaign({ callbacks: { moveWithinHours: 0 } }));
    await intoTheNight(one.callbackId);
    clock.set(START + 12 * HOUR_MS);
    await heed();
    expect((await rowOf(one.callbackId)).steps).toEqual([]);
    clock.set(START + 13 * HOUR_MS);
    await settleDuePromises(deps(), engine.tenantId);
    const row = await rowOf(one.callbackId);
    expect(row.status).toBe('breached');
    expect(row.reason).toMatch(/hours|window/);
  });
});

describe('a callback of an agent', () => {
  let floor: Floor;
  beforeAll(async () => {
    floor = await openFloor(engine, 2);
  });
  beforeEach(() =>
    query(
      `UPDATE seats SET state = 'ready', campaign_id = NULL, contact_id = NULL, attempt_id = NULL, preview_id = NULL,
              lease_until_real = NULL WHERE tenant_id = $1 AND state <> 'offline'`,
    ),
  );
  /** Not the one who has been idle longest. */
  const owner = () => floor.agentIds[1]!;
  const ownerIs = (state: string) =>
    query(
      `UPDATE seats SET state = $3, reason = CASE WHEN $3 = 'break' THEN 'lunch' END WHERE tenant_id = $1 AND agent_id = $2`,
      owner(),
      state,
    );
  const campaign = (mode: 'progressive' | 'preview', callbacks: CampaignDefinitionInput['callbacks'] = {}) =>
    floorCampaign(engine, floor, mode, { callbacks });

  it('is reminded of once, so many minutes before, and no longer once it is over', async () => {
    const one = await promise(await campaign('progressive', { remindBeforeMinutes: 10 }), `agent:${owner()}`);
    const reminders = () => engine.db.single(engine.tenantId, (tx) => remindedOf(tx, owner()));
    clock.set(START + 50 * MINUTE_MS - 1);
    await heed();
    expect(await reminders()).toEqual([]);
    clock.set(START + 50 * MINUTE_MS);
    await heed();
    await heed();
    expect(await reminders()).toMatchObject([{ id: one.callbackId, contactId: one.contactId }]);
    const steps = (await rowOf(one.callbackId)).steps;
    expect(steps).toEqual([
      { kind: 'reminded', at: toIso(START + 50 * MINUTE_MS), by: 'engine', owner: `agent:${owner()}` },
    ]);
    await query(
      `UPDATE callbacks SET status = 'cancelled', reason = 'callback.cancelled' WHERE tenant_id = $1 AND id = $2`,
      one.callbackId,
    );
    expect(await reminders()).toEqual([]);
  });

  it('is called by its owner though others have been idle longer', async () => {
    const one = await promise(await campaign('progressive'), `agent:${owner()}`);
    clock.set(START + HOUR_MS);
    await admit(one.contactId);
    expect((await claim(one, 1)).kind).toBe('permit');
    expect((await sideOf(engine, `${one.contactId}/1`))?.agent_id).toBe(owner());
  });

  it('waits for its owner though others are free, then goes to them, which is told', async () => {
    const one = await promise(await campaign('progressive'), `agent:${owner()}`);
    await ownerIs('break');
    clock.set(START + HOUR_MS);
    await admit(one.contactId);
    expect(await claim(one, 1)).toMatchObject({
      kind: 'closed',
      result: { kind: 'waiting', reason: 'callback.owner_away', readyAt: START + HOUR_MS + 5_000 },
    });
    clock.set(START + HOUR_MS + 5 * MINUTE_MS);
    await heed();
    expect((await rowOf(one.callbackId)).steps.map(({ kind }) => kind)).toEqual(['reminded', 'fell_back']);
    expect((await contactRow(one.contactId)).ready_at).toBeLessThanOrEqual(clock.now());
    await admit(one.contactId, 2);
    expect((await claim(one, 2)).kind).toBe('permit');
    expect((await sideOf(engine, `${one.contactId}/1`))?.agent_id).toBe(floor.agentIds[0]);
    const story = await engine.db.inTenant(engine.tenantId, (tx) =>
      contactStory(tx, one.contactId, { after: null, descending: false, limit: 100 }),
    );
    const told = story!.entries.filter(({ kind }) => kind === 'callback').map(({ ref }) => ref.split('#')[1]);
    expect(told).toEqual(['promised', `reached${'1'.padStart(19, '0')}`, `reached${'2'.padStart(19, '0')}`]);
  });

  it('goes to nobody else where the campaign says so', async () => {
    const id = await campaign('progressive', { fallback: { to: 'nobody' } });
    const one = await promise(id, `agent:${owner()}`);
    await ownerIs('break');
    clock.set(START + 2 * HOUR_MS - 1_000);
    await heed();
    await admit(one.contactId);
    expect(await claim(one, 1)).toMatchObject({ result: { reason: 'callback.owner_away' } });
    clock.set(START + 2 * HOUR_MS);
    await settleDuePromises(deps(), engine.tenantId);
    expect(await rowOf(one.callbackId)).toMatchObject({ status: 'breached', reason: 'callback.owner_away' });
  });

  it('that waits for its owner keeps no other contact of previews from being shown', async () => {
    const campaignId = await campaign('preview');
    const one = await promise(campaignId, `agent:${owner()}`);
    const other = await engine.addContact(campaignId);
    await ownerIs('break');
    clock.set(START + HOUR_MS);
    const round = () =>
      engine.db.inTenant(engine.tenantId, async (tx) =>
        claimDue(tx, engine, campaignId, await waitingCohorts(tx, campaignId), 1),
      );
    // The first round puts them into their cohort.
    const admitted = [...(await round()).admitted, ...(await round()).admitted, ...(await round()).admitted];
    expect(admitted.map(({ contactId }) => contactId)).toEqual([other.contactId]);
    expect(await contactRow(one.contactId)).toMatchObject({
      state: 'waiting',
      rank: 4,
      ready_at: START + HOUR_MS + 5_000,
    });
  });

  it('of a team goes to an agent of that team, and to no agent of another', async () => {
    const others = await openFloor(engine, 1);
    const campaignId = await engine.addCampaign({
      purpose: 'service',
      mode: 'progressive',
      agents: { teams: [floor.team, others.team] },
      callbacks: { fallback: { to: 'team' } },
    });
    const one = await promise(campaignId, `team:${others.team}`);
    clock.set(START + HOUR_MS);
    await admit(one.contactId);
    expect((await claim(one, 1)).kind).toBe('permit');
    expect((await sideOf(engine, `${one.contactId}/1`))?.agent_id).toBe(others.agentIds[0]);
  });
});

describe('a call that promises another', () => {
  const AHEAD = { afterMinutes: 120, windowMinutes: 60 };
  let scriptId: string;
  beforeAll(async () => {
    scriptId = uuidv7();
    const document = scriptDocumentSchema.parse({
      language: 'en-US',
      start: 'offer',
      nodes: {
        offer: {
          kind: 'menu',
          say: 'An offer.',
          branches: [
            { keys: '5', label: 'call me later', goto: 'later' },
            { keys: '9', label: 'do not call again', goto: 'never' },
          ],
          onSilence: 'bye',
        },
        later: { kind: 'end', disposition: 'callback', callback: AHEAD },
        never: { kind: 'end', disposition: 'opted_out' },
        bye: { kind: 'end', disposition: 'not_interested' },
      },
    });
    await engine.db.inTenant(engine.tenantId, (tx) =>
      insertScript(tx, { id: scriptId, name: 'Later' }, { document, hash: '00', by: 'test', at: START - 1 }),
    );
  });

  async function call(
    campaignId: string,
    end: { outcome: string; disposition?: string; digits?: string },
    known?: { contactId: string; n: number },
  ) {
    const contactId = known?.contactId ?? (await engine.addContact(campaignId)).contactId;
    const n = known?.n ?? 1;
    await admit(contactId, n);
    expect(
      await placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission: n }),
    ).toEqual({
      kind: 'pending',
    });
    const attemptId = `${contactId}/${n}`;
    if (end.digits !== undefined) {
      const event = { eventId: uuidv7(), attemptId, reference: 'ref', at: clock.now(), end: null };
      await engine.db.inTenant(engine.tenantId, (tx) =>
        storeCallEvents(tx, engine.carrierId, [{ ...event, type: 'dtmf', digits: end.digits! }]),
      );
    }
    await query(
      `UPDATE attempts SET state = 'ended', ended_at = $3, outcome = $4, disposition = $5 WHERE tenant_id = $1 AND id = $2`,
      attemptId,
      toIso(clock.now()),
      end.outcome,
      end.disposition ?? null,
    );
    await engine.db.inTenant(engine.tenantId, (tx) => settleAttempt(tx, clock, attemptId));
    return contactId;
  }

  it('by a key that its script says so of: the person asked, and waits before all others', async () => {
    const campaignId = await engine.addCampaign({ script: { id: scriptId, version: 1 } });
    const contactId = await call(campaignId, { outcome: 'answered', disposition: 'callback', digits: '5' });
    expect(await promised(contactId)).toMatchObject({
      askedBy: 'person',
      owner: 'campaign',
      createdBy: 'call',
      fromAt: START + 2 * HOUR_MS,
      untilAt: START + 3 * HOUR_MS,
    });
    expect(await contactRow(contactId)).toMatchObject({
      state: 'waiting',
      rank: 4,
      ready_at: START + 2 * HOUR_MS,
    });
    const none = await call(campaignId, { outcome: 'answered', disposition: 'not_interested' });
    expect(await promised(none)).toBeNull();
  });

  it('at an hour that the law does not have is moved to the next that it has, at once', async () => {
    clock.set(START + 7 * HOUR_MS); // 17:00 in Shanghai: two hours later nobody is called who said no more than that.
    const campaignId = await engine.addCampaign({
      script: { id: scriptId, version: 1 },
      callingHours: [
        { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '09:00', until: '18:00' },
      ],
    });
    const contactId = await call(campaignId, { outcome: 'answered', disposition: 'callback', digits: '5' });
    const asked = (await promised(contactId))!;
    expect(asked.fromAt).toBe(START + 9 * HOUR_MS);
    await heed();
    const moved = (await promised(contactId))!;
    expect(moved.fromAt).toBe(START + 23 * HOUR_MS);
    expect(moved.steps).toMatchObject([{ kind: 'moved', by: 'engine', from: toIso(asked.fromAt) }]);
    expect((await contactRow(contactId)).ready_at).toBe(START + 23 * HOUR_MS);
  });

  it('by a rule, after what it names and no more often than it says; never after a no', async () => {
    const rules = [{ on: { outcome: 'busy' as const }, ...AHEAD, atMost: 1 }];
    const campaignId = await engine.addCampaign({ callbacks: { rules } });
    const contactId = await call(campaignId, { outcome: 'busy' });
    expect(await promised(contactId)).toMatchObject({
      askedBy: 'rule',
      owner: 'campaign',
      createdBy: 'engine',
    });
    expect(await contactRow(contactId)).toMatchObject({ rank: 4, ready_at: START + 2 * HOUR_MS });
    clock.set(START + 24 * HOUR_MS);
    await settleDuePromises(deps(), engine.tenantId);
    await call(campaignId, { outcome: 'busy' }, { contactId, n: 2 });
    expect(await promised(contactId)).toBeNull();
    expect(await contactRow(contactId)).toMatchObject({ rank: 14 });
    const no = await call(campaignId, { outcome: 'answered', disposition: 'refused' });
    expect(await promised(no)).toBeNull();
  });

  it('that is over goes back to where a retry would have been', async () => {
    const rules = [{ on: { outcome: 'busy' as const }, afterMinutes: 60, windowMinutes: 5 }];
    const campaignId = await engine.addCampaign({ callbacks: { rules } });
    const contactId = await call(campaignId, { outcome: 'busy' });
    const { id } = (await promised(contactId))!;
    clock.set(START + HOUR_MS + 5 * MINUTE_MS);
    await settleDuePromises(deps(), engine.tenantId);
    expect((await rowOf(id)).status).toBe('breached');
    expect(await contactRow(contactId)).toMatchObject({ rank: 14, ready_at: START + 15 * MINUTE_MS });
  });
});

it('I11: the audit finds every move above within a window that lasted, with its reason, and names one that was not', async () => {
  const violations = async () => {
    const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId });
    return verdict.invariants.find((one) => one.id === 'I11')!.violations;
  };
  expect(await violations()).toEqual([]);
  const one = await promise(await engine.addCampaign());
  const step = { kind: 'moved', by: 'engine', from: toIso(START), until: toIso(START + HOUR_MS) };
  await query(
    'UPDATE callbacks SET steps = $3 WHERE tenant_id = $1 AND id = $2',
    one.callbackId,
    JSON.stringify([
      { ...step, at: toIso(START - 1), reason: null, from: toIso(START - HOUR_MS), until: toIso(START) },
      { ...step, at: toIso(START + HOUR_MS), reason: 'hours' },
    ]),
  );
  expect((await violations()).map(({ what }) => what)).toEqual([
    'was moved by the engine without a reason',
    `was moved at ${toIso(START + HOUR_MS)}, when its window was over`,
  ]);
  // Whatever ends a contact settles its promise; so this is done behind its back.
  const other = await promise(await engine.addCampaign());
  await query(
    `UPDATE callbacks SET status = 'cancelled', reason = 'x' WHERE tenant_id = $1 AND id = $2`,
    other.callbackId,
  );
  await query(`UPDATE contacts SET state = 'denied' WHERE tenant_id = $1 AND id = $2`, other.contactId);
  await query(`UPDATE callbacks SET status = 'promised' WHERE tenant_id = $1 AND id = $2`, other.callbackId);
  expect((await violations()).map(({ subject }) => subject['callbackId'])).toContain(other.callbackId);
});

it('I11: the audit points out a breach about which nobody asked the rules when it fell due, and a promise that is over and open', async () => {
  const lost = await promise(await engine.addCampaign());
  const asked = await promise(await engine.addCampaign());
  await query(`UPDATE callbacks SET look_at = NULL WHERE tenant_id = $1 AND id = $2`, lost.callbackId);
  clock.set(START + HOUR_MS);
  await heed();
  clock.set(START + 2 * HOUR_MS);
  await settleDuePromises(deps(), engine.tenantId);
  // Nobody settles this one, though the engine goes on and decides about others.
  const left = await promise(await engine.addCampaign(), null, START + 4 * HOUR_MS);
  clock.set(START + 6 * HOUR_MS);
  const other = await engine.addCampaign();
  const { contactId } = await engine.addContact(other);
  await admit(contactId);
  expect((await claim({ contactId, campaignId: other }, 1)).kind).toBe('permit');
  await query(
    `INSERT INTO decisions SELECT (r).* FROM (
       SELECT jsonb_populate_record(d, jsonb_build_object('id', $3::text, 'stage', 'admission', 'at', $4::text,
                'recorded_real', now() - interval '1 hour')) AS r
       FROM decisions d WHERE d.tenant_id = $1 AND d.contact_id = $2) AS earlier`,
    contactId,
    uuidv7(),
    toIso(START + 5 * HOUR_MS),
  );
  const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId });
  const { warnings } = verdict.invariants.find((one) => one.id === 'I11')!;
  const told = (id: string) =>
    warnings.filter(({ subject }) => subject['callbackId'] === id).map(({ what }) => what);
  expect(told(lost.callbackId)).toEqual([expect.stringContaining('nobody asked the rules')]);
  expect(told(asked.callbackId)).toEqual([]);
  expect(told(left.callbackId)).toEqual([expect.stringContaining('is open, its window over')]);
});
