import type { Clock } from '../domain/clock.ts';
import { notFound } from '../domain/failures.ts';
import type { Database, Tx } from './client.ts';
import { notifyWork } from './notify.ts';
import type { Author } from './repositories/changes.ts';
import { recordConsentChange } from './repositories/consent-changes.ts';
import { appendConsentEvent, type ConsentEventInput } from './repositories/consents.ts';
import { endContactsOfPerson, personExists } from './repositories/contacts.ts';
import type { StopRequest } from './stop-scope.ts';
import { stopDialling, stopWithin, type StopAck } from './stop.ts';

/**
 * Withdrawals of consent (撤回同意, PIPL 15) have one way in, whoever brings them: a request, a key pressed in a call, a
 * message or a link. Each is an event on record, ends the person's contacts that it is about, takes permits back, and
 * stands in the change log.
 */
export interface Withdrawal extends Omit<ConsentEventInput, 'kind'> {
  /** Why the contacts end, as their state's reason. */
  readonly endsAs: 'consent.withdrawn' | 'disposition.opted_out';
}

interface Withdrawn {
  readonly eventId: string;
  /** False where the same statement was on record before. */
  readonly created: boolean;
  readonly endedContacts: number;
}

/**
 * Withdraw, and see to it that it holds: when this resolves, nothing is sent to the person for these purposes any more
 * (I3), and their contacts there have ended as `withdrawn`. Withdrawing again is safe.
 * @throws RightcallError `not_found` where there is no such person.
 */
export async function withdraw(
  db: Database,
  clock: Clock,
  said: Author & { readonly tenantId: string },
  withdrawal: Withdrawal,
): Promise<Withdrawn & { readonly stop: StopAck }> {
  let done: Withdrawn = { eventId: '', created: false, endedContacts: 0 };
  const stop = await stopDialling(db, clock, stopOf(said.tenantId, said, withdrawal), async (tx) => {
    if (!(await personExists(tx, withdrawal.personId))) throw notFound('the person');
    done = await record(tx, clock, said, withdrawal);
  });
  return { ...done, stop };
}

/**
 * The same within a transaction that holds the person's row, of a call in which they said so: the gate makes no second
 * attempt while a person is on one.
 */
export async function withdrawWithin(
  tx: Tx,
  clock: Clock,
  said: Author,
  withdrawal: Withdrawal,
  more: Pick<StopRequest, 'detail' | 'requestedReal' | 'exceptAttemptId'> = {},
): Promise<void> {
  const { detail, ...rest } = stopOf(tx.tenantId, said, withdrawal);
  const request = { ...rest, ...more, detail: { ...detail, ...more.detail } };
  await stopWithin(tx, clock, request, async () => {
    await record(tx, clock, said, withdrawal);
  });
}

function stopOf(tenantId: string, said: Author, withdrawal: Withdrawal): StopRequest {
  const { purposes, channels, source } = withdrawal;
  return {
    tenantId,
    kind: 'withdrawal',
    scope: 'person',
    targetId: withdrawal.personId,
    by: said.by,
    detail: { purposes, channels, source },
  };
}

async function record(tx: Tx, clock: Clock, said: Author, withdrawal: Withdrawal): Promise<Withdrawn> {
  const at = clock.now();
  const { endsAs, ...stated } = withdrawal;
  const event = await appendConsentEvent(tx, { ...stated, kind: 'withdrawal' }, { at, by: said.by });
  const endedContacts = await endContactsOfPerson(tx, {
    personId: stated.personId,
    state: 'withdrawn',
    reason: endsAs,
    purposes: stated.purposes,
    channels: stated.channels,
    campaignId: null,
    at,
  });
  if (event.created) {
    await recordConsentChange(tx, said, 'withdrawConsent', stated, { ...event, at, endedContacts });
  }
  if (endedContacts > 0) await notifyWork(tx);
  return { ...event, endedContacts };
}
