import type { Carrier, CarrierCall } from '../../carriers/port.ts';
import type { Database } from '../../db/client.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import {
  callableContacts,
  carriersInRestore,
  noteCarrier,
  noteHungUp,
  type CarrierInRestore,
  type Restore,
} from '../../db/repositories/restores.ts';
import type { Vault } from '../../db/vault/index.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf, RightcallError } from '../../domain/failures.ts';
import { attemptIdOf } from '../../domain/ids.ts';
import { NOTHING_TOLD, type ReconcileCounts, type ReconcileState } from '../../domain/restore.ts';
import type { CarrierSource } from '../calls/carrier-source.ts';
import { hangUp } from '../calls/send.ts';
import { attachRestoredCalls } from './attach.ts';
import { readAttemptId, realOf, recordCall } from './record-call.ts';

export interface ReconcileDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly carriers: CarrierSource;
}

export interface ReconciledCarrier {
  readonly carrierId: string;
  readonly name: string;
  readonly state: ReconcileState;
  readonly counts: ReconcileCounts;
  readonly reason: string | null;
}

/** A call taken this short (real ms) before the carrier was asked, after the restore began, was sent by somebody else. */
const STILL_DIALLING_MS = 30_000;
/**
 * Numbers asked about beyond the last that the carrier knows, where it can only be asked one by one: attempts that never
 * reached it leave gaps, and more than a few in a row are not made (each is a permit whose send failed).
 */
const LOOK_AHEAD = 5;
/** Contacts asked about at once. */
const AT_ONCE = 8;
const PAGE_ROWS = 500;

/**
 * Ask every carrier of a tenant what it took since the restored state, and make it true in the rows. A carrier that cannot
 * say all is left as `failed`, with the reason. May be repeated, and goes on where it was.
 */
export async function reconcileTenant(
  deps: ReconcileDeps,
  action: Author & { readonly tenantId: string; readonly restore: Restore },
): Promise<ReconciledCarrier[]> {
  const { tenantId, restore } = action;
  const carriers = await deps.db.single(tenantId, (tx) => carriersInRestore(tx, restore.id));
  const done: ReconciledCarrier[] = [];
  for (const carrier of carriers) {
    const result = await reconcileCarrier(deps, tenantId, restore, carrier);
    await deps.db.inTenant(tenantId, async (tx) => {
      await noteCarrier(tx, { ...result, restoreId: restore.id, decidedBy: null });
      await recordChange(tx, {
        ...action,
        action: 'reconcileCarrier',
        resource: 'restore',
        resourceId: restore.id,
        before: null,
        after: { carrier: carrier.name, state: result.state, ...result.counts },
        reason: result.reason,
        at: deps.clock.now(),
      });
    });
    done.push(result);
  }
  await deps.db.inTenant(tenantId, (tx) => attachRestoredCalls(tx, deps.clock));
  return done;
}

async function reconcileCarrier(
  deps: ReconcileDeps,
  tenantId: string,
  restore: Restore,
  carrier: CarrierInRestore,
): Promise<ReconciledCarrier> {
  const counts: { -readonly [key in keyof ReconcileCounts]: number } = { ...NOTHING_TOLD };
  const askedReal = Date.now();
  let latestReal = 0;
  const take = async (call: CarrierCall) => {
    counts.told += 1;
    latestReal = Math.max(latestReal, realOf(deps.clock, call.acceptedAt));
    await takeCall(deps, tenantId, restore.id, carrier, call, counts);
  };
  const result = (state: ReconcileState, reason: string | null) => {
    return { carrierId: carrier.carrierId, name: carrier.name, state, counts, reason };
  };
  try {
    const { carrier: adapter } = await deps.carriers.lineOf(tenantId, carrier.carrierId);
    const { listsPast, lookup } = adapter.capabilities();
    if (listsPast) {
      for await (const call of adapter.listSince(restore.sinceAt)) await take(call);
    } else if (lookup === 'attempt') {
      await askOneByOne(deps, tenantId, adapter, take, counts);
    } else {
      return result('failed', 'the carrier neither lists the calls it took nor finds them by attempt id');
    }
  } catch (error) {
    return result('failed', messageOf(error));
  }
  return latestReal > restore.beganReal && latestReal > askedReal - STILL_DIALLING_MS
    ? result(
        'dialling',
        'the carrier took a call just now, after the restore began: another engine still dials',
      )
    : result('reconciled', null);
}

