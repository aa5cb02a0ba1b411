import type { Clock } from '../../domain/clock.ts';
import { SpanKind } from '@opentelemetry/api';
import type { Carrier, CarrierErrorKind, DialResult } from '../../carriers/port.ts';
import type { Database } from '../../db/client.ts';
import { pauseCarrier } from '../../db/pause-carrier.ts';
import type { Vault } from '../../db/vault/index.ts';
import { needsAgents } from '../../domain/campaign.ts';
import { reach } from '../../domain/steps.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import {
  beginSend,
  markNotRung,
  markSent,
  markUnknown,
  whyNotBegun,
} from '../../db/repositories/attempts.ts';
import { carrierById } from '../../db/repositories/carriers.ts';
import { NoPlace } from '../../domain/turns.ts';
import { timeCarrier } from '../telemetry.ts';
import { traceStep } from '../tracing.ts';
import { waitForSlot } from './send-slot.ts';
import type { Permit } from './claim.ts';
import type { CarrierSource, Line } from './carrier-source.ts';
import { dialogueKeys } from './dialogue-keys.ts';
import { noteLine } from './line-answer.ts';

export interface SendDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly carriers: CarrierSource;
}

/** What came of using a permit. */
export type SendOutcome =
  /** The carrier has the call; its events will tell the rest. */
  | { readonly kind: 'sent' }
  /** Nothing rang; the attempt is over and says why. */
  | { readonly kind: 'not_rung' }
  /** The carrier's answer was lost: only it can say whether a phone rings. */
  | { readonly kind: 'unknown' };

/** Real ms to wait for the carrier's answer; shorter than the send lease, so that the answer is recorded within it. */
const DIAL_TIMEOUT_MS = 1_500;
/**
 * Real ms after the beginning of the compare-and-set past which the request is not sent any more. A stop may be
 * acknowledged once the send lease is over; a process that was stopped for longer must not ring then (I3).
 */
const SEND_STALE_MS = 400;
/** Real ms from the compare-and-set to the recorded answer; a stop waits this long at most (I3). */
const SEND_LEASE_MS = 2_000;
/** How long (engine clock, beyond the ring time) an unknown attempt is asked about before it counts as rung. */
export const QUARANTINE_MS = 10 * 60_000;
/**
 * Refusals that say something of our account or the line and nothing of the number: whoever called next would be refused
 * as well. The carrier is paused until somebody has looked.
 */
const PAUSES_CARRIER: ReadonlySet<CarrierErrorKind> = new Set(['auth', 'capability']);

/**
 * Use a permit: wait for a send slot, `claimed → sending` by compare-and-set, then, and only then, ask the carrier.
 * The carrier is asked at most once, whatever happens (I2).
 */
export async function sendCall(deps: SendDeps, tenantId: string, permit: Permit): Promise<SendOutcome> {
  const { vault } = deps;
  const line = await deps.carriers.lineOf(tenantId, permit.carrierId);
  const opened = await vault.openNumber(tenantId, permit.personId, permit.sealedNumber);
  if (opened.kind === 'erased') {
    return notRung(deps, tenantId, permit.attemptId, 'claimed', 'abandoned', 'person.erased');
  }
  // A carrier that is slow to answer keeps its own permits waiting, and nobody else's.
  const leave = await line.load.places.enter(permit.campaignId).catch((error: unknown) => {
    if (error instanceof NoPlace) return null;
    throw error;
  });
  if (leave === null) {
    return notRung(deps, tenantId, permit.attemptId, 'claimed', 'abandoned', 'carrier.line_full');
  }
  try {
    return await sendThrough(deps, tenantId, permit, line, opened.value);
  } finally {
    leave();
  }
}

/** The same in one of the line's places. @param to the number, E.164 */
async function sendThrough(
  deps: SendDeps,
  tenantId: string,
  permit: Permit,
  line: Line,
  to: string,
): Promise<SendOutcome> {
  const { db, clock } = deps;
  const keys = await dialogueKeys(db, tenantId, permit.definition);
  const { callsPerSecond: campaignLimit } = permit.definition;
  if (!(await waitForSlot(db, tenantId, permit, line.callsPerSecond, campaignLimit))) {
    return notRung(deps, tenantId, permit.attemptId, 'claimed', 'abandoned', 'carrier.line_full');
  }
  await reach('send.slot_taken', permit.attemptId);
  if (line.load.restMs() > 0) {
    // It began to fail while this permit stood in line: one more request would fail as well.
    return notRung(deps, tenantId, permit.attemptId, 'claimed', 'abandoned', 'carrier.resting');
  }
  const beganMs = performance.now();
  await reach('send.begin', permit.attemptId);
  const now = clock.now();
  const sending = await db.single(tenantId, (tx) => beginSend(tx, permit, now, SEND_LEASE_MS));
  if (!sending) {
    // Revoked by a stop, out of lease, or out of its window: in each case nothing was sent.
    countNearMiss(await db.single(tenantId, (tx) => whyNotBegun(tx, permit, now)));
    return notRung(deps, tenantId, permit.attemptId, 'claimed', 'abandoned', 'permit.expired');
  }
  await reach('send.begun', permit.attemptId);
  if (performance.now() - beganMs > SEND_STALE_MS) {
    // This process stood still after the compare-and-set. Nobody else may send, so nothing was sent, and nothing will be.
    countNearMiss('send_too_late');
    return notRung(deps, tenantId, permit.attemptId, 'sending', 'abandoned', 'send.too_late');
  }
  const result = await askCarrier(line.carrier, permit, to, keys);
  await reach('send.answered', permit.attemptId);
  const outcome = await recordAnswer(deps, tenantId, permit, result);
  await noteLine(db, tenantId, permit.carrierId, line.load, result);
  return outcome;
}

