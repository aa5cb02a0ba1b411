import { z } from '@hono/zod-openapi';
import { PREVIEW_STATUSES } from '../../../db/repositories/policy-previews.ts';
import { CHANGES, MOVES } from '../../../gate/preview/change.ts';
import { PROMISE_CHANGES } from '../../../gate/preview/promises.ts';
import { PREVIEW_PARTS } from '../../../gate/preview/work.ts';
import { inputIdSchema } from '../../schemas.ts';
import { draftParams } from './model.ts';

export const previewParams = draftParams.extend({
  previewId: inputIdSchema.openapi({ description: 'Preview id' }),
});

const count = z.number().int();
const verdict = z.enum(['allow', 'defer', 'deny']);

const ruleSchema = z
  .object({
    pack: z.string(),
    packVersion: count
      .nullable()
      .openapi({ description: 'Null for a guard of the engine itself, which is in no pack' }),
    id: z.string(),
    label: z.string(),
    citation: z
      .object({
        instrument: z.string(),
        article: z.string().nullable(),
        url: z.string().nullable(),
        checkedOn: z.string(),
      })
      .nullable(),
  })
  .openapi('PreviewRule');
// A union, because OpenAPI says of a reference that may be null that it is both.
export const ruleOrNull = z.union([ruleSchema, z.null()]);

export const sideSchema = z
  .object({
    verdict,
    until: z.string().nullable().openapi({
      description: '`allow`: the first instant after; null: no rule ends it. `defer`: from when on',
    }),
    reasons: z.array(z.string()),
    rule: ruleOrNull.openapi({ description: 'What decides it' }),
  })
  .openapi('PreviewSide');

const entryFields = {
  id: z.string().openapi({ description: 'Of the contact, the callback or the decision' }),
  contactId: z.string(),
  personId: z.string(),
  campaignId: z.string(),
  at: z.string().openapi({ description: 'The instant asked about' }),
  untilAt: z
    .string()
    .optional()
    .openapi({ description: 'Of a promise: the end of its window; `at` is the first instant asked about' }),
  change: z.enum([...CHANGES, ...PROMISE_CHANGES]),
  byMs: z.number().nullable().openapi({ description: 'By how much the instant moved; null: none did' }),
  before: sideSchema,
  after: sideSchema,
};
export const previewEntrySchema = z.object(entryFields).openapi('PreviewEntry', {
  description: 'One whom the change concerns: by the set in force, and by the draft.',
});

const endSchema = z.object({ verdict, reason: z.string().nullable() });
export const passageSchema = z
  .object({
    change: z.enum(CHANGES),
    before: endSchema,
    after: endSchema,
    rule: ruleOrNull.openapi({
      description:
        'What it is put down to: the rule of the draft that stands in the way, or the one that no longer does',
    }),
    count,
  })
  .openapi('PreviewPassage', { description: 'How many changed from one verdict and reason to another.' });

const changesSchema = z
  .object(
    Object.fromEntries(CHANGES.map((kind) => [kind, count])) as Record<
      (typeof CHANGES)[number],
      typeof count
    >,
  )
  .openapi('PreviewChanges', {
    description:
      '`newly_denied`, `newly_allowed` (now or later), `newly_deferred` (allowed at once, now has to wait), `later`, ' +
      '`earlier`, `shortened` and `extended` (allowed at once either way, until another instant), `reasons` (the same, for ' +
      'other reasons), `unchanged`. Sums to `total`.',
  });

export const movesSchema = z
  .object(
    Object.fromEntries(
      MOVES.map((kind) => [
        kind,
        z
          .object({
            count,
            minMs: z.number(),
            medianMs: z.number(),
            p95Ms: z.number(),
            maxMs: z.number(),
            steps: z.array(z.object({ upToMs: z.number().nullable(), count })),
          })
          .optional(),
      ]),
    ),
  )
  .openapi('PreviewMoves', {
    description:
      'By how much instants moved; median and 95th percentile are exact up to 500 different lengths, and within 1 % beyond.',
  });

