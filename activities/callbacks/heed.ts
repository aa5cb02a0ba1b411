import { ENGINE, dueTasks } from '../../domain/callback.ts';
import { callbacksOf, type CampaignCallbacks } from '../../domain/campaign-callbacks.ts';
import { needsAgents, type CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { noteDone } from '../../db/repositories/callback-progress.ts';
import { awaitPromise, lockCallback, type CallbackRow } from '../../db/repositories/callbacks.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { contactById } from '../../db/repositories/contacts.ts';
import { horizonMsOn, leadingReason } from '../../gate/decide.ts';
import { readDossier } from '../../gate/dossier.ts';
import type { PolicyReader } from '../../gate/policy-source.ts';
import { evaluate } from '../../policies/index.ts';
import { moveBarred } from './move.ts';

const BATCH = 50;

export interface HeedDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly policies: PolicyReader;
}

/**
 * Promises on their way: the rules are asked about those that nobody asked about, and about each when it falls due; owners
 * are reminded; what waited for an owner in vain is given to others. Whatever is done is noted in the transaction that does
 * it, so that of two workers one finds nothing left to do, and one that dies left nothing half done.
 * @returns whether more may be waiting
 */
export async function heedPromises(deps: HeedDeps, tenantId: string): Promise<boolean> {
  const due = await deps.db.single(tenantId, (tx) =>
    tx.prepared<{ id: string; personId: string }>(
      'promises_to_heed',
      `SELECT id, person_id AS "personId" FROM callbacks
       WHERE tenant_id = $1 AND status = 'promised' AND look_at <= $2 AND until_at > $2 ORDER BY look_at LIMIT ${BATCH}`,
      [tenantId, toIso(deps.clock.now())],
    ),
  );
  for (const { id, personId } of due) {
    await deps.db.inTenant(tenantId, async (tx) => {
      await lockPerson(tx, personId);
      await heedOne(tx, deps, id);
    });
  }
  return due.length === BATCH;
}

async function heedOne(tx: Tx, deps: HeedDeps, id: string): Promise<void> {
  const now = deps.clock.now();
  let callback = await lockCallback(tx, id);
  if (callback?.status !== 'promised' || callback.untilAt <= now) return;
  const definition = (await campaignById(tx, callback.campaignId))!.definition;
  const settings = callbacksOf(definition);
  for (const task of dueTasks(callback, settings, now)) {
    switch (task) {
      case 'ask':
      case 'ask_due': {
        const moved = await moveWhereBarred(tx, deps, callback, definition);
        // What else was due was so for the window that it had.
        if (moved !== null) return;
        const at = task === 'ask' ? { askedAt: now } : { dueAskedAt: now };
        callback = await noteDone(tx, callback, at, settings, now);
        break;
      }
      case 'remind': {
        const step = { kind: 'reminded', at: toIso(now), by: ENGINE, owner: callback.owner } as const;
        callback = await noteDone(tx, callback, { remindedAt: now, step }, settings, now);
        break;
      }
      case 'fall_back':
        callback = await fallBack(tx, callback, definition, settings, now);
    }
  }
}

/** The rules are asked about the window's beginning, or about now where it has begun. */
async function moveWhereBarred(
  tx: Tx,
  deps: HeedDeps,
  callback: CallbackRow,
  definition: CampaignDefinition,
): Promise<CallbackRow | null> {
  const at = Math.max(callback.fromAt, deps.clock.now());
  const dossier = await readDossier(tx, callback.contactId, at);
  if (dossier === null) return null;
  const policySet = await deps.policies.forCampaign(tx, dossier.policySetHash, dossier.campaign);
  const horizonMs = horizonMsOn(deps.clock);
  const evaluation = evaluate({ policySet, facts: dossier.facts, at, horizonMs });
  if (evaluation.verdict.kind !== 'defer') return null;
  const allowedFrom = evaluation.verdict.until;
  const reason = leadingReason(evaluation);
  const moved = await moveBarred(tx, deps.clock, callback, definition, { allowedFrom, reason });
  const contact = moved === null ? null : await contactById(tx, callback.contactId);
  if (moved === null || contact === null) return moved;
  if (contact.state === 'waiting') await awaitPromise(tx, contact, moved.fromAt, deps.clock.now());
  await notifyWork(tx);
  return moved;
}

/** Others may take it from now on, and it is looked at again; where nobody takes calls there is nothing to tell. */
async function fallBack(
  tx: Tx,
  callback: CallbackRow,
  { mode }: CampaignDefinition,
  settings: CampaignCallbacks,
  now: EpochMs,
): Promise<CallbackRow> {
  const { to } = settings.fallback;
  if (to === 'nobody' || !needsAgents(mode))
    return noteDone(tx, callback, { fellBackAt: now }, settings, now);
  const step = { kind: 'fell_back', at: toIso(now), by: ENGINE, to } as const;
  const noted = await noteDone(tx, callback, { fellBackAt: now, step }, settings, now);
  const rows = await tx.query(
    `UPDATE contacts SET ready_at = $3 WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'
       AND state_reason = 'callback.owner_away' AND ready_at > $3 RETURNING id`,
    [tx.tenantId, callback.contactId, toIso(now)],
  );
  if (rows.length > 0) await notifyWork(tx);
  return noted;
}
