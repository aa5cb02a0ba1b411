import { stopDialling, type StopAck } from '../../db/stop.ts';
import type { Database, Tx } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { appendConsentEvent, type ConsentEventInput } from '../../db/repositories/consents.ts';
import { endContactsOfPerson, personExists, reopenForConsent } from '../../db/repositories/contacts.ts';
import type { Clock } from '../../domain/clock.ts';
import { notFound } from '../../domain/failures.ts';
import { completeGrant } from './grant-record.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';

interface ConsentActionDeps {
  readonly db: Database;
  readonly clock: Clock;
}

interface Said extends Author {
  readonly tenantId: string;
}

/**
 * Record a grant. Contacts of the person that were denied for want of consent, in campaigns that go on, wait again:
 * the gate decides them anew, by everything known then.
 * @throws RightcallError `not_found` where there is no such person, `invalid_input` where the grant contradicts itself
 * or what is on record.
 */
export async function grantConsent(
  deps: ConsentActionDeps,
  said: Said,
  stated: Omit<ConsentEventInput, 'kind'>,
): Promise<{ eventId: string; created: boolean; reopenedContacts: number }> {
  return deps.db.inTenant(said.tenantId, async (tx) => {
    if (!(await personExists(tx, stated.personId))) throw notFound('the person');
    const at = deps.clock.now();
    const grant = await completeGrant(tx, stated, at);
    const event = await appendConsentEvent(tx, { ...grant, kind: 'grant' }, { at, by: said.by });
    const reopenedContacts = event.created ? await reopenForConsent(tx, { ...grant, at }) : 0;
    if (event.created) {
      await recordConsent(tx, said, 'grantConsent', grant, { ...event, at, reopenedContacts });
    }
    if (reopenedContacts > 0) await notifyWork(tx);
    return { ...event, reopenedContacts };
  });
}

/**
 * Record a withdrawal and see to it that it holds: when this resolves, nothing is sent to the person for these
 * purposes any more (I3), and their contacts there have ended as `withdrawn`. Withdrawing again is safe.
 * @throws RightcallError `not_found` where there is no such person.
 */
export async function withdrawConsent(
  deps: ConsentActionDeps,
  said: Said,
  withdrawal: Omit<ConsentEventInput, 'kind'>,
): Promise<{ eventId: string; created: boolean; endedContacts: number; stop: StopAck }> {
  let event = { eventId: '', created: false };
  let endedContacts = 0;
  const stop = await stopDialling(
    deps.db,
    deps.clock,
    {
      tenantId: said.tenantId,
      kind: 'withdrawal',
      scope: 'person',
      targetId: withdrawal.personId,
      by: said.by,
      detail: { purposes: withdrawal.purposes, channels: withdrawal.channels, source: withdrawal.source },
    },
    async (tx) => {
      if (!(await personExists(tx, withdrawal.personId))) throw notFound('the person');
      const at = deps.clock.now();
      event = await appendConsentEvent(tx, { ...withdrawal, kind: 'withdrawal' }, { at, by: said.by });
      endedContacts = await endContactsOfPerson(tx, {
        personId: withdrawal.personId,
        state: 'withdrawn',
        reason: 'consent.withdrawn',
        purposes: withdrawal.purposes,
        channels: withdrawal.channels,
        campaignId: null,
        at,
      });
      if (event.created) {
        await recordConsent(tx, said, 'withdrawConsent', withdrawal, { ...event, at, endedContacts });
      }
      if (endedContacts > 0) await notifyWork(tx);
    },
  );
  return { ...event, endedContacts, stop };
}

/** What was said, but for `source` and `basis`: they are free text, in which a number or name may stand. */
async function recordConsent(
  tx: Tx,
  said: Said,
  operationId: string,
  stated: Omit<ConsentEventInput, 'kind'>,
  done: { eventId: string; at: EpochMs; reopenedContacts?: number; endedContacts?: number },
): Promise<void> {
  const { eventId, at, ...contacts } = done;
  await recordChange(tx, {
    by: said.by,
    requestId: said.requestId,
    action: operationId,
    resource: 'person',
    resourceId: stated.personId,
    before: null,
    after: {
      eventId,
      purposes: stated.purposes,
      channels: stated.channels,
      level: stated.level,
      occurredAt: toIso(stated.occurredAt),
      ...contacts,
    },
    at,
  });
}
