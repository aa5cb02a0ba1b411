import type { Tx } from '../../db/client.ts';
import { noticeOf } from '../../db/repositories/consent-notices.ts';
import { consentEventsOf, type ConsentEventInput, type ConsentMore } from '../../db/repositories/consents.ts';
import { personExists } from '../../db/repositories/contacts.ts';
import { invalidInput, type Fault } from '../../domain/failures.ts';
import type { EpochMs } from '../../domain/time.ts';

/**
 * What a grant says beside, held against what is on record: the notice that it names was published, a guardian is
 * somebody else on record, a separate consent was asked for by itself.
 * @returns the grant to record; its evidence is the notice's text where it names one
 * @throws invalid_input naming each fault
 */
export async function completeGrant(
  tx: Tx,
  grant: Omit<ConsentEventInput, 'kind'>,
  now: EpochMs,
): Promise<Omit<ConsentEventInput, 'kind'>> {
  const faults: Fault[] = [];
  const fail = (field: string, fault: string, expected: string) => faults.push({ field, fault, expected });
  if (grant.expiresAt !== null && grant.expiresAt <= grant.occurredAt) {
    fail('expiresAt', 'is not after the consent was given', 'a later instant, or nothing');
  }
  const { more } = grant;
  if (grant.level === 'guardian' && (more?.guardianId ?? null) === null) {
    fail('guardianPersonId', 'is missing', 'the person who gave it as the guardian');
  }
  if (more === undefined) {
    if (faults.length > 0) throw invalidInput(faults);
    return grant;
  }
  await checkGuardian(tx, grant, more, fail);
  checkSeparate(grant, more, fail);
  if (more.ownershipVerifiedAt !== null && more.ownershipVerifiedAt > now) {
    fail('ownershipVerifiedAt', 'lies in the future', 'when it was last verified');
  }
  await checkNumberAndRenewal(tx, grant, more, fail);
  const evidenceHash = await noticeHash(tx, grant, more, fail);
  if (faults.length > 0) throw invalidInput(faults);
  return { ...grant, evidenceHash };
}

type Fail = (field: string, fault: string, expected: string) => void;
type Grant = Omit<ConsentEventInput, 'kind'>;

async function checkGuardian(tx: Tx, grant: Grant, more: ConsentMore, fail: Fail): Promise<void> {
  if (more.guardianId === null) return;
  if (more.guardianId === grant.personId) {
    fail('guardianPersonId', 'is the person themself', 'another person, who is on record');
  } else if (!(await personExists(tx, more.guardianId))) {
    fail('guardianPersonId', 'is nobody on record', 'the id of a person who is on record');
  }
}

/** PIPL 23, 25, 29, 39: what needs a separate consent is not asked for along with anything else. */
function checkSeparate(grant: Grant, more: ConsentMore, fail: Fail): void {
  if (more.separate.length === 0) return;
  if (more.separate.length > 1) {
    fail('separate', 'names several matters in one consent', 'one; each is asked for and recorded by itself');
  }
  if (grant.purposes.length > 1) {
    fail(
      'purposes',
      'bundles a separate consent with several purposes',
      'the one purpose that it was asked for',
    );
  }
}

async function checkNumberAndRenewal(tx: Tx, grant: Grant, more: ConsentMore, fail: Fail): Promise<void> {
  if (more.numberHash !== null && !(await hasNumber(tx, grant.personId, more.numberHash))) {
    fail('forNumber', 'is not a number of the person', 'one of their numbers, or nothing');
  }
  if (more.renewedFrom !== null) {
    const events = await consentEventsOf(tx, grant.personId);
    const renewed = events.find((event) => event.id === more.renewedFrom);
    if (renewed?.kind !== 'grant') {
      fail('renews', 'is not a consent of the person', 'the id of the consent that this one renews');
    }
  }
}

async function hasNumber(tx: Tx, personId: string, numberHash: Buffer): Promise<boolean> {
  const rows = await tx.query(
    'SELECT 1 FROM person_numbers WHERE tenant_id = $1 AND person_id = $2 AND number_hash = $3',
    [tx.tenantId, personId, numberHash],
  );
  return rows.length > 0;
}

async function noticeHash(tx: Tx, grant: Grant, more: ConsentMore, fail: Fail): Promise<Buffer | null> {
  if (more.notice === null) return grant.evidenceHash;
  const { id, version } = more.notice;
  const notice = await noticeOf(tx, id, version);
  if (notice === null) {
    fail(
      'notice',
      `${id} version ${version} was not published`,
      'a notice that was; rightcall consent notices',
    );
    return grant.evidenceHash;
  }
  if (grant.evidenceHash !== null && !grant.evidenceHash.equals(notice.textHash)) {
    fail(
      'evidenceHash',
      "is not that of the notice's text",
      `${notice.textHash.toString('hex')}, or nothing`,
    );
  }
  return notice.textHash;
}