/** Write down what the carrier answered, and what follows from it for the attempt. */
async function recordAnswer(
  deps: SendDeps,
  tenantId: string,
  permit: Permit,
  result: DialResult,
): Promise<SendOutcome> {
  const { db, clock } = deps;
  switch (result.kind) {
    case 'accepted': {
      if (result.duplicate === true) countNearMiss('dial_duplicate');
      const sent = await db.single(tenantId, (tx) =>
        markSent(tx, permit.attemptId, result.reference, clock.now()),
      );
      await reach('send.recorded', permit.attemptId);
      if (sent?.hangupRequested === true) {
        countNearMiss('sent_before_stop');
        await hangUp(deps, tenantId, permit.attemptId, permit.carrierId, result.reference);
      }
      return { kind: 'sent' };
    }
    case 'rejected': {
      const { rejection } = result;
      const reason = `carrier.${rejection.kind}: ${rejection.reason}`;
      const outcome =
        rejection.outcome ?? (rejection.kind === 'rate_limited' ? 'congestion' : 'carrier_error');
      const rejected = await notRung(
        deps,
        tenantId,
        permit.attemptId,
        'sending',
        'rejected',
        reason,
        outcome,
      );
      if (PAUSES_CARRIER.has(rejection.kind)) await pauseFor(deps, tenantId, permit.carrierId, reason);
      return rejected;
    }
    case 'unknown':
      countNearMiss('answer_lost');
      await db.single(tenantId, (tx) =>
        markUnknown(tx, permit.attemptId, result.reason, clock.now(), quarantineEnd(clock, permit)),
      );
      await reach('send.recorded', permit.attemptId);
      return { kind: 'unknown' };
  }
}

/** The request itself, measured and traced. */
function askCarrier(
  carrier: Carrier,
  permit: Permit,
  to: string,
  keys: Readonly<Record<string, string>>,
): Promise<DialResult> {
  const dial = () =>
    carrier.dial(
      {
        attemptId: permit.attemptId,
        to,
        from: permit.definition.callerId,
        ringTimeoutS: permit.definition.ringTimeoutS,
        // Who talks matters where it is an agent: whoever answers waits for them.
        context: {
          purpose: permit.definition.purpose,
          ...(needsAgents(permit.mode) ? { mode: permit.mode } : {}),
          ...keys,
        },
      },
      DIAL_TIMEOUT_MS,
    );
  return traceStep(
    'carrier.dial',
    () => timeCarrier(dial, ({ kind }) => kind),
    ({ kind }) => ({
      'rightcall.attempt': permit.attemptId,
      'rightcall.carrier': permit.carrierId,
      'rightcall.carrier.result': kind,
    }),
    SpanKind.CLIENT,
  );
}

/** Pause a line that will refuse every call alike; the first of many refusals does it. */
async function pauseFor(deps: SendDeps, tenantId: string, carrierId: string, reason: string): Promise<void> {
  const carrier = await deps.db.inTenant(tenantId, (tx) => carrierById(tx, carrierId));
  if (carrier === null || carrier.pausedReal !== null) return;
  await pauseCarrier(deps, { tenantId, carrierId, reason, by: 'engine', requestId: null });
}

function quarantineEnd(clock: Clock, permit: Permit): number {
  return clock.now() + QUARANTINE_MS + permit.definition.ringTimeoutS * 1_000;
}

async function notRung(
  deps: SendDeps,
  tenantId: string,
  attemptId: string,
  from: 'claimed' | 'sending',
  to: 'abandoned' | 'rejected',
  reason: string,
  outcome: string | null = null,
): Promise<SendOutcome> {
  await deps.db.single(tenantId, (tx) =>
    markNotRung(tx, attemptId, from, to, reason, deps.clock.now(), outcome),
  );
  await reach('send.recorded', attemptId);
  return { kind: 'not_rung' };
}

/** Hang up a call that a stop asked for, and note when it was done. @returns whether the carrier took the word */
export async function hangUp(
  deps: Pick<SendDeps, 'db' | 'carriers'>,
  tenantId: string,
  attemptId: string,
  carrierId: string,
  reference: string,
): Promise<boolean> {
  const line = await deps.carriers.lineOf(tenantId, carrierId);
  await reach('hangup.ask', attemptId);
  const done = await traceStep(
    'carrier.hangup',
    () => line.carrier.hangup(reference),
    (told) => ({
      'rightcall.attempt': attemptId,
      'rightcall.carrier': carrierId,
      'rightcall.carrier.result': told ? 'hung_up' : 'not_told',
    }),
    SpanKind.CLIENT,
  );
  if (!done) {
    countNearMiss('hangup_failed');
    return false;
  }
  await reach('hangup.asked', attemptId);
  await deps.db.single(tenantId, (tx) =>
    tx.query('UPDATE attempts SET hangup_done_real = clock_timestamp() WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      attemptId,
    ]),
  );
  return true;
}
