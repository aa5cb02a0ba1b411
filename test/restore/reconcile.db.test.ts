import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resumeAllDialling, stopAllDialling } from '../../api/actions/kill-switch.ts';
import { createCarrierSource, type CarrierSource } from '../../activities/calls/carrier-source.ts';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { placeCall, type PlaceCallOutcome } from '../../activities/calls/place-call.ts';
import { beginRestore } from '../../activities/restore/begin.ts';
import { finishRestore, type FinishAction } from '../../activities/restore/finish.ts';
import { reconcileTenant, type ReconciledCarrier } from '../../activities/restore/reconcile.ts';
import { sweepAttempts } from '../../activities/services/sweep.ts';
import { scaledClock } from '../../domain/clock.ts';
import type { SimulatorOptions } from '../../carriers/simulator/options.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const NOBODY = { by: 'test', requestId: null };
/** Fates by number; these reach nothing but the simulator. */
const ANSWERED = '+8619900010001';
const BUSY = '+8619900010002';
const OPTS_OUT = '+8619900010003';
const RINGS_LONG = '+8619900010004';
const TALKS_LONG = '+8619900010005';
const SCENARIOS: SimulatorOptions['scenarios'] = {
  [ANSWERED]: { outcome: 'answered', setupS: 1, ringS: 1, talkS: 3, disposition: 'not_interested' },
  [BUSY]: { outcome: 'busy', setupS: 1, ringS: 1 },
  [OPTS_OUT]: { outcome: 'answered', setupS: 1, ringS: 1, talkS: 3, disposition: 'opted_out' },
  [RINGS_LONG]: { outcome: 'answered', setupS: 1, ringS: 115 },
  [TALKS_LONG]: { outcome: 'answered', setupS: 0, ringS: 0, talkS: 20_000 },
};

let engine: TestEngine;
let campaignId: string;

beforeEach(async () => {
  const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 10 };
  engine = await createTestEngine({
    clock: scaledClock(setting),
    simulator: { clock: setting, scenarios: SCENARIOS, faults: 'missing=1' },
  });
  campaignId = await engine.addCampaign({ ringTimeoutS: 120 });
});
afterEach(() => engine.close());

const db = () => engine.db;
async function rows<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
  return db().inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
}
const contactOf = async (id: string) =>
  (
    await rows<{ state: string; attempts: number; admissions: number; ready_at: number }>(
      'SELECT state, attempts, admissions, ready_at FROM contacts WHERE tenant_id = $1 AND id = $2',
      id,
    )
  )[0]!;
const attemptsOf = (contactId: string) =>
  rows<{ id: string; state: string; outcome: string | null; decision_id: string | null; restored: boolean }>(
    `SELECT id, state, outcome, decision_id, restored_real IS NOT NULL AS restored FROM attempts
     WHERE tenant_id = $1 AND contact_id = $2 ORDER BY n`,
    contactId,
  );

/** Admit a contact for its next time, as the pacer does, and place its call. */
async function call(contactId: string): Promise<PlaceCallOutcome> {
  const [row] = await rows<{ admissions: number }>(
    `UPDATE contacts SET state = 'admitted', admissions = admissions + 1, admitted_real = now()
     WHERE tenant_id = $1 AND id = $2 RETURNING admissions`,
    contactId,
  );
  return placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission: row!.admissions });
}

/** Take the database back to before the contacts were first called. */
async function forget(...contactIds: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: engine.url });
  await client.connect();
  for (const table of ['attempts', 'decisions', 'dispositions']) {
    await client.query(`DELETE FROM ${table} WHERE contact_id = ANY ($1)`, [contactIds]);
  }
  await client.query(
    `UPDATE contacts SET state = 'waiting', admissions = 0, attempts = 0, counted_attempts = 0, workflow_open = false
     WHERE id = ANY ($1)`,
    [contactIds],
  );
  await client.end();
}

async function untilEnded(contactId: string, n = 1): Promise<void> {
  const { carrier } = await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
  while ((await carrier.lookup(`${contactId}/${n}`)).kind !== 'final') await delay(20);
}

