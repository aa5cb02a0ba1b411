import type { Author } from '../../db/repositories/changes.ts';
import { noticeOf } from '../../db/repositories/consent-notices.ts';
import { consentEventsOf, consentEventsUnder, type ConsentEventRow } from '../../db/repositories/consents.ts';
import { personExists, personOfNumber } from '../../db/repositories/contacts.ts';
import type { StopAck } from '../../db/stop.ts';
import {
  fromExchanged,
  futureFaults,
  type NamedPerson,
  type RecordedGrant,
  type RecordedWithdrawal,
} from '../../domain/consent-exchange.ts';
import type { ExchangedRecord } from '../../domain/exchanged-record.ts';
import { RightcallError, conflict, invalidInput, notFound, type Fault } from '../../domain/failures.ts';
import { differences, withdrawalDifferences } from '../../domain/same-record.ts';
import type { ApiDeps } from '../deps.ts';
import { grantConsent, withdrawConsent } from './consent.ts';
import { grantInput, inRecordWords, withdrawalInput } from './record-inputs.ts';
import { recordedGrant, recordedWithdrawal } from './recorded-grant.ts';

type Deps = Pick<ApiDeps, 'db' | 'clock' | 'vault'>;
type Said = Author & { readonly tenantId: string };

/** What became of a record that came in; also where it was refused in the end. */
export interface TakenRecord {
  personId: string | null;
  /** Of the grant; null: it is not on record. */
  eventId: string | null;
  created: boolean;
  reopenedContacts: number;
  /** Withdrawals that were not on record before, in the order of the record. */
  withdrawals: { eventId: string; endedContacts: number; stop: StopAck }[];
  refusal: unknown;
}

/**
 * Take in one record: its withdrawals, then its grant, by the code that every grant and withdrawal goes through.
 *
 * The withdrawals come first, and each holds (I3) before the next step: a withdrawal ends what was given before it
 * (policies/consents.ts), so at no instant does the grant stand without what ended it, and no call can be placed
 * between the two. One transaction for all would have to hold the person's lock until calls in flight are down. What
 * takes away stays on record also where the grant is then refused by what is on record here.
 *
 * A record, or a withdrawal, that is on record for the person already is left as it is. One that says something else
 * under that id is a conflict, and nothing of the record is taken.
 */
export async function importRecord(deps: Deps, said: Said, exchanged: ExchangedRecord): Promise<TakenRecord> {
  const taken: TakenRecord = {
    personId: null,
    eventId: null,
    created: false,
    reopenedContacts: 0,
    withdrawals: [],
    refusal: null,
  };
  try {
    const future = futureFaults(exchanged, deps.clock.now());
    if (future.length > 0) throw invalidInput(future);
    await take(deps, said, fromExchanged(exchanged), taken);
  } catch (error) {
    taken.refusal = error;
  }
  return taken;
}

async function take(deps: Deps, said: Said, record: RecordedGrant, taken: TakenRecord): Promise<void> {
  const personId = await personBehind(deps, said.tenantId, record.subject);
  if (personId === null) throw notFound('the person of the record');
  taken.personId = personId;
  const events = await eventsOf(deps, said.tenantId, personId, record);
  const ours = await inOurWords(deps, said.tenantId, personId, record, events);
  const known = events.find((event) => event.kind === 'grant' && isUnder(event, idsOf(record)));
  if (known !== undefined) mustAgree(ours.record, known, events);
  const added = newWithdrawals(record.withdrawals, events);
  for (const withdrawal of added) {
    const { eventId, endedContacts, stop, created } = await withdrawConsent(
      deps,
      said,
      withdrawalInput(personId, withdrawal),
    );
    if (created) taken.withdrawals.push({ eventId, endedContacts, stop });
  }
  if (known !== undefined) {
    taken.eventId = known.id;
    return;
  }
  if (ours.faults.length > 0) throw invalidInput(ours.faults);
  const done = await grantConsent(deps, said, grantInput(personId, ours.record)).catch(inRecordWords(record));
  Object.assign(taken, done);
}

/** @throws RightcallError `conflict` where an id is somebody else's */
async function eventsOf(
  { db }: Deps,
  tenantId: string,
  personId: string,
  record: RecordedGrant,
): Promise<ConsentEventRow[]> {
  return db.inTenant(tenantId, async (tx) => {
    const grants = new Set(idsOf(record));
    const others = record.withdrawals.flatMap((one) => withdrawalIds(one));
    const stated = await consentEventsUnder(tx, [...grants, ...others].filter(isUuid));
    for (const { id, personId: whose, kind } of stated) {
      if (whose !== personId) throw conflict(`${id} is on record for another person`);
      const meant = grants.has(id) ? 'grant' : 'withdrawal';
      if (kind !== meant) throw conflict(`${id} is on record as a ${kind}, not as a ${meant}`);
    }
    return consentEventsOf(tx, personId);
  });
}

