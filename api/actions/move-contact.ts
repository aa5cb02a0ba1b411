import { v7 as uuidv7 } from 'uuid';
import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { lockCampaign } from '../../db/repositories/campaigns.ts';
import { recordChange } from '../../db/repositories/changes.ts';
import {
  endContact,
  insertMovedContact,
  openAttemptOf,
  placeTaken,
} from '../../db/repositories/contact-moves.ts';
import { contactById, type ContactRow } from '../../db/repositories/contacts.ts';
import type { Clock } from '../../domain/clock.ts';
import { conflict, invalidInput, notFound } from '../../domain/failures.ts';
import { isTerminalContactState } from '../../domain/vocabulary.ts';
import type { ApiVault } from '../deps.ts';
import type { ContactAction } from './stop-contact.ts';

/** Reason code of contacts whose person was moved to another campaign. */
export const MOVED = 'contact.moved';

interface MoveDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly vault: ApiVault;
}

/**
 * Give a contact's person a place in another campaign instead: a new contact waits there, and this one ends as
 * `stopped`. One transaction; attributes are sealed anew, since they are bound to their contact.
 * @throws RightcallError `not_found`; `conflict` while a call is being made or is up, for a contact that has ended, a
 * campaign that is over, or a person (or a customer's own id) that is in the campaign already.
 */
export async function moveContact(
  deps: MoveDeps,
  action: ContactAction & { readonly campaignId: string },
): Promise<{ movedTo: string; from: ContactRow }> {
  const newId = uuidv7();
  const before = await deps.db.inTenant(action.tenantId, (tx) => contactById(tx, action.contactId));
  if (before === null) throw notFound('the contact');
  // Keys are looked up before the transaction: nobody should wait for a connection while they hold one.
  const attributes = await resealed(deps.vault, action.tenantId, before, newId);
  return deps.db.inTenant(action.tenantId, async (tx) => {
    const from = await takeForMove(tx, action, before);
    const at = deps.clock.now();
    await insertMovedContact(tx, from, { id: newId, campaignId: action.campaignId, attributes }, at);
    await endContact(tx, from.id, { reason: MOVED, at });
    const common = { by: action.by, requestId: action.requestId, action: 'moveContact', resource: 'contact' };
    await recordChange(tx, {
      ...common,
      resourceId: from.id,
      before: { campaignId: from.campaignId, state: from.state, stateReason: from.stateReason },
      after: { state: 'stopped', stateReason: MOVED, movedTo: newId, campaignId: action.campaignId },
      reason: action.reason,
      at,
    });
    await recordChange(tx, {
      ...common,
      resourceId: newId,
      before: null,
      after: { campaignId: action.campaignId, state: 'waiting', movedFrom: from.id },
      reason: action.reason,
      at,
    });
    await notifyWork(tx);
    return { movedTo: newId, from };
  });
}

/** The contact, held so that no attempt begins, and everything checked that keeps it from being moved. */
async function takeForMove(
  tx: Tx,
  action: ContactAction & { readonly campaignId: string },
  before: ContactRow,
): Promise<ContactRow> {
  // The gate's own order: campaign, then person.
  const target = await lockCampaign(tx, action.campaignId);
  if (target === null) throw notFound('the campaign to move to');
  await lockPerson(tx, before.personId);
  const from = await contactById(tx, action.contactId);
  if (from === null) throw notFound('the contact');
  if (from.campaignId === action.campaignId) {
    const expected = 'the id of another campaign';
    throw invalidInput([{ field: 'campaignId', fault: 'is the campaign it is in', expected }]);
  }
  if (target.status === 'stopped' || target.status === 'completed') {
    throw conflict(`the campaign to move to is ${target.status}`);
  }
  if (isTerminalContactState(from.state)) throw conflict(`the contact has ended as ${from.state}`);
  const open = await openAttemptOf(tx, from.id);
  if (open !== null)
    throw conflict('a call to the contact is being made or is up; move it once it has ended');
  switch (await placeTaken(tx, action.campaignId, from)) {
    case 'person':
      throw conflict('the person is in that campaign already');
    case 'externalId':
      throw conflict('that campaign has another contact under the same externalId');
    case null:
      break;
  }
  if (!sameBytes(from.attributes, before.attributes)) {
    throw conflict('the contact was changed at this moment; send it again');
  }
  return from;
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

async function resealed(
  vault: ApiVault,
  tenantId: string,
  contact: ContactRow,
  newId: string,
): Promise<Buffer | null> {
  if (contact.attributes === null) return null;
  const sealer = (await vault.sealersOf(tenantId, [contact.personId])).get(contact.personId);
  if (sealer === undefined) throw conflict('the person was erased');
  try {
    return sealer.sealAttributes(newId, sealer.openAttributes(contact.id, contact.attributes));
  } finally {
    sealer.dispose();
  }
}
