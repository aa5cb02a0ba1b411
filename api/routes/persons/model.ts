import { z } from '@hono/zod-openapi';
import type { ConsentEventRow, ConsentMore } from '../../../db/repositories/consents.ts';
import {
  consentQualitiesSchema,
  consentRecordPartSchema,
  noticeReferenceSchema,
} from '../../../domain/consent-record.ts';
import { separateConsentSchema, technologySchema } from '../../../domain/facts.ts';
import { toIso, type EpochMs } from '../../../domain/time.ts';
import {
  CHANNELS,
  PURPOSES,
  channelSchema,
  consentKindSchema,
  consentLevelSchema,
  purposeSchema,
} from '../../../domain/vocabulary.ts';
import { defined, inputIdSchema, instantSchema, isoOrNull, numberSchema, toMs } from '../../schemas.ts';

export const consentEventSchema = z
  .object({
    id: z.string(),
    kind: consentKindSchema,
    purposes: z.array(purposeSchema),
    channels: z.array(channelSchema),
    level: consentLevelSchema,
    basis: z.string(),
    source: z.string(),
    evidenceHash: z.string().nullable(),
    occurredAt: z.string(),
    recordedAt: z.string(),
    expiresAt: z.string().nullable(),
    widens: z.array(z.string()),
    seller: z.string().nullable(),
    technologies: z.array(technologySchema),
    separate: z.array(separateConsentSchema),
    guardianPersonId: z.string().nullable(),
    forNumber: z
      .boolean()
      .openapi({ description: 'It is for one number of the person; false: whatever the number' }),
    ownershipVerifiedAt: z.string().nullable(),
    renews: z.string().nullable(),
    notice: noticeReferenceSchema.nullable(),
    record: consentRecordPartSchema,
    recordedBy: z.string(),
    lastUsedAt: z
      .string()
      .nullable()
      .openapi({ description: 'When a call was last allowed that relied on it; null: none was' }),
  })
  .openapi('ConsentEvent', { description: 'One event (同意); events are added and never changed.' });

/** @param lastUse of consents that were used, by id (db/repositories/consent-use.ts) */
export function consentEventJson(
  row: ConsentEventRow,
  lastUse: ReadonlyMap<string, EpochMs>,
): z.infer<typeof consentEventSchema> {
  return {
    id: row.id,
    kind: row.kind,
    purposes: row.purposes,
    channels: row.channels,
    level: row.level,
    basis: row.basis,
    source: row.source,
    evidenceHash: row.evidenceHash?.toString('hex') ?? null,
    occurredAt: toIso(row.occurredAt),
    recordedAt: toIso(row.recordedAt),
    expiresAt: isoOrNull(row.expiresAt),
    widens: row.widens,
    seller: row.seller,
    technologies: row.technologies,
    separate: row.separate,
    guardianPersonId: row.guardianId,
    forNumber: row.numberHash !== null,
    ownershipVerifiedAt: isoOrNull(row.ownershipVerifiedAt),
    renews: row.renewedFrom,
    notice:
      row.noticeId === null || row.noticeVersion === null
        ? null
        : { id: row.noticeId, version: row.noticeVersion },
    record: consentRecordPartSchema.parse(row.record),
    recordedBy: row.recordedBy,
    lastUsedAt: isoOrNull(lastUse.get(row.id) ?? null),
  };
}

/** Parts of a grant that say more than that it was given; all may be left out. */
export const grantFields = {
  seller: consentQualitiesSchema.shape.seller
    .removeDefault()
    .optional()
    .openapi({ description: 'Whom it allows to sell, as it names them' }),
  technologies: consentQualitiesSchema.shape.technologies
    .removeDefault()
    .optional()
    .openapi({ description: 'Kinds of call that it names' }),
  separate: consentQualitiesSchema.shape.separate
    .removeDefault()
    .optional()
    .openapi({ description: 'A matter that was asked for by itself (单独同意, PIPL 23, 25, 29, 39)' }),
  guardianPersonId: inputIdSchema
    .optional()
    .openapi({ description: 'Who gave it as the guardian (监护人); needed for level guardian' }),
  forNumber: numberSchema
    .optional()
    .openapi({ type: 'string', description: 'The number that it is for; left out: whatever the number' }),
  ownershipVerifiedAt: instantSchema
    .optional()
    .openapi({ description: 'When it was last verified that the number is the person’s' }),
  renews: inputIdSchema.optional().openapi({ description: 'The consent that this one renews' }),
  notice: noticeReferenceSchema
    .optional()
    .openapi({ description: 'The text that was shown; its hash becomes the evidence' }),
  record: consentRecordPartSchema
    .partial()
    .optional()
    .openapi({ description: 'What is on record beside, after ISO/IEC TS 27560' }),
};
type GrantMore = z.infer<z.ZodObject<typeof grantFields>>;

/** Those parts as they are recorded; undefined where there are none. */
export function moreOf(given: GrantMore, numberHashOf: (number: string) => Buffer): ConsentMore | undefined {
  if (Object.keys(grantFields).every((name) => given[name as keyof typeof given] === undefined)) {
    return undefined;
  }
  return {
    seller: given.seller ?? null,
    technologies: given.technologies ?? [],
    separate: given.separate ?? [],
    guardianId: given.guardianPersonId ?? null,
    numberHash: given.forNumber === undefined ? null : numberHashOf(given.forNumber),
    ownershipVerifiedAt: toMs(given.ownershipVerifiedAt),
    renewedFrom: given.renews ?? null,
    notice: given.notice ?? null,
    record: defined(given.record ?? {}),
  };
}

/** Parts that a grant and a withdrawal have in common. */
export const statementFields = {
  purposes: z
    .array(purposeSchema)
    .min(1, 'names no purpose; expected at least one')
    .default([...PURPOSES])
    .openapi({ description: 'Left out of a withdrawal: all of them' }),
  channels: z
    .array(channelSchema)
    .min(1, 'names no channel; expected at least one')
    .default([...CHANNELS]),
  source: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .openapi({ description: 'Where it was said', example: 'web-form' }),
  evidenceHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'is not a SHA-256; expected 64 hexadecimal digits')
    .optional()
    .openapi({ description: 'SHA-256 of the text shown or of the recording' }),
  occurredAt: instantSchema.optional().openapi({ description: 'When the person said it; left out: now' }),
};