/** Ours or others': the id under which whoever sent it keeps it, and the one under which it was first kept. */
const idsOf = ({ recordId, originId }: { recordId: string; originId: string | null }) =>
  originId === null ? [recordId] : [recordId, originId];
const withdrawalIds = ({ id, originId }: RecordedWithdrawal) =>
  [id, originId].filter((one): one is string => one !== null);

function isUnder(event: ConsentEventRow, ids: readonly string[]): boolean {
  return (
    ids.includes(event.id) ||
    (event.record.originId !== undefined && ids.includes(event.record.originId ?? ''))
  );
}

const isUuid = (id: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);

/** The record with persons, number and renewal named as ours; what cannot be named so is a fault. */
async function inOurWords(
  deps: Deps,
  tenantId: string,
  personId: string,
  record: RecordedGrant,
  events: readonly ConsentEventRow[],
): Promise<{ record: RecordedGrant; faults: Fault[] }> {
  const faults: Fault[] = [];
  const { guardian, forNumber, renews, notice } = record;
  let ours = { ...record, subject: { personId } };
  if (guardian !== null) {
    const guardianId = await personBehind(deps, tenantId, guardian);
    if (guardianId !== null) ours = { ...ours, guardian: { personId: guardianId } };
    else faults.push({ field: 'calls.guardian', fault: 'is nobody on record', expected: 'a person who is' });
  }
  if (forNumber !== null && 'number' in forNumber) {
    const keyedHash = deps.vault.numberHash(tenantId, forNumber.number).toString('hex');
    ours = { ...ours, forNumber: { keyedHash } };
  }
  if (renews !== null) {
    const older = events.find((event) => event.kind === 'grant' && isUnder(event, idsOf(renews)));
    if (older !== undefined) ours = { ...ours, renews: { recordId: older.id, originId: null } };
    else {
      const expected = 'one that is: the older record is taken in first';
      faults.push({ field: 'renews', fault: 'is not a consent of the person on record', expected });
    }
  }
  if (notice !== null && notice.language !== null) {
    const published = await deps.db.inTenant(tenantId, (tx) => noticeOf(tx, notice.id, notice.version));
    if (published !== null && published.language !== notice.language) {
      faults.push({
        field: 'notice.language',
        fault: 'is not that of the notice',
        expected: published.language,
      });
    }
  }
  return { record: ours, faults };
}

async function personBehind({ db, vault }: Deps, tenantId: string, who: NamedPerson): Promise<string | null> {
  return db.inTenant(tenantId, async (tx) => {
    if ('number' in who) return personOfNumber(tx, vault.numberHash(tenantId, who.number));
    return (await personExists(tx, who.personId)) ? who.personId : null;
  });
}

const NOTHING_BESIDE = { lastUse: new Map<string, number>(), languages: new Map<string, string>() };

/** @throws RightcallError `conflict` naming what is not as it is on record */
function mustAgree(record: RecordedGrant, known: ConsentEventRow, events: readonly ConsentEventRow[]): void {
  const differ = differences(record, recordedGrant(known, { events, ...NOTHING_BESIDE }));
  if (differ.length > 0) throw otherwise(`the record is on record as ${known.id}`, differ);
}

/** @throws RightcallError `conflict` where one of them is on record and says something else */
function newWithdrawals(
  withdrawals: readonly RecordedWithdrawal[],
  events: readonly ConsentEventRow[],
): RecordedWithdrawal[] {
  return withdrawals.filter((withdrawal) => {
    const ids = withdrawalIds(withdrawal);
    const known = events.find((event) => event.kind === 'withdrawal' && isUnder(event, ids));
    if (known === undefined) {
      // The same statement under another id, or under none, is the same event.
      const isSame = (event: ConsentEventRow) =>
        withdrawalDifferences(withdrawal, recordedWithdrawal(event)).length === 0;
      return !events.some((event) => event.kind === 'withdrawal' && isSame(event));
    }
    const differ = withdrawalDifferences(withdrawal, recordedWithdrawal(known));
    if (differ.length > 0) throw otherwise(`the withdrawal is on record as ${known.id}`, differ);
    return false;
  });
}

function otherwise(what: string, fields: readonly string[]): RightcallError {
  const faults = fields.map((field) => ({
    field,
    fault: 'is not what is on record',
    expected: 'what is on record, or a record of its own under another id',
  }));
  return new RightcallError('conflict', `${what} and says something else: ${fields.join(', ')}`, { faults });
}