/** One call the carrier told of: recorded, counted, and hung up where it rings, or where nobody knows it. */
async function takeCall(
  deps: ReconcileDeps,
  tenantId: string,
  restoreId: string,
  carrier: CarrierInRestore,
  call: CarrierCall,
  counts: { -readonly [key in keyof ReconcileCounts]: number },
): Promise<void> {
  const { carrierId } = carrier;
  if (await isElsewhere(deps, tenantId, carrier, call.attemptId)) return;
  const numberHash = call.to === null ? null : deps.vault.numberHash(tenantId, call.to);
  const recorded = await deps.db.inTenant(tenantId, (tx) =>
    recordCall(tx, deps.clock, { restoreId, carrierId, numberHash }, call),
  );
  const { found } = call;
  switch (recorded) {
    case 'foreign':
      counts.foreign += 1;
      return;
    case 'without_contact':
      counts.withoutContact += 1;
      if (found.kind === 'final' && found.end.disposition === 'opted_out') counts.optedOut += 1;
      if (found.kind === 'live') {
        const line = await deps.carriers.lineOf(tenantId, carrierId);
        if (await line.carrier.hangup(found.reference)) {
          counts.hungUp += 1;
          await deps.db.single(tenantId, (tx) => noteHungUp(tx, carrierId, call.attemptId));
        }
      }
      return;
    case 'contradicted':
      counts.contradicted += 1;
      break;
    case 'known':
      counts.known += 1;
      break;
    case 'restored':
      counts.restored += 1;
      if (found.kind === 'final' && found.end.disposition === 'opted_out') counts.optedOut += 1;
      break;
  }
  if (found.kind !== 'live') return;
  counts.live += 1;
  // All dialling is stopped: what rings goes down. Who talks is left to talk.
  if (found.status !== 'ringing') return;
  await deps.db.single(tenantId, (tx) =>
    tx.query(
      `UPDATE attempts SET hangup_requested_real = coalesce(hangup_requested_real, clock_timestamp())
       WHERE tenant_id = $1 AND id = $2`,
      [tenantId, call.attemptId],
    ),
  );
  await hangUp(deps, tenantId, call.attemptId, carrierId, found.reference);
  counts.hungUp += 1;
}

/** Whether the call is another tenant's, where several dial through one line of the same account. */
async function isElsewhere(
  deps: ReconcileDeps,
  tenantId: string,
  carrier: CarrierInRestore,
  attemptId: string,
): Promise<boolean> {
  const id = readAttemptId(attemptId);
  if (id === null) return false;
  for (const other of await deps.db.tenants()) {
    if (other.tenantId === tenantId) continue;
    const there = await deps.db.single(other.tenantId, (tx) =>
      tx.query(
        `SELECT 1 AS one FROM contacts c JOIN carriers k ON k.tenant_id = c.tenant_id
         WHERE c.tenant_id = $1 AND c.id = $2 AND k.kind = $3 AND k.config->>'baseUrl' = $4 LIMIT 1`,
        [other.tenantId, id.contactId, carrier.kind, carrier.baseUrl],
      ),
    );
    if (there.length > 0) return true;
  }
  return false;
}

/** For each contact that may have been called, the numbers after its latest attempt, until the carrier knows no more. */
async function askOneByOne(
  deps: ReconcileDeps,
  tenantId: string,
  adapter: Carrier,
  take: (call: CarrierCall) => Promise<void>,
  counts: { told: number },
): Promise<void> {
  let asked = 0;
  const ask = async (contact: { id: string; attempts: number }) => {
    for (let n = contact.attempts + 1, missing = 0; missing < LOOK_AHEAD; n++) {
      const attemptId = attemptIdOf(contact.id, n);
      const found = await adapter.lookup(attemptId);
      asked += 1;
      if (found.kind === 'unknown') throw new RightcallError('unavailable', found.reason);
      if (found.kind === 'not_found') {
        missing += 1;
        continue;
      }
      missing = 0;
      const acceptedAt =
        found.kind === 'live' ? found.since : found.end.at - (found.end.ringS + found.end.talkS) * 1_000;
      await take({ attemptId, to: null, acceptedAt, found });
    }
  };
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const page = await deps.db.single(tenantId, (tx) => callableContacts(tx, after, PAGE_ROWS));
    for (let i = 0; i < page.length; i += AT_ONCE) await Promise.all(page.slice(i, i + AT_ONCE).map(ask));
    if (page.length < PAGE_ROWS) break;
    after = page.at(-1)!.id;
  }
  counts.told = asked;
}