const begin = () =>
  beginRestore(
    { ...engine, secondPlace: null },
    { ...NOBODY, tenantId: engine.tenantId, since: WORKDAY_MORNING_CN },
  );
async function reconcile(carriers: CarrierSource = engine.carriers): Promise<ReconciledCarrier> {
  const { restore } = await begin();
  const done = await reconcileTenant(
    { ...engine, carriers },
    { ...NOBODY, tenantId: engine.tenantId, restore },
  );
  return done[0]!;
}
const finish = (more: Partial<FinishAction> = {}) =>
  finishRestore(engine, {
    ...NOBODY,
    tenantId: engine.tenantId,
    acceptUnreconciled: [],
    reason: null,
    ...more,
  });

describe('after the database was taken back', () => {
  it('I2, I5: a call that was lost stands again under its id, and caps count it', async () => {
    const { contactId } = await engine.addContact(campaignId, { number: BUSY });
    await call(contactId);
    await untilEnded(contactId);
    await forget(contactId);
    expect((await reconcile()).counts).toMatchObject({ told: 1, restored: 1, known: 0 });
    expect(await attemptsOf(contactId)).toEqual([
      { id: `${contactId}/1`, state: 'ended', outcome: 'busy', decision_id: null, restored: true },
    ]);
    const contact = await contactOf(contactId);
    expect(contact).toMatchObject({ state: 'waiting', attempts: 1, admissions: 1 });
    // The campaign's rule for a busy line holds from now on.
    expect(contact.ready_at).toBeGreaterThan(engine.clock.now());
    expect(await finish()).toEqual({ resumed: true });
    // The gate knows of the call that was lost: without it, it would ring again.
    expect(await call(contactId)).toMatchObject({ kind: 'waiting', reason: 'cap.attempts' });
    const dials = (await engine.requests()).filter(({ kind }) => kind === 'dial');
    expect(dials.map(({ attemptId }) => attemptId)).toEqual([`${contactId}/1`]);
  });

  it('told again, nothing changes', async () => {
    const { contactId } = await engine.addContact(campaignId, { number: ANSWERED });
    await call(contactId);
    await untilEnded(contactId);
    await forget(contactId);
    await reconcile();
    const before = [await contactOf(contactId), await attemptsOf(contactId)];
    expect((await reconcile()).counts).toMatchObject({ told: 1, restored: 0, known: 1 });
    expect([await contactOf(contactId), await attemptsOf(contactId)]).toEqual(before);
  });

  it('I3: who asked in a lost call not to be called again is not called again', async () => {
    const { contactId, personId } = await engine.addContact(campaignId, { number: OPTS_OUT });
    await call(contactId);
    await untilEnded(contactId);
    await forget(contactId);
    expect((await reconcile()).counts).toMatchObject({ restored: 1, optedOut: 1 });
    expect(await contactOf(contactId)).toMatchObject({ state: 'withdrawn' });
    const withdrawals = await rows(
      `SELECT 1 AS one FROM consent_events WHERE tenant_id = $1 AND person_id = $2 AND kind = 'withdrawal'`,
      personId,
    );
    expect(withdrawals).toHaveLength(1);
  });

  it('a lost call that rings is hung up, and one that is talked on is taken up and left to its people', async () => {
    const ringing = await engine.addContact(campaignId, { number: RINGS_LONG });
    const talking = await engine.addContact(campaignId, { number: TALKS_LONG });
    await call(ringing.contactId);
    await call(talking.contactId);
    await forget(ringing.contactId, talking.contactId);
    const { counts } = await reconcile();
    expect(counts).toMatchObject({ restored: 2, live: 2, hungUp: 1 });
    expect(await attemptsOf(talking.contactId)).toMatchObject([{ state: 'sent' }]);
    const hungUp = (await engine.requests()).filter(({ kind }) => kind === 'hangup');
    expect(hungUp.map(({ attemptId }) => attemptId)).toEqual([`${ringing.contactId}/1`]);
  });

  it('numbers that never reached the carrier are filled, so that those of a contact go on without a gap', async () => {
    const { contactId } = await engine.addContact(campaignId, { number: BUSY });
    await call(contactId);
    await untilEnded(contactId);
    const { carrier } = await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
    const to = BUSY;
    await carrier.dial(
      { attemptId: `${contactId}/3`, to, from: '+12025550100', ringTimeoutS: 30, context: {} },
      2_000,
    );
    await untilEnded(contactId, 3);
    await forget(contactId);
    await reconcile();
    const found = await attemptsOf(contactId);
    expect(found.map(({ id, state }) => [id, state])).toEqual([
      [`${contactId}/1`, 'ended'],
      [`${contactId}/2`, 'abandoned'],
      [`${contactId}/3`, 'ended'],
    ]);
    expect(await contactOf(contactId)).toMatchObject({ attempts: 3, admissions: 3 });
  });

  it('a call of a contact that is not here any more is kept by its number, and hung up where it is live', async () => {
    const gone = await engine.addContact(campaignId, { number: TALKS_LONG });
    await call(gone.contactId);
    await forget(gone.contactId);
    await rows('DELETE FROM contacts WHERE tenant_id = $1 AND id = $2', gone.contactId);
    expect((await reconcile()).counts).toMatchObject({ restored: 0, withoutContact: 1, hungUp: 1 });
    const hash = engine.vault.numberHash(engine.tenantId, TALKS_LONG);
    expect(
      await rows('SELECT attempt_id, number_hash, hung_up FROM restored_calls WHERE tenant_id = $1'),
    ).toEqual([{ attempt_id: `${gone.contactId}/1`, number_hash: hash, hung_up: true }]);
  });

  it('I5: once the list is imported again, such a call counts against its person', async () => {
    const gone = await engine.addContact(campaignId, { number: BUSY });
    await call(gone.contactId);
    await untilEnded(gone.contactId);
    await forget(gone.contactId);
    await rows('DELETE FROM contacts WHERE tenant_id = $1 AND id = $2', gone.contactId);
    expect((await reconcile()).counts).toMatchObject({ withoutContact: 1 });
    // The same person, as a contact anew.
    const again = await engine.addContact(campaignId, { personId: gone.personId });
    expect(await finish()).toEqual({ resumed: true });
    expect(await attemptsOf(gone.contactId)).toMatchObject([
      { id: `${gone.contactId}/1`, state: 'ended', outcome: 'busy', restored: true },
    ]);
    expect(await call(again.contactId)).toMatchObject({ kind: 'waiting', reason: 'cap.attempts' });
  });

  it('I3: who asked in such a call not to be called again stands on the internal list', async () => {
    const gone = await engine.addContact(campaignId, { number: OPTS_OUT });
    await call(gone.contactId);
    await untilEnded(gone.contactId);
    await forget(gone.contactId);
    await rows('DELETE FROM contacts WHERE tenant_id = $1 AND id = $2', gone.contactId);
    expect((await reconcile()).counts).toMatchObject({ withoutContact: 1, optedOut: 1 });
    const again = await engine.addContact(campaignId, { personId: gone.personId });
    await finish();
    expect(await call(again.contactId)).toMatchObject({ kind: 'final', state: 'denied' });
  });

  it('a permit that the backup caught unused counts as sent until the carrier says that it has no such call', async () => {
    const { contactId } = await engine.addContact(campaignId, { number: BUSY });
    await rows(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      contactId,
    );
    await db().inTenant(engine.tenantId, (tx) =>
      claimAttempt(tx, engine, { campaignId, contactId, admission: 1 }),
    );
    expect(await begin()).toMatchObject({ begun: true, doubted: 1 });
    expect(await attemptsOf(contactId)).toMatchObject([{ state: 'unknown', restored: false }]);
    // As long ago as it takes to believe the carrier.
    await rows(`UPDATE attempts SET sending_real = now() - interval '1 minute' WHERE tenant_id = $1`);
    const workflows = {} as Parameters<typeof sweepAttempts>[0]['workflows'];
    await sweepAttempts({ ...engine, workflows }, engine.tenantId);
    expect(await attemptsOf(contactId)).toMatchObject([{ state: 'abandoned' }]);
  });

  it('a carrier that cannot list is asked by attempt id, past numbers that it never had', async () => {
    const { contactId } = await engine.addContact(campaignId, { number: BUSY });
    await call(contactId);
    await untilEnded(contactId);
    const { carrier } = await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
    const dial = { to: BUSY, from: '+12025550100', ringTimeoutS: 30, context: {} };
    await carrier.dial({ ...dial, attemptId: `${contactId}/4` }, 2_000);
    await untilEnded(contactId, 4);
    await forget(contactId);
    const source = createCarrierSource(db(), engine.clock);
    const oneByOne: CarrierSource = {
      ...source,
      lineOf: async (...of) => {
        const line = await source.lineOf(...of);
        const capabilities = () => ({ ...line.carrier.capabilities(), listsPast: false });
        return { ...line, carrier: { ...line.carrier, capabilities } };
      },
    };
    expect(await reconcile(oneByOne)).toMatchObject({ state: 'reconciled', counts: { restored: 2 } });
    expect(await contactOf(contactId)).toMatchObject({ attempts: 4 });
    await source.close();
  });
});

