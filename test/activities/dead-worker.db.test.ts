import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { CarrierSource } from '../../activities/calls/carrier-source.ts';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { hangUp } from '../../activities/calls/send.ts';
import { acknowledgeOpenStops } from '../../activities/services/open-stops.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { beginStop, stopDialling } from '../../db/stop.ts';
import { fixedClock } from '../../domain/clock.ts';
import { watchSteps } from '../../domain/step-watch.ts';
import type { Step } from '../../domain/steps.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

/** A worker that stands still or dies, and a stop that is asked for meanwhile: how long its acknowledgement takes (I3). */
const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
beforeAll(async () => {
  // The simulator's clock is real: within these seconds nobody answers.
  engine = await createTestEngine({ clock });
  // Policies that a process has not seen yet take it a while: the gate gives it that while (db/locks.ts).
  await place(await admitted());
});
afterAll(() => engine.close());
afterEach(() => watchSteps(undefined));

async function query<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
  return engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
}

async function admitted() {
  const campaignId = await engine.addCampaign();
  const { contactId } = await engine.addContact(campaignId);
  await query(
    `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
  return { campaignId, contactId, attemptId: `${contactId}/1` };
}
type Admitted = Awaited<ReturnType<typeof admitted>>;

const place = ({ campaignId, contactId }: Admitted, carriers: CarrierSource = engine.carriers) =>
  placeCall({ ...engine, carriers }, { tenantId: engine.tenantId, campaignId, contactId, admission: 1 });

interface Gate {
  readonly reached: Promise<void>;
  /** Resolves when it is opened; whoever comes by waits. */
  pass(): Promise<void>;
  open(): void;
}

function createGate(): Gate {
  const reached = new AbortController();
  const opened = new AbortController();
  const until = async ({ signal }: AbortController) => {
    if (!signal.aborted) await once(signal, 'abort');
  };
  return {
    reached: until(reached),
    pass: () => {
      reached.abort();
      return until(opened);
    },
    open: () => opened.abort(),
  };
}

/** Have the process that reaches `step` with this contact stand still there. */
function standStillAt(step: Step, { contactId }: Admitted): Gate {
  const gate = createGate();
  watchSteps((reached, of) => (reached === step && of.startsWith(contactId) ? gate.pass() : undefined));
  return gate;
}

const request = (campaignId: string) => ({
  tenantId: engine.tenantId,
  kind: 'pause' as const,
  scope: 'campaign' as const,
  targetId: campaignId,
  by: 'test',
});
const pause = (campaignId: string) =>
  stopDialling(engine.db, clock, request(campaignId), async (tx) => {
    await setCampaignStatus(tx, campaignId, { status: 'paused', reason: null });
  });

const attemptOf = async ({ attemptId }: Admitted) =>
  (
    await query<{ state: string; reason: string | null; lease: number; carrier_ref: string | null }>(
      'SELECT state, reason, lease_until_real AS lease, carrier_ref FROM attempts WHERE tenant_id = $1 AND id = $2',
      attemptId,
    )
  )[0];
const stopsOf = ({ campaignId }: Admitted) =>
  query<{ acknowledged: number | null; complete: boolean | null }>(
    `SELECT acknowledged_real AS acknowledged, complete FROM stop_requests WHERE tenant_id = $1 AND target_id = $2`,
    campaignId,
  );
const requestsOf = async ({ attemptId }: Admitted) =>
  (await engine.requests()).filter((line) => line.attemptId === attemptId).map((line) => line.kind);

it('a worker that stands still after the compare-and-set delays the acknowledgement to the end of its lease and no further, and does not ring when it goes on', async () => {
  const contact = await admitted();
  const gate = standStillAt('send.begun', contact);
  const placing = place(contact);
  await gate.reached;
  const ack = await pause(contact.campaignId);
  // Acknowledged with the worker still standing there: what was waited for is its lease, and not the worker.
  const { lease } = (await attemptOf(contact))!;
  const [stop] = await stopsOf(contact);
  expect(stop!.acknowledged).toBeGreaterThanOrEqual(lease);
  expect([stop!.complete, ack.complete]).toEqual([false, false]);
  gate.open();
  await placing;
  expect(await requestsOf(contact)).toEqual([]);
  expect(await attemptOf(contact)).toMatchObject({ state: 'abandoned', reason: 'send.too_late' });
});

it('a worker that stands still within the gate loses its transaction, and with it the locks that the stop waits for', async () => {
  const contact = await admitted();
  const gate = standStillAt('claim.commit', contact);
  const placing = place(contact);
  placing.catch(() => undefined);
  await gate.reached;
  const ack = await pause(contact.campaignId);
  expect(ack).toMatchObject({ revoked: 0, inFlight: 0, complete: true });
  gate.open();
  await expect(placing).rejects.toThrow();
  expect(await attemptOf(contact)).toBeUndefined();
  expect(await requestsOf(contact)).toEqual([]);
  // The same admission comes again, as Temporal brings it, and meets the pause.
  expect(await place(contact)).toMatchObject({ kind: 'waiting', reason: 'campaign.paused' });
});

it('what remains of I3: a worker halted in the very gap before its request rings late, and the call is hung up at once', async () => {
  const contact = await admitted();
  const gate = createGate();
  const halted: CarrierSource = {
    ...engine.carriers,
    lineOf: async (tenantId, carrierId) => {
      const line = await engine.carriers.lineOf(tenantId, carrierId);
      const dial: typeof line.carrier.dial = async (...given) => {
        await gate.pass();
        return line.carrier.dial(...given);
      };
      return { ...line, carrier: { ...line.carrier, dial } };
    },
  };
  const placing = place(contact, halted);
  await gate.reached;
  const ack = await pause(contact.campaignId);
  expect(ack.complete).toBe(false);
  expect((await stopsOf(contact))[0]!.acknowledged).toBeGreaterThanOrEqual((await attemptOf(contact))!.lease);
  gate.open();
  await placing;
  expect(await requestsOf(contact)).toEqual(['dial', 'hangup']);
});

it('a request that its sender has given up is waited for to the end of its lease all the same: its bytes may be on their way', async () => {
  const contact = await admitted();
  const givesUp: CarrierSource = {
    ...engine.carriers,
    lineOf: async (tenantId, carrierId) => {
      const line = await engine.carriers.lineOf(tenantId, carrierId);
      const dial: typeof line.carrier.dial = () => Promise.resolve({ kind: 'unknown', reason: 'timeout' });
      return { ...line, carrier: { ...line.carrier, dial } };
    },
  };
  await place(contact, givesUp);
  const { state, lease } = (await attemptOf(contact))!;
  expect(state).toBe('unknown');
  const ack = await pause(contact.campaignId);
  expect(ack.complete).toBe(false);
  expect((await stopsOf(contact))[0]!.acknowledged).toBeGreaterThanOrEqual(lease);
});

it('a worker that is dead hangs nothing up: the acknowledgement says so within its bound, and another one may still do it', async () => {
  const contact = await admitted();
  expect(await place(contact)).toEqual({ kind: 'pending' });
  const ack = await pause(contact.campaignId);
  expect(ack).toMatchObject({ inFlight: 1, hungUp: 0, complete: false });
  const { carrier_ref: reference } = (await attemptOf(contact))!;
  await hangUp(engine, engine.tenantId, contact.attemptId, engine.carrierId, reference!);
  expect(await requestsOf(contact)).toEqual(['dial', 'hangup']);
  expect((await pause(contact.campaignId)).complete).toBe(true);
});

it('a stop whose process died before it was acknowledged is acknowledged once its scope is quiet, by whoever finds it', async () => {
  const contact = await admitted();
  const { campaignId, contactId } = contact;
  await engine.db.inTenant(engine.tenantId, (tx) =>
    claimAttempt(tx, engine, { campaignId, contactId, admission: 1 }),
  );
  await beginStop(engine.db, clock, request(campaignId), async (tx) => {
    await setCampaignStatus(tx, campaignId, { status: 'paused', reason: null });
  });
  await acknowledgeOpenStops(engine, engine.tenantId);
  expect(await stopsOf(contact)).toEqual([{ acknowledged: null, complete: null }]);
  await query(
    `UPDATE stop_requests SET committed_real = committed_real - interval '6 seconds' WHERE tenant_id = $1 AND target_id = $2`,
    campaignId,
  );
  await acknowledgeOpenStops(engine, engine.tenantId);
  const [stop] = await stopsOf(contact);
  expect([typeof stop!.acknowledged, stop!.complete]).toEqual(['number', true]);
});
