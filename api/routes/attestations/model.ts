import { z } from '@hono/zod-openapi';
import type { AttestationRow } from '../../../db/repositories/attestations.ts';
import { ATTESTATION_KINDS } from '../../../domain/facts.ts';
import { toIso } from '../../../domain/time.ts';
import { isoOrNull } from '../../schemas.ts';

export const kindSchema = z.enum(ATTESTATION_KINDS);

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);
export const detailSchema = z.record(z.string().min(1).max(100), valueSchema);

export const attestationSchema = z
  .object({
    id: z.string(),
    kind: kindSchema,
    name: z.string(),
    jurisdiction: z.string().nullable().openapi({ description: 'Where it counts; null: everywhere' }),
    detail: detailSchema,
    validFrom: z.string(),
    validUntil: z.string().nullable(),
    recordedAt: z.string(),
    recordedBy: z.string(),
    retractedAt: z.string().nullable().openapi({ description: 'Decisions do not see it from here on' }),
    retractedBy: z.string().nullable(),
    supersededAt: z
      .string()
      .nullable()
      .openapi({ description: 'A newer reading of the feed took its place' }),
  })
  .openapi('Attestation', { description: 'What the tenant attests about itself or the world (备案).' });

export function attestationJson(row: AttestationRow): z.infer<typeof attestationSchema> {
  const { id, kind, name, jurisdiction, detail, recordedBy, retractedBy } = row;
  return {
    id,
    kind,
    name,
    jurisdiction,
    detail,
    validFrom: toIso(row.validFrom),
    validUntil: isoOrNull(row.validUntil),
    recordedAt: toIso(row.recordedAt),
    recordedBy,
    retractedAt: isoOrNull(row.retractedAt),
    retractedBy,
    supersededAt: isoOrNull(row.supersededAt),
  };
}
