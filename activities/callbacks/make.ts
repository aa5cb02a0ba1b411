import { v7 as uuidv7 } from 'uuid';
import { ENGINE, type CallbackAsker } from '../../domain/callback.ts';
import { callbacksOf, type CallbackAhead, type CallbackRule } from '../../domain/campaign-callbacks.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import { callbackAsked } from '../../domain/script-keys.ts';
import { MINUTE_MS, type EpochMs } from '../../domain/time.ts';
import type { Disposition, Outcome } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { insertCallback } from '../../db/repositories/callbacks.ts';
import { keysPressed } from '../calls/opt-out.ts';

/** A call that is over, and left no promise standing. */
export interface CallOver {
  readonly attemptId: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly personId: string;
  readonly outcome: Outcome | null;
  readonly disposition: Disposition | null;
  readonly definition: CampaignDefinition;
}

/** Who says that a key was pressed: the call itself, as with an opt-out (activities/calls/opt-out.ts). */
const BY_CALL = 'call';
/** Whose a promise is that nobody in particular made. */
const OF_CAMPAIGN = 'campaign';

/**
 * The promise that a call makes by itself: the person asked for it by a key that the script says so of, or a rule of the
 * campaign gives it. The rules of the law are asked about it at once (heed.ts), and it is moved where they leave no room.
 * The caller holds the person, and puts the contact into the hopper.
 * @returns null: none
 */
export async function promiseByCall(
  tx: Tx,
  clock: Clock,
  call: CallOver,
): Promise<{ readonly id: string; readonly fromAt: EpochMs } | null> {
  const asked = await askedByKey(tx, call);
  if (asked !== null)
    return insert(tx, clock, call, asked, { askedBy: 'person', owner: OF_CAMPAIGN, by: BY_CALL });
  const rule = callbacksOf(call.definition).rules.find((one) => applies(one, call));
  if (rule === undefined || (await promisedByRules(tx, call.contactId)) >= rule.atMost) return null;
  const owner = await ownerBy(tx, call.attemptId, rule.owner);
  return insert(tx, clock, call, rule, { askedBy: 'rule', owner, by: ENGINE });
}

async function askedByKey(
  tx: Tx,
  { attemptId, outcome, definition }: CallOver,
): Promise<CallbackAhead | null> {
  // Definitions of before there were scripts name none.
  if (outcome !== 'answered' || (definition.script ?? null) === null) return null;
  const row = await keysPressed(tx, attemptId);
  return row === null ? null : callbackAsked(row.document, row.pressed);
}

function applies({ on }: CallbackRule, { outcome, disposition }: CallOver): boolean {
  return (
    (on.outcome === null || on.outcome === outcome) &&
    (on.disposition === null || on.disposition === disposition)
  );
}

/** Promises that rules made to the contact so far. */
async function promisedByRules(tx: Tx, contactId: string): Promise<number> {
  const rows = await tx.query<{ made: number }>(
    `SELECT count(*)::int AS made FROM callbacks WHERE tenant_id = $1 AND contact_id = $2 AND asked_by = 'rule'`,
    [tx.tenantId, contactId],
  );
  return rows[0]!.made;
}

async function ownerBy(tx: Tx, attemptId: string, to: CallbackRule['owner']): Promise<string> {
  const rows = await tx.query<{ agent_id: string | null; team: string | null }>(
    `SELECT c.agent_id, t.name AS team FROM agent_calls c
     LEFT JOIN teams t ON t.tenant_id = c.tenant_id AND t.id = c.team_id
     WHERE c.tenant_id = $1 AND c.attempt_id = $2`,
    [tx.tenantId, attemptId],
  );
  const { agent_id: agentId = null, team = null } = rows[0] ?? {};
  if (to === 'agent' && agentId !== null) return `agent:${agentId}`;
  return team === null ? OF_CAMPAIGN : `team:${team}`;
}

async function insert(
  tx: Tx,
  clock: Clock,
  { contactId, campaignId, personId, definition }: CallOver,
  ahead: CallbackAhead,
  of: { readonly askedBy: CallbackAsker; readonly owner: string; readonly by: string },
): Promise<{ readonly id: string; readonly fromAt: EpochMs } | null> {
  const now = clock.now();
  const fromAt = now + ahead.afterMinutes * MINUTE_MS;
  const { endAt } = definition.schedule;
  if (endAt !== null && fromAt >= Date.parse(endAt)) return null;
  const { askedBy, owner, by } = of;
  const callback = await insertCallback(
    tx,
    {
      id: uuidv7(),
      contactId,
      campaignId,
      personId,
      fromAt,
      untilAt: fromAt + ahead.windowMinutes * MINUTE_MS,
      topic: null,
      askedBy,
      owner,
      askedAt: null,
      contactBefore: { state: 'waiting', reason: null, readyAt: now },
      createdBy: by,
    },
    callbacksOf(definition),
    now,
  );
  return { id: callback.id, fromAt };
}
