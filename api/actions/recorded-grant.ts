import type { ConsentEventRow } from '../../db/repositories/consents.ts';
import type { RecordedGrant, RecordedWithdrawal } from '../../domain/consent-exchange.ts';
import { saidParts } from '../../domain/consent-record.ts';
import { withoutNumbers } from '../../domain/mask.ts';
import type { EpochMs } from '../../domain/time.ts';
import { CHANNELS, PURPOSES } from '../../domain/vocabulary.ts';

/** What else is known when a consent is told. */
export interface KnownBeside {
  /** All consents and withdrawals of the person. */
  readonly events: readonly ConsentEventRow[];
  /** When consents were last used, by id. */
  readonly lastUse: ReadonlyMap<string, EpochMs>;
  /** Languages of notices, by `<id>@<version>`. */
  readonly languages: ReadonlyMap<string, string>;
}

/**
 * A consent with what became of it, as it may leave: the person by id, the number by keyed hash, and no number in what
 * people wrote. A withdrawal belongs to it where it ended any of it, as rules see it (policies/consents.ts): at its
 * instant or later, for one of its purposes and channels. Pure.
 */
export function recordedGrant(
  grant: ConsentEventRow,
  { events, lastUse, languages }: KnownBeside,
): RecordedGrant {
  const { originId = null, ...record } = saidParts(grant.record);
  const renewed = events.find((event) => event.id === grant.renewedFrom);
  return {
    recordId: grant.id,
    originId,
    subject: { personId: grant.personId },
    purposes: grant.purposes,
    channels: grant.channels,
    level: grant.level,
    basis: withoutNumbers(grant.basis),
    source: withoutNumbers(grant.source),
    evidenceSha256: grant.evidenceHash?.toString('hex') ?? null,
    occurredAt: grant.occurredAt,
    recordedAt: grant.recordedAt,
    expiresAt: grant.expiresAt,
    widens: grant.widens,
    seller: grant.seller,
    technologies: grant.technologies,
    separate: grant.separate,
    guardian: grant.guardianId === null ? null : { personId: grant.guardianId },
    forNumber: grant.numberHash === null ? null : { keyedHash: grant.numberHash.toString('hex') },
    ownershipVerifiedAt: grant.ownershipVerifiedAt,
    renews:
      grant.renewedFrom === null
        ? null
        : { recordId: grant.renewedFrom, originId: renewed?.record.originId ?? null },
    notice:
      grant.noticeId === null || grant.noticeVersion === null
        ? null
        : {
            id: grant.noticeId,
            version: grant.noticeVersion,
            language: languages.get(`${grant.noticeId}@${grant.noticeVersion}`) ?? null,
          },
    record,
    withdrawals: events.filter((event) => ends(event, grant)).map(recordedWithdrawal),
    renewals: events
      // One that is dated before what it renews says nothing of what became of it.
      .filter((event) => event.renewedFrom === grant.id && event.occurredAt >= grant.occurredAt)
      .map(({ id, occurredAt, recordedAt }) => ({ id, at: occurredAt, recordedAt, renewedBy: id })),
    lastUsedAt: lastUse.get(grant.id) ?? null,
  };
}

function ends(event: ConsentEventRow, grant: ConsentEventRow): boolean {
  if (event.kind !== 'withdrawal' || event.occurredAt < grant.occurredAt) return false;
  const { purposes, channels } = recordedWithdrawal(event);
  return (
    purposes.some((purpose) => grant.purposes.includes(purpose)) &&
    channels.some((channel) => grant.channels.includes(channel))
  );
}

/** Pure. One that names no purpose or no channel withdraws all. */
export function recordedWithdrawal(event: ConsentEventRow): RecordedWithdrawal {
  return {
    id: event.id,
    originId: event.record.originId ?? null,
    at: event.occurredAt,
    recordedAt: event.recordedAt,
    purposes: event.purposes.length === 0 ? [...PURPOSES] : event.purposes,
    channels: event.channels.length === 0 ? [...CHANNELS] : event.channels,
    source: withoutNumbers(event.source),
    evidenceSha256: event.evidenceHash?.toString('hex') ?? null,
  };
}
