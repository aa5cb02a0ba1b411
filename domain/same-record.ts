import type { RecordedGrant, RecordedWithdrawal } from './consent-exchange.ts';
import { withoutNumbers } from './mask.ts';

/**
 * Whether a record that comes in says what stands on record under its id. What is only told for information (when it was
 * recorded, renewed, used) is not compared, nor what the record leaves open. Pure.
 */

/** Where each part of a grant stands in a record (domain/exchanged-record.ts). */
const PARTS: readonly (readonly [path: string, part: (grant: RecordedGrant) => unknown])[] = [
  ['events[0].time', ({ occurredAt }) => occurredAt],
  ['events[0].validUntil', ({ expiresAt }) => expiresAt],
  ['processing.purposes', ({ purposes }) => sorted(purposes)],
  ['processing.level', ({ level }) => level],
  ['calls.channels', ({ channels }) => sorted(channels)],
  ['calls.source', ({ source }) => withoutNumbers(source)],
  ['calls.basis', ({ basis }) => withoutNumbers(basis)],
  ['calls.seller', ({ seller }) => seller],
  ['calls.technologies', ({ technologies }) => sorted(technologies)],
  ['calls.separate', ({ separate }) => sorted(separate)],
  ['calls.widens', ({ widens }) => sorted(widens)],
  ['calls.guardian', ({ guardian }) => guardian],
  ['calls.forNumber', ({ forNumber }) => forNumber],
  ['calls.ownershipVerifiedAt', ({ ownershipVerifiedAt }) => ownershipVerifiedAt],
  ['renews', ({ renews }) => renews?.recordId ?? null],
  ['notice', ({ notice }) => (notice === null ? null : [notice.id, notice.version])],
  ['processing.dataKinds', ({ record }) => record.dataKinds],
  ['processing.storagePlaces', ({ record }) => record.storagePlaces],
  ['processing.retention', ({ record }) => record.retention],
  ['processing.jurisdictions', ({ record }) => record.jurisdictions],
  ['processing.withdrawalMethod', ({ record }) => record.withdrawalMethod],
  ['parties', ({ record }) => record.parties],
  ['calls.artefacts', ({ record }) => record.artefacts],
  ['calls.declaredZone', ({ record }) => record.declaredZone],
];

/**
 * Both with persons, numbers and renewals named as ours.
 * @returns where what came in differs from what is on record
 */
export function differences(came: RecordedGrant, onRecord: RecordedGrant): string[] {
  const differ = PARTS.filter(([, part]) => !same(part(came), part(onRecord))).map(([path]) => path);
  // A notice stands for the hash of its text.
  const open = came.evidenceSha256 === null && came.notice !== null;
  return open || came.evidenceSha256 === onRecord.evidenceSha256
    ? differ
    : [...differ, 'calls.evidenceSha256'];
}

/** The same of a withdrawal: fields of its event. */
export function withdrawalDifferences(came: RecordedWithdrawal, onRecord: RecordedWithdrawal): string[] {
  return [
    ...(came.at === onRecord.at ? [] : ['time']),
    ...(same(sorted(came.purposes), sorted(onRecord.purposes)) ? [] : ['purposes']),
    ...(same(sorted(came.channels), sorted(onRecord.channels)) ? [] : ['channels']),
    ...(withoutNumbers(came.source) === withoutNumbers(onRecord.source) ? [] : ['source']),
    ...(came.evidenceSha256 === onRecord.evidenceSha256 ? [] : ['evidenceSha256']),
  ];
}

const sorted = (list: readonly string[]) => list.toSorted();
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
