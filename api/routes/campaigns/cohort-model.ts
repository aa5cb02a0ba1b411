import { z } from '@hono/zod-openapi';
import { COHORT_EXACT_MAX, COHORT_OUTCOMES, type Cohort, type CohortCause } from '../../../gate/cohort.ts';
import { toIso } from '../../../domain/time.ts';
import { contactStateSchema } from '../../../domain/vocabulary.ts';
import { inputIdSchema, isoOrNull } from '../../schemas.ts';
import { causeText, cohortSummary, forecastText, outcomeText } from '../../story/cohort-text.ts';
import type { Messages } from '../../story/messages/index.ts';
import { remedyText } from '../../story/rules.ts';
import { tellingOf } from '../../story/telling.ts';
import { blockJson, campaignBlockSchema, citedRuleSchema } from './cause-model.ts';

/** Contacts by id in one question, at most. */
const CONTACTS_MAX = 10_000;
/** Other values of a filter, at most. */
const VALUES_MAX = 100;

const texts = (example: string) =>
  z
    .array(z.string().trim().min(1, 'is empty').max(200))
    .min(1, 'names nothing; leave it out to ask about all')
    .max(VALUES_MAX)
    .optional()
    .openapi({ example: [example] });

export const cohortRequestSchema = z
  .strictObject({
    states: z
      .array(contactStateSchema)
      .min(1, 'names nothing; leave it out to ask about all')
      .optional()
      .openapi({ description: 'States; left out: all' }),
    reasons: texts('consent.missing').openapi({ description: 'Reasons that the contacts have on record' }),
    contactIds: z
      .array(inputIdSchema)
      .min(1, 'names nothing; leave it out to ask about all')
      .max(CONTACTS_MAX)
      .optional()
      .openapi({ description: `Contacts of the campaign by id, ${CONTACTS_MAX} at most` }),
    cohorts: texts('kX3b…').openapi({ description: 'Cohorts of the hopper, as contacts name them' }),
    zones: texts('Asia/Shanghai').openapi({ description: 'Zones (IANA) that the person may live by' }),
    jurisdictions: texts('US-FL').openapi({
      description: 'Jurisdictions that the number may be in; `US` takes in `US-FL`',
    }),
    sample: z
      .number()
      .int()
      .min(100)
      .max(COHORT_EXACT_MAX)
      .default(2_000)
      .openapi({
        description: `Waiting contacts to ask the rules about where more than ${COHORT_EXACT_MAX} wait`,
      }),
    forecast: z
      .boolean()
      .default(true)
      .openapi({ description: 'Tell what the next hour is likely to bring' }),
  })
  .openapi('CohortQuestion', { description: 'Each filter narrows; left out it takes in all.' });

const count = z.number().int();
const share = {
  count,
  low: count.openapi({
    description: 'Lower bound of the 95 % interval; the count itself where all were asked about',
  }),
  high: count.openapi({ description: 'Upper bound' }),
};
const shareSchema = z.object(share).openapi('CohortShare');

export const cohortResponseSchema = z
  .object({
    campaignId: z.string(),
    at: z.string(),
    summary: z.string().openapi({ description: 'One sentence for people' }),
    total: count.openapi({
      description: 'Contacts that the filter takes in; the counts of the causes sum to it',
    }),
    waiting: count,
    evaluated: count.openapi({ description: 'Waiting contacts that the rules were asked about' }),
    exact: z.boolean().openapi({ description: 'All were; otherwise a random sample, scaled' }),
    causes: z.array(
      z.object({
        outcome: z.enum(COHORT_OUTCOMES),
        outcomeText: z.string(),
        code: z.string().openapi({ example: 'window.closed' }),
        text: z.string(),
        state: contactStateSchema.nullable().openapi({ description: 'Of those that ended' }),
        rule: citedRuleSchema.nullable(),
        ...share,
        nextAt: z.string().nullable().openapi({ description: 'When the first of them may be called' }),
        samples: z.array(z.string()).openapi({ description: 'Some contacts by id' }),
        remedies: z
          .array(z.object({ code: z.string(), text: z.string(), proved: z.boolean() }))
          .openapi({ description: 'What would have to change, told of one of them; any one is enough' }),
      }),
    ),
    blocks: z.array(campaignBlockSchema.extend({ text: z.string(), remedy: z.string() })).openapi({
      description: 'What holds up all of them beside the rules, and what would end it',
    }),
    forecast: z
      .object({
        text: z.string(),
        from: z.string(),
        to: z.string(),
        eligible: shareSchema,
        dialled: count,
        steps: z.array(
          z.object({
            from: z.string(),
            becoming: shareSchema.openapi({
              description: 'Contacts that become eligible in the step; in the first also those who are',
            }),
            dialled: count.openapi({ description: 'How many are likely to be dialled in it' }),
          }),
        ),
        assumed: z
          .object({
            callsPerSecond: z.number(),
            concurrentCalls: count,
            holdS: z.number().openapi({ description: 'How long a call keeps a line (s)' }),
            holdFrom: z
              .enum(['recent_calls', 'ring_timeout'])
              .openapi({ description: 'Mean of its latest calls; with fewer than 20, how long it rings' }),
          })
          .nullable()
          .openapi({ description: 'Null: the campaign has no carrier' }),
      })
      .nullable()
      .openapi({ description: 'Null where it was not asked for' }),
  })
  .openapi('Cohort');

export function cohortJson(cohort: Cohort, say: Messages): z.infer<typeof cohortResponseSchema> {
  const { forecast } = cohort;
  return {
    campaignId: cohort.campaign.id,
    at: toIso(cohort.at),
    summary: cohortSummary(cohort, say),
    total: cohort.total,
    waiting: cohort.waiting,
    evaluated: cohort.evaluated,
    exact: cohort.exact,
    causes: cohort.causes.map((cause) => causeJson(cohort, cause, say)),
    blocks: cohort.blocks.map((block) => ({
      ...blockJson(block),
      text: say.words.other[block.code] ?? block.code,
      remedy: say.rules.blockRemedies[block.code] ?? block.code,
    })),
    forecast:
      forecast === null
        ? null
        : {
            text: forecastText(cohort, say) ?? '',
            from: toIso(forecast.from),
            to: toIso(forecast.to),
            eligible: { ...forecast.eligible },
            dialled: forecast.dialled,
            steps: forecast.steps.map((step) => ({
              from: toIso(step.from),
              becoming: { ...step.becoming },
              dialled: step.dialled,
            })),
            assumed: forecast.assumed,
          },
  };
}

function causeJson(
  cohort: Cohort,
  cause: CohortCause,
  say: Messages,
): z.infer<typeof cohortResponseSchema>['causes'][number] {
  const { at, campaign } = cohort;
  const { purpose, channel } = campaign.definition;
  const tell = tellingOf({ at, purpose, channel, zones: cause.zones }, say);
  const { rule } = cause;
  return {
    outcome: cause.outcome,
    outcomeText: outcomeText(cause.outcome, say),
    code: cause.code,
    text: causeText(cohort, cause, say),
    state: cause.state,
    rule: rule === null ? null : { pack: rule.pack, id: rule.id, label: rule.label, citation: rule.citation },
    count: cause.count,
    low: cause.low,
    high: cause.high,
    nextAt: isoOrNull(cause.nextAt),
    samples: [...cause.samples],
    remedies: (cause.remedies?.ways ?? []).map((way) => ({
      code: way.code,
      text: remedyText(way, tell, say),
      proved: way.proved,
    })),
  };
}