describe('a restore', () => {
  it('keeps the tenant from dialling until it is finished, whoever asks', async () => {
    const { contactId } = await engine.addContact(campaignId, { number: BUSY });
    await begin();
    expect(await call(contactId)).toMatchObject({ kind: 'waiting', reason: 'tenant.stopped' });
    const action = { ...NOBODY, tenantId: engine.tenantId, reason: null };
    await expect(resumeAllDialling(engine, action)).rejects.toMatchObject({ code: 'conflict' });
    await expect(finish()).rejects.toThrow(/not reconciled: simulator \(not asked yet\)/);
    await reconcile();
    expect(await finish()).toEqual({ resumed: true });
    expect(await finish()).toBeNull();
    expect(await call(contactId)).toEqual({ kind: 'pending' });
  });

  it('leaves dialling stopped that somebody had stopped before', async () => {
    await stopAllDialling(engine, { ...NOBODY, tenantId: engine.tenantId, reason: 'audit' });
    await reconcile();
    expect(await finish()).toEqual({ resumed: false });
    expect(await rows('SELECT dialling_stopped_at FROM tenants WHERE id = $1')).not.toEqual([
      { dialling_stopped_at: null },
    ]);
  });

  it('begun again finds the one that is open', async () => {
    const first = await begin();
    expect(await begin()).toMatchObject({ begun: false, restore: { id: first.restore.id } });
  });

  it('says that another engine still dials when the carrier took a call just now', async () => {
    const { contactId } = await engine.addContact(campaignId);
    await begin();
    const { carrier } = await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
    const dial = { to: BUSY, from: '+12025550100', ringTimeoutS: 30, context: {} };
    await delay(20);
    await carrier.dial({ ...dial, attemptId: `${contactId}/1` }, 2_000);
    expect(await reconcile()).toMatchObject({ state: 'dialling' });
    await expect(finish()).rejects.toMatchObject({ code: 'precondition_failed' });
  });

  it('is finished without what a carrier knows only with a reason on record', async () => {
    await rows(
      `UPDATE carriers SET config = '{"baseUrl":"http://127.0.0.1:9"}' WHERE tenant_id = $1 AND id IS NOT NULL`,
    );
    const away = createCarrierSource(db(), engine.clock);
    expect(await reconcile(away)).toMatchObject({ state: 'failed' });
    await away.close();
    await expect(finish()).rejects.toMatchObject({ code: 'precondition_failed' });
    expect(await finish({ acceptUnreconciled: ['simulator'], reason: 'contract ended' })).toEqual({
      resumed: true,
    });
    const changes = await rows<{ action: string; reason: string | null }>(
      `SELECT action, reason FROM changes WHERE tenant_id = $1 AND resource = 'restore' ORDER BY id`,
    );
    expect(changes.map(({ action }) => action)).toEqual([
      'beginRestore',
      'reconcileCarrier',
      'acceptUnreconciled',
      'finishRestore',
    ]);
    expect(changes[2]!.reason).toBe('contract ended');
  });
});
