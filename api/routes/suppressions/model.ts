import { z } from '@hono/zod-openapi';
import type { Tx } from '../../../db/client.ts';
import { numbersByHash } from '../../../db/repositories/contacts.ts';
import type { SuppressionRow } from '../../../db/repositories/suppressions.ts';
import { maskNumber } from '../../../domain/mask.ts';
import { toIso } from '../../../domain/time.ts';
import { channelSchema, purposeSchema, suppressionScopeSchema } from '../../../domain/vocabulary.ts';
import type { ApiVault } from '../../deps.ts';
import { isoOrNull } from '../../schemas.ts';

export const suppressionSchema = z
  .object({
    id: z.string(),
    number: z
      .string()
      .nullable()
      .openapi({ description: 'Masked; null where the number is known by its keyed hash alone' }),
    list: z.string(),
    scope: suppressionScopeSchema,
    campaignId: z.string().nullable(),
    purpose: purposeSchema.nullable(),
    source: z.string(),
    requestedByPerson: z.boolean(),
    channels: z.array(channelSchema).openapi({ description: 'Empty: all' }),
    category: z.string().nullable(),
    validFrom: z.string(),
    validUntil: z.string().nullable(),
    recordedAt: z.string(),
    recordedBy: z.string(),
  })
  .openapi('Suppression', { description: 'A do-not-call entry (勿扰名单).' });

export type SuppressionJson = z.infer<typeof suppressionSchema>;

/** Entries as people may see them. The list keeps hashes only; a number is shown where a person has it. */
export async function suppressionsJson(
  tx: Tx,
  vault: ApiVault,
  rows: readonly SuppressionRow[],
): Promise<SuppressionJson[]> {
  const numbers = await numbersByHash(
    tx,
    rows.map((row) => row.numberHash),
  );
  const sealers = await vault.sealersOf(
    tx.tenantId,
    numbers.map((number) => number.personId),
  );
  const masked = new Map<string, string>();
  for (const number of numbers) {
    const sealer = sealers.get(number.personId);
    if (sealer === undefined) continue;
    masked.set(number.numberHash.toString('hex'), maskNumber(sealer.openNumber(number.sealedNumber)));
  }
  for (const sealer of sealers.values()) sealer.dispose();
  return rows.map((row) => ({
    id: row.id,
    number: masked.get(row.numberHash.toString('hex')) ?? null,
    list: row.list,
    scope: row.scope,
    campaignId: row.campaignId,
    purpose: row.purpose,
    source: row.source,
    requestedByPerson: row.requestedByPerson,
    channels: row.channels,
    category: row.category,
    validFrom: toIso(row.validFrom),
    validUntil: isoOrNull(row.validUntil),
    recordedAt: toIso(row.recordedAt),
    recordedBy: row.recordedBy,
  }));
}
