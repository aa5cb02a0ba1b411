import type { ConsentEventInput } from '../../db/repositories/consents.ts';
import type { RecordedGrant, RecordedWithdrawal } from '../../domain/consent-exchange.ts';
import { RightcallError, invalidInput } from '../../domain/failures.ts';
import type { AskedWithdrawal } from './consent.ts';

/** What a record comes to as the grants and withdrawals that we record, and their refusals in the record's words. */

type Input = Omit<ConsentEventInput, 'kind'>;

const bytesOf = (hex: string | null) => (hex === null ? null : Buffer.from(hex, 'hex'));

const NOTHING_MORE = {
  seller: null,
  technologies: [],
  separate: [],
  guardianId: null,
  numberHash: null,
  ownershipVerifiedAt: null,
  renewedFrom: null,
  notice: null,
  record: {},
} satisfies Input['more'];

export function withdrawalInput(
  personId: string,
  { id, originId, ...said }: RecordedWithdrawal,
): AskedWithdrawal {
  const origin = originId ?? id;
  return {
    personId,
    purposes: said.purposes,
    channels: said.channels,
    source: said.source,
    evidenceHash: bytesOf(said.evidenceSha256),
    occurredAt: said.at,
    ...(origin === null ? {} : { more: { ...NOTHING_MORE, record: { originId: origin } } }),
  };
}

/** @param record named as ours */
export function grantInput(personId: string, record: RecordedGrant): Input {
  const { guardian, forNumber, notice } = record;
  return {
    personId,
    purposes: record.purposes,
    channels: record.channels,
    level: record.level,
    basis: record.basis,
    source: record.source,
    evidenceHash: bytesOf(record.evidenceSha256),
    occurredAt: record.occurredAt,
    expiresAt: record.expiresAt,
    widens: record.widens,
    more: {
      seller: record.seller,
      technologies: record.technologies,
      separate: record.separate,
      guardianId: guardian !== null && 'personId' in guardian ? guardian.personId : null,
      numberHash: forNumber !== null && 'keyedHash' in forNumber ? bytesOf(forNumber.keyedHash) : null,
      ownershipVerifiedAt: record.ownershipVerifiedAt,
      renewedFrom: record.renews?.recordId ?? null,
      notice: notice === null ? null : { id: notice.id, version: notice.version },
      record: { ...record.record, originId: record.originId ?? record.recordId },
    },
  };
}

/** Fields of a grant (api/actions/grant-record.ts) as a record has them. */
const IN_RECORD: Readonly<Record<string, string>> = {
  expiresAt: 'events[0].validUntil',
  purposes: 'processing.purposes',
  guardianPersonId: 'calls.guardian',
  separate: 'calls.separate',
  ownershipVerifiedAt: 'calls.ownershipVerifiedAt',
  forNumber: 'calls.forNumber',
};

/** @returns what throws a refusal of the grant again, its fields as the record has them */
export function inRecordWords({ notice }: RecordedGrant) {
  const evidence = notice === null ? 'calls.evidenceSha256' : 'notice.textSha256';
  return (error: unknown): never => {
    if (!(error instanceof RightcallError) || error.code !== 'invalid_input') throw error;
    throw invalidInput(
      error.faults.map((fault) => ({
        ...fault,
        field: fault.field === 'evidenceHash' ? evidence : (IN_RECORD[fault.field] ?? fault.field),
      })),
    );
  };
}
