import { SpanKind } from '@opentelemetry/api';
import { isAttemptId } from '../../domain/ids.ts';
import type { OrphanCause } from '../../domain/recovery.ts';
import type { Carrier } from '../../carriers/port.ts';
import { lockPerson } from '../../db/locks.ts';
import { markSent } from '../../db/repositories/attempts.ts';
import {
  attemptsKnown,
  markOrphanHungUp,
  markOrphansGone,
  recordOrphan,
} from '../../db/repositories/orphaned-calls.ts';
import { openRestore } from '../../db/repositories/restores.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import { countRepair } from '../telemetry.ts';
import { traceStep } from '../tracing.ts';
import { askAboutSilent, lookUp, type LookUpDeps } from './look-ups.ts';

/**
 * A carrier's list of calls under way, compared with our attempts. A call on it needs no question about its silence; one
 * that none of our attempts accounts for is hung up and reported.
 */
export interface CallWatch {
  /** One look at a carrier of a tenant. Two workers may look at once; each needs two looks of its own to believe. */
  round(tenantId: string, carrierId: string, stopping?: AbortSignal): Promise<void>;
}

/**
 * Real ms from the first look to the one that is believed. Longer than a permit, a send and the time after which "no such
 * call" is believed together take: whatever was on its way at the first look has its row by then.
 */
const BELIEVED_AFTER_MS = 10_000;

interface LiveCall {
  readonly attemptId: string;
  readonly reference: string;
}

/** What a call on the carrier's list is to us. */
type Standing = 'ours' | 'given_up' | 'not_of_ours' | { readonly orphan: OrphanCause };

/** @param options.believedAfterMs for tests */
export function createCallWatch(
  deps: LookUpDeps,
  options: { readonly believedAfterMs?: number } = {},
): CallWatch {
  const believedAfterMs = options.believedAfterMs ?? BELIEVED_AFTER_MS;
  /** When (monotonic ms) a call was first seen to be nobody's; by tenant and carrier, then by the carrier's reference. */
  const suspects = new Map<string, Map<string, number>>();

  async function round(tenantId: string, carrierId: string, stopping?: AbortSignal): Promise<void> {
    const { carrier } = await deps.carriers.lineOf(tenantId, carrierId);
    if (!carrier.capabilities().listsLive) return askAboutSilent(deps, tenantId, carrierId, [], stopping);
    let live: readonly LiveCall[];
    try {
      live = await carrier.listLive();
    } catch (error) {
      // Single questions may be answered all the same.
      await askAboutSilent(deps, tenantId, carrierId, [], stopping);
      throw error;
    }
    // After a restore the database is what lacks calls: they are taken up by its reconciliation, and whoever talks is left to.
    const restoring = await deps.db.single(tenantId, openRestore);
    if (restoring === null) await compare(tenantId, carrierId, carrier, live);
    await askAboutSilent(
      deps,
      tenantId,
      carrierId,
      live.map((call) => call.attemptId),
      stopping,
    );
  }

  async function compare(
    tenantId: string,
    carrierId: string,
    carrier: Carrier,
    live: readonly LiveCall[],
  ): Promise<void> {
    const key = `${tenantId}/${carrierId}`;
    const before = suspects.get(key) ?? new Map<string, number>();
    const now = performance.now();
    const still = new Map<string, number>();
    const standings = await standingsOf(deps, tenantId, live);
    for (const call of live) {
      const standing = standings.get(call.attemptId) ?? 'ours';
      if (standing === 'given_up') await takeUp(deps, tenantId, call);
      if (typeof standing === 'string') continue;
      const since = before.get(call.reference) ?? now;
      still.set(call.reference, since);
      // Its list may be older than its answer to a question.
      if (now - since >= believedAfterMs && before.has(call.reference) && (await isLive(carrier, call)))
        await hangUpOrphan(deps, tenantId, carrierId, carrier, call, standing.orphan);
    }
    suspects.set(key, still);
    await deps.db.single(tenantId, (tx) =>
      markOrphansGone(
        tx,
        carrierId,
        live.map((call) => call.reference),
      ),
    );
  }

  return { round };
}

async function standingsOf(
  deps: LookUpDeps,
  tenantId: string,
  live: readonly LiveCall[],
): Promise<Map<string, Standing>> {
  const standings = new Map<string, Standing>();
  if (live.length === 0) return standings;
  const ids = live.map((call) => call.attemptId);
  const known = await deps.db.single(tenantId, (tx) => attemptsKnown(tx, ids));
  for (const { id, state, sent } of known) {
    if (state === 'sending' || state === 'sent' || state === 'unknown') standings.set(id, 'ours');
    else standings.set(id, state === 'abandoned' && sent ? 'given_up' : { orphan: state });
  }
  const strange = ids.filter((id) => !standings.has(id));
  if (strange.length === 0) return standings;
  const elsewhere = await ofOtherTenants(deps, tenantId, strange.filter(isAttemptId));
  for (const id of strange) {
    standings.set(id, isAttemptId(id) && !elsewhere.has(id) ? { orphan: 'unknown' } : 'not_of_ours');
  }
  return standings;
}

/** Tenants may share an account at a carrier: what is another's is their own worker's to judge (I12). */
async function ofOtherTenants(
  deps: LookUpDeps,
  tenantId: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  if (ids.length === 0) return found;
  for (const other of await deps.db.tenants()) {
    if (other.tenantId === tenantId) continue;
    const known = await deps.db.single(other.tenantId, (tx) => attemptsKnown(tx, ids));
    for (const { id } of known) found.add(id);
  }
  return found;
}

async function isLive(carrier: Carrier, call: LiveCall): Promise<boolean> {
  if (carrier.capabilities().lookup === 'none') return true;
  return (await lookUp(carrier, call.attemptId)).kind === 'live';
}

/**
 * A call of ours that we gave up too soon: it rang, so it counts. It is marked to be hung up with that, and is, like any
 * other, unless somebody answered.
 */
async function takeUp(deps: LookUpDeps, tenantId: string, { attemptId, reference }: LiveCall): Promise<void> {
  const sent = await deps.db.inTenant(tenantId, async (tx) => {
    const [attempt] = await attemptsKnown(tx, [attemptId]);
    await lockPerson(tx, attempt!.personId);
    return markSent(tx, attemptId, reference, deps.clock.now());
  });
  if (sent !== null) countRepair('call_taken_up');
}

/** On record first, so that it is known of even where this process ends in between. */
async function hangUpOrphan(
  deps: LookUpDeps,
  tenantId: string,
  carrierId: string,
  carrier: Carrier,
  { attemptId, reference }: LiveCall,
  cause: OrphanCause,
): Promise<void> {
  const isNew = await deps.db.inTenant(tenantId, (tx) =>
    recordOrphan(tx, { carrierId, reference, attemptId, cause, at: deps.clock.now() }),
  );
  if (isNew) countNearMiss('orphan_found');
  const told = await traceStep(
    'carrier.hangup',
    () => carrier.hangup(reference),
    (done) => ({
      'rightcall.attempt': attemptId,
      'rightcall.carrier': carrierId,
      'rightcall.carrier.result': done ? 'hung_up' : 'not_told',
    }),
    SpanKind.CLIENT,
  );
  if (!told) return;
  if (await deps.db.single(tenantId, (tx) => markOrphanHungUp(tx, carrierId, reference))) {
    countRepair('orphan_hung_up');
  }
}
