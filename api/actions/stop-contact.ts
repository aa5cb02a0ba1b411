import type { Database, Tx } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { endContact } from '../../db/repositories/contact-moves.ts';
import { contactById } from '../../db/repositories/contacts.ts';
import { stopDialling, type StopAck } from '../../db/stop.ts';
import type { Clock } from '../../domain/clock.ts';
import { notFound } from '../../domain/failures.ts';
import type { ContactState } from '../../domain/vocabulary.ts';

/** Reason code of contacts that somebody stopped. */
export const STOPPED_BY_HAND = 'contact.stopped';

export interface ContactAction extends Author {
  readonly tenantId: string;
  readonly contactId: string;
  readonly reason: string | null;
}

/**
 * Stop one contact for good: binding at once, and when this resolves nothing is sent to it any more (I3). A contact
 * that has ended already stays as it ended; stopping it again is safe.
 * @throws RightcallError `not_found` where there is no such contact.
 */
export async function stopContact(
  deps: { readonly db: Database; readonly clock: Clock },
  action: ContactAction,
): Promise<{ state: ContactState; ended: boolean; stop: StopAck }> {
  let outcome: { state: ContactState; ended: boolean } | undefined;
  const change = async (tx: Tx) => {
    // The caller holds the person's row, under which alone a contact's state moves to or from an attempt.
    const contact = await contactById(tx, action.contactId);
    if (contact === null) throw notFound('the contact');
    const at = deps.clock.now();
    const ended = await endContact(tx, action.contactId, { reason: STOPPED_BY_HAND, at });
    outcome = { state: ended ? 'stopped' : contact.state, ended };
    if (!ended) return;
    await recordChange(tx, {
      by: action.by,
      requestId: action.requestId,
      action: 'stopContact',
      resource: 'contact',
      resourceId: action.contactId,
      before: { state: contact.state, stateReason: contact.stateReason },
      after: { state: 'stopped', stateReason: STOPPED_BY_HAND },
      reason: action.reason,
      at,
    });
    await notifyWork(tx);
  };
  const stop = await stopDialling(
    deps.db,
    deps.clock,
    {
      tenantId: action.tenantId,
      kind: 'stop',
      scope: 'contact',
      targetId: action.contactId,
      by: action.by,
      detail: action.reason === null ? {} : { reason: action.reason },
    },
    change,
  );
  return { ...outcome!, stop };
}
