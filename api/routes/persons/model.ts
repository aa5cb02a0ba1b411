import { z } from '@hono/zod-openapi';
import type { ConsentEventRow } from '../../../db/repositories/consents.ts';
import { toIso } from '../../../domain/time.ts';
import {
  CHANNELS,
  PURPOSES,
  channelSchema,
  consentKindSchema,
  consentLevelSchema,
  purposeSchema,
} from '../../../domain/vocabulary.ts';
import { instantSchema, isoOrNull } from '../../schemas.ts';

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
    recordedBy: z.string(),
  })
  .openapi('ConsentEvent', { description: 'One event (同意); events are added and never changed.' });

export function consentEventJson(row: ConsentEventRow): z.infer<typeof consentEventSchema> {
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
    recordedBy: row.recordedBy,
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