const tallyFields = {
  total: count,
  changes: changesSchema,
  moves: movesSchema,
  passages: z.array(passageSchema),
  byCampaign: z.array(
    z.object({ campaignId: z.string(), name: z.string().nullable(), changes: changesSchema }),
  ),
  byJurisdiction: z.array(
    z.object({
      jurisdiction: z
        .string()
        .openapi({ description: 'All candidates, such as `US US-NY`; empty: no number' }),
      changes: changesSchema,
    }),
  ),
  samples: z.array(previewEntrySchema).openapi({ description: 'Up to ten of each change' }),
};

const estimateSchema = z.object({
  count,
  low: count.openapi({ description: 'Lower bound of the 95 % interval' }),
  high: count,
});

const resultSchema = z.object({
  contacts: z.object(tallyFields).openapi({ description: 'Open contacts, asked about at `request.at`' }),
  promises: z.object({
    total: count,
    changes: z.object(
      Object.fromEntries(PROMISE_CHANGES.map((kind) => [kind, count])) as Record<
        (typeof PROMISE_CHANGES)[number],
        typeof count
      >,
    ),
    samples: z.array(previewEntrySchema),
  }),
  past: z.object({
    from: z.string(),
    until: z.string(),
    calls: z.object({
      ...tallyFields,
      illegal: count.openapi({
        description: 'Calls that were made, and that the draft would have denied or put off at that instant',
      }),
    }),
    denials: z.object({
      ...tallyFields,
      allowed: count.openapi({ description: 'Denials that the draft would have allowed at that instant' }),
    }),
    skipped: z
      .object({ olderFacts: count, unknownSet: count })
      .openapi({ description: 'Decisions that cannot be asked about any more' }),
  }),
  lists: z
    .array(
      z.object({
        part: z.enum(PREVIEW_PARTS),
        change: z.string(),
        listed: count,
        cut: z.boolean().openapi({ description: 'There are more than are listed' }),
      }),
    )
    .openapi({ description: 'What can be read line by line' }),
});

const part = z.object({ done: count, total: count });

/** What lists show of a preview. */
const headFields = {
  id: z.string(),
  draftId: z.string(),
  draftRevision: count.openapi({
    description: 'The revision that it is of; a later one asks for a preview anew',
  }),
  candidateHash: z.string(),
  baseHash: z.string(),
  status: z.enum(PREVIEW_STATUSES),
  requestedBy: z.string(),
  requestedAt: z.string(),
  request: z.object({
    campaignId: z.string().nullable(),
    at: z.string(),
    from: z.string(),
    until: z.string(),
  }),
  progress: z
    .object({
      phase: z.enum(['contacts', 'promises', 'past', 'done']),
      done: count,
      total: count,
      parts: z.object({ contacts: part, promises: part, past: part }),
      perS: z.number().nullable(),
      etaS: z.number().nullable(),
    })
    .nullable()
    .openapi({ description: 'Written about once a second; null: it waits for a worker' }),
};
export const previewHeadSchema = z
  .object({ ...headFields, failure: z.string().nullable(), finishedAt: z.string().nullable() })
  .openapi('PolicyPreviewHead');

export const previewSchema = z
  .object({
    ...headFields,
    sample: z
      .union([
        z.object({
          at: z.string(),
          total: count,
          evaluated: count,
          exact: z.boolean(),
          changes: z.object(
            Object.fromEntries(CHANGES.map((kind) => [kind, estimateSchema])) as Record<
              (typeof CHANGES)[number],
              typeof estimateSchema
            >,
          ),
          moves: movesSchema,
          passages: z.array(passageSchema).openapi({ description: 'Counts of the sample itself' }),
          samples: z.array(previewEntrySchema),
        }),
        z.null(),
      ])
      .openapi({ description: 'A first answer, of open contacts drawn at random' }),
    result: resultSchema.nullable().openapi({ description: 'Null until it is finished' }),
    summary: z.array(z.string()).openapi({ description: 'What it says, in sentences' }),
    failure: z.string().nullable(),
    finishedAt: z.string().nullable(),
  })
  .openapi('PolicyPreview', { description: 'What a draft would change.' });
export type PreviewJson = z.infer<typeof previewSchema>;
export type PreviewEntryJson = z.infer<typeof previewEntrySchema>;
