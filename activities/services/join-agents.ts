import { SpanKind } from '@opentelemetry/api';
import type { Clock } from '../../domain/clock.ts';
import { reach } from '../../domain/steps.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Database } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import {
  callsToJoin,
  callsToLetGo,
  markLetGo,
  waitingCalls,
  type CallAtCarrier,
} from '../../db/repositories/agent-call-queues.ts';
import { notifyWork } from '../../db/notify.ts';
import { giveToAnother } from '../../db/repositories/seat-release.ts';
import { giveUpWaiting } from '../agents/give-up.ts';
import { onJoined } from '../agents/joined.ts';
import type { CarrierSource } from '../calls/carrier-source.ts';
import { traceStep, withinAttempt } from '../tracing.ts';
import type { Lanes } from './lanes.ts';

/**
 * Answered calls and their agents: whoever waits gets the next one free, or is let go when the time that the rules give is
 * over; carriers are asked to join and to let go. Any number of workers may do so at once: each step is a
 * compare-and-set, and the carrier joins two who are joined once.
 */
export interface JoinDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly carriers: CarrierSource;
}

/** Calls looked at in one round. */
const BATCH = 100;

/**
 * Give waiting calls to whoever is free, oldest first, and give up those whose time is over.
 * @returns when (engine clock) the next one's time is over; null: none waits
 */
export async function tendWaiting(deps: JoinDeps, tenantId: string): Promise<EpochMs | null> {
  const { db, clock } = deps;
  const waiting = await db.single(tenantId, (tx) => waitingCalls(tx, BATCH));
  let next: EpochMs | null = null;
  for (const { attemptId, personId, connectBy } of waiting) {
    const isOver = connectBy <= clock.now();
    const gone = await db.inTenant(tenantId, async (tx) => {
      await lockPerson(tx, personId);
      const done = isOver
        ? await giveUpWaiting(tx, clock, attemptId)
        : await giveToAnother(tx, clock, attemptId);
      if (done) await notifyWork(tx);
      if (done && isOver) await reach('abandon.commit', attemptId);
      return done;
    });
    if (gone && isOver) await reach('abandon.committed', attemptId);
    if (!gone && !isOver) next = Math.min(next ?? connectBy, connectBy);
  }
  return next;
}

/** Ask carriers for what is due at them, each call in a lane of its own: one that is slow to answer keeps no other waiting. */
export async function askForAgents(deps: JoinDeps, lanes: Lanes, tenantId: string): Promise<void> {
  const { toJoin, toLetGo } = await deps.db.single(tenantId, async (tx) => ({
    toJoin: await callsToJoin(tx, BATCH),
    toLetGo: await callsToLetGo(tx, BATCH),
  }));
  for (const call of toJoin) {
    lanes.run(`join ${call.attemptId}`, () => joinAgent(deps, tenantId, call));
  }
  for (const call of toLetGo) {
    lanes.run(`let go ${call.attemptId}`, () => letGo(deps, tenantId, call));
  }
}

/** Ask the carrier to join a call with its agent. What it does not say is asked again; what is over, events will tell. */
export async function joinAgent(
  deps: JoinDeps,
  tenantId: string,
  call: CallAtCarrier & { readonly agentId: string },
): Promise<boolean> {
  const { attemptId, agentId, contactId, admission } = call;
  return withinAttempt({ tenantId, contactId, admission }, async () => {
    const { carrier } = await deps.carriers.lineOf(tenantId, call.carrierId);
    await reach('bridge.ask', attemptId);
    const result = await asked('carrier.bridge', call, () =>
      carrier.bridge(call.reference, { agentId, attemptId }),
    );
    // They are joined by now, however long it takes to note it.
    const at = deps.clock.now();
    await reach('bridge.answered', attemptId);
    if (result !== 'joined') return false;
    const joined = await deps.db.inTenant(tenantId, async (tx) => {
      await lockPerson(tx, call.personId);
      const done = await onJoined(tx, { attemptId, agentId, at });
      if (done) await notifyWork(tx);
      await reach('bridge.commit', attemptId);
      return done;
    });
    await reach('bridge.committed', attemptId);
    return joined;
  });
}

/** Have the carrier say what the rules want said to somebody whom no agent takes, and hang up. */
export async function letGo(
  deps: JoinDeps,
  tenantId: string,
  call: CallAtCarrier & { readonly announce: readonly string[] },
): Promise<boolean> {
  const { attemptId, contactId, admission, announce } = call;
  return withinAttempt({ tenantId, contactId, admission }, async () => {
    const { carrier } = await deps.carriers.lineOf(tenantId, call.carrierId);
    const says = announce.length > 0 && carrier.capabilities().play;
    await reach('letgo.ask', attemptId);
    const told = await asked(says ? 'carrier.play' : 'carrier.hangup', call, async () =>
      (
        says
          ? await carrier.play(call.reference, { items: announce, language: null })
          : await carrier.hangup(call.reference)
      )
        ? 'told'
        : 'not_told',
    );
    await reach('letgo.asked', attemptId);
    if (told === 'told') await deps.db.single(tenantId, (tx) => markLetGo(tx, attemptId));
    return told === 'told';
  });
}

function asked<T extends string>(name: string, call: CallAtCarrier, ask: () => Promise<T>): Promise<T> {
  return traceStep(
    name,
    ask,
    (result) => ({
      'rightcall.attempt': call.attemptId,
      'rightcall.carrier': call.carrierId,
      'rightcall.carrier.result': result,
    }),
    SpanKind.CLIENT,
  );
}
