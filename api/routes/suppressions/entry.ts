import { z } from '@hono/zod-openapi';
import type { SuppressionInput } from '../../../db/repositories/suppressions.ts';
import type { EpochMs } from '../../../domain/time.ts';
import { channelSchema, purposeSchema, suppressionScopeSchema } from '../../../domain/vocabulary.ts';
import { inputIdSchema, instantSchema, toMs } from '../../schemas.ts';

export const listNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'is not a list name; expected up to 63 of a–z, 0–9 and . _ -');

/** What an entry says beside its number. */
export const entryFields = {
  scope: suppressionScopeSchema.default('tenant'),
  campaignId: inputIdSchema.nullable().default(null).openapi({ description: 'For scope `campaign`' }),
  purpose: purposeSchema.nullable().default(null).openapi({ description: 'For scope `purpose`' }),
  list: listNameSchema.default('internal'),
  source: z.string().trim().min(1).max(200).default('api'),
  requestedByPerson: z
    .boolean()
    .default(true)
    .openapi({ description: 'The person asked for it themself (an opt-out)' }),
  validFrom: instantSchema.optional().openapi({ description: 'Left out: now' }),
  validUntil: instantSchema.nullable().default(null).openapi({ description: 'null: for good' }),
  channels: z
    .array(channelSchema)
    .default([])
    .openapi({ description: 'Channels it is limited to; empty: all' }),
  category: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .openapi({ description: 'What the list says it is about, as rules name it; null: everything' }),
};
type EntryFields = z.infer<z.ZodObject<typeof entryFields>>;

/** That the parts of an entry fit each other; for `superRefine`. */
export function checkEntry(entry: EntryFields, context: z.RefinementCtx): void {
  const fail = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if ((entry.scope === 'campaign') !== (entry.campaignId !== null)) {
    fail('campaignId', 'does not fit the scope; expected an id for scope campaign, and none for any other');
  }
  if ((entry.scope === 'purpose') !== (entry.purpose !== null)) {
    fail('purpose', 'does not fit the scope; expected a purpose for scope purpose, and none for any other');
  }
  const from = toMs(entry.validFrom);
  const until = toMs(entry.validUntil);
  if (from !== null && until !== null && until <= from) {
    fail('validUntil', 'is not after validFrom; expected a later instant, or null');
  }
}

/** The entry as it is stored. @param at from when it holds where it does not say so */
export function entryOf(entry: EntryFields, numberHash: Buffer, at: EpochMs): SuppressionInput {
  const { scope, campaignId, purpose, list, source, requestedByPerson, channels, category } = entry;
  return {
    scope,
    campaignId,
    purpose,
    list,
    source,
    requestedByPerson,
    channels,
    category,
    numberHash,
    validFrom: toMs(entry.validFrom) ?? at,
    validUntil: toMs(entry.validUntil),
  };
}
