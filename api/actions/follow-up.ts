import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../../db/client.ts';
import { lockCampaign, newestNamed, type CampaignRow } from '../../db/repositories/campaigns.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { insertMovedContact, placeTaken } from '../../db/repositories/contact-moves.ts';
import { contactById } from '../../db/repositories/contacts.ts';
import type { PersonSealer } from '../../db/vault/index.ts';
import { MINUTE_MS, type EpochMs } from '../../domain/time.ts';
import type { DispositionChoice } from '../../domain/wrap-up.ts';

/** What became of a disposition that puts its contact into another campaign as well. */
export interface FollowUp {
  readonly campaign: string;
  /** Null: it was not put there. */
  readonly contactId: string | null;
  /** Why not: `campaign.missing`, `campaign.over`, `person.there` or `external_id.there`; null: it was. */
  readonly reason: string | null;
}

/** The campaign to follow up in, held so that it does not end meanwhile; before the person, as everywhere (db/locks.ts). */
export async function lockFollowUp(
  tx: Tx,
  choice: DispositionChoice | undefined,
): Promise<CampaignRow | null> {
  const name = choice?.followUp?.campaign;
  if (name === undefined) return null;
  const id = await newestNamed(tx, name);
  return id === null ? null : lockCampaign(tx, id);
}

/**
 * Put the contact's person into the campaign that the disposition names. What stands in the way is told and holds nobody
 * up: the call is written down all the same, and whoever set the list up can mend it.
 */
export async function followUp(
  tx: Tx,
  said: Author,
  sealer: PersonSealer,
  of: { readonly contactId: string; readonly attemptId: string },
  choice: DispositionChoice,
  target: CampaignRow | null,
  at: EpochMs,
): Promise<FollowUp | null> {
  if (choice.followUp === null) return null;
  const { campaign, afterMinutes } = choice.followUp;
  const not = (reason: string): FollowUp => ({ campaign, contactId: null, reason });
  if (target === null) return not('campaign.missing');
  if (target.status === 'stopped' || target.status === 'completed') return not('campaign.over');
  const from = (await contactById(tx, of.contactId))!;
  const taken = await placeTaken(tx, target.id, from);
  if (taken !== null) return not(taken === 'person' ? 'person.there' : 'external_id.there');
  const id = uuidv7();
  const attributes =
    from.attributes === null
      ? null
      : sealer.sealAttributes(id, sealer.openAttributes(from.id, from.attributes));
  const readyAt = at + afterMinutes * MINUTE_MS;
  await insertMovedContact(tx, from, { id, campaignId: target.id, attributes, readyAt }, at);
  await recordChange(tx, {
    by: said.by,
    requestId: said.requestId,
    action: 'writeCallDown',
    resource: 'contact',
    resourceId: id,
    before: null,
    after: { campaignId: target.id, state: 'waiting', followsUp: of.attemptId, disposition: choice.code },
    at,
  });
  return { campaign, contactId: id, reason: null };
}
