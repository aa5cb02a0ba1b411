import { createRoute, z } from '@hono/zod-openapi';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { callingHoursSchema, retryOf } from '../../../domain/campaign.ts';
import { RightcallError, invalidInput, notFound } from '../../../domain/failures.ts';
import { parseCampaignDefinition } from '../../../domain/faults.ts';
import { toIso } from '../../../domain/time.ts';
import { contactStateSchema } from '../../../domain/vocabulary.ts';
import { isZone } from '../../../domain/wall-clock.ts';
import type { Forecast, ForecastFigures } from '../../../pacing/retry-forecast.ts';
import { mergePatch } from '../../actions/change-campaign.ts';
import { forecastRules, readForecastGround, type RetryForecast } from '../../actions/retry-forecast.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, instantSchema, isoOrNull, jsonResponse, toMs } from '../../schemas.ts';

const requestSchema = z
  .strictObject({
    retry: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({
        description:
          'JSON merge patch of the campaign’s `retry`, as a change would have it; the campaign’s own without',
        example: { maxAttempts: 5, coolOff: { afterAttempts: 2, days: 3 } },
      }),
    contacts: z.number().int().min(1).max(10_000_000).optional().openapi({
      description: 'How many are to be called; those of the campaign that are not final without',
    }),
    callsPerHour: z
      .number()
      .positive('is not above 0; expected calls an hour')
      .max(10_000_000)
      .optional()
      .openapi({ description: 'For which lines and agents have room; without, one a minute for each line' }),
    hours: z
      .array(callingHoursSchema)
      .min(1, 'is empty; expected at least one window')
      .max(20)
      .optional()
      .openapi({ description: 'When calls are made; the campaign’s own hours without, else 08:00 to 21:00' }),
    zone: z
      .string()
      .max(100)
      .refine(isZone, 'is not a zone; expected an IANA name such as Asia/Shanghai')
      .optional()
      .openapi({ description: 'By whose clock; that of most of the contacts without, else UTC' }),
    startAt: instantSchema.optional().openapi({ description: 'When calling begins; now without' }),
    from: z
      .enum(['campaign', 'tenant', 'defaults'])
      .optional()
      .openapi({
        description:
          'Whose past people are taken to behave after; without, the campaign’s if it has 200 attempts, else the tenant’s ' +
          'if it has, else the defaults (published figures of a bank’s calls)',
      }),
    pastDays: z.number().int().min(1).max(366).default(90),
    seed: z.string().min(1).max(100).default('rightcall').openapi({
      description: 'The same seed and data give the same figures',
    }),
  })
  .openapi('RetryForecastRequest');

const estimated = z.object({ mean: z.number(), low: z.number(), high: z.number() }).openapi('Estimated', {
  description:
    'A mean with its 95 % interval: what another draw would give, not what the model may be wrong by',
});
const share = z.number().openapi({ description: 'From 0 to 1' });
const daysTo = (what: string) =>
  z
    .number()
    .nullable()
    .openapi({ description: `Days until ${what} are done with; null: not within a year` });

const figuresSchema = z
  .object({
    played: z.number().int().openapi({ description: 'People played; totals are for all contacts' }),
    attempts: z.number(),
    attemptsEach: estimated,
    answers: estimated.openapi({ description: 'Contacts reached' }),
    conversions: estimated,
    attemptsPerConversion: z.number().nullable().openapi({ description: 'Null: nobody converts' }),
    daysToHalf: daysTo('half of them'),
    daysTo90: daysTo('nine of ten'),
    daysToAll: daysTo('all'),
    byAttempt: z.array(z.object({ n: z.number().int(), attempts: z.number(), answerRate: share })),
    ends: z.array(z.object({ state: contactStateSchema, reason: z.string(), share })),
  })
  .openapi('RetryForecastFigures');

const forecastSchema = figuresSchema
  .extend({
    arms: z
      .array(
        z.object({
          arm: z.string(),
          weight: z.number(),
          contacts: z.number(),
          figures: figuresSchema.nullable().openapi({ description: 'Null: of so few nobody is in it' }),
        }),
      )
      .openapi({
        description:
          'What each arm of the campaign’s experiment comes to, its contacts sharing the lines with the others; empty: the ' +
          'same rules are played for all',
      }),
  })
  .openapi('RetryForecastOfRules');

const responseSchema = z
  .object({
    campaignId: z.string(),
    startAt: z.string(),
    basis: z.object({
      source: z.enum(['campaign', 'tenant', 'defaults']),
      attempts: z.number().int().openapi({ description: 'Attempts with an outcome that it rests on' }),
      since: z.string().nullable(),
      defaultWeight: z.number().openapi({
        description: 'With so many attempts of its own, a figure counts as much as the default of it does',
      }),
      contacts: z.number().int(),
      callsPerHour: z.number(),
      hours: z.array(callingHoursSchema),
      zone: z.string(),
      answerByAttempt: z.array(share).openapi({
        description: 'Chance that the first, second, … attempt is answered, where those before were not',
      }),
      answerByHour: z.array(z.number()).openapi({
        description: 'By hour of the day, how much likelier than on average',
      }),
      abandoned: share.openapi({ description: 'Answers to whom no agent comes in time, from 0 to 1' }),
      numbersEach: z.number().openapi({ description: 'Numbers of a person, on average' }),
      assumed: z.array(z.string()).openapi({
        description: 'What was neither asked for nor on record, and taken to be so',
      }),
      leavesOut: z.array(z.string()).openapi({ description: 'What is not played' }),
    }),
    forecast: forecastSchema,
    byOwnRules: forecastSchema.nullable().openapi({
      description: 'By the campaign’s own rules, all else equal; null: these were asked about',
    }),
  })
  .openapi('RetryForecast');

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/retry-forecast',
  tags: ['Campaigns'],
  summary: 'What retry rules would come to: attempts, answers, conversions, days to finish',
  description:
    'Plays the very rules, those of each arm where an experiment tries several, on made-up people who behave as people ' +
    'did, leaning on published figures where little is on record, and says what it rests on. Changes nothing. Rules of law are not played: they make it take longer, and ' +
    'the dry run says what they do now.',
  operationId: 'forecastRetries',
  request: {
    params: campaignParams,
    body: { content: { 'application/json': { schema: requestSchema } }, required: false },
  },
  responses: {
    200: jsonResponse(responseSchema, 'Nothing of it is kept'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'unavailable'),
  },
});

const LEAVES_OUT = [
  'rules of law, consents and do-not-call lists',
  'the best time to call',
  'whether a script or an agent makes the call',
  'the campaign’s filter, quotas, mixed lists, active hours and goals',
];

/** Forecasts at once in a process: each computes for a second. */
const RUNNING_MAX = 2;
const BUSY_RETRY_S = 3;

export const forecastCampaignRetries = operation(
  route,
  'campaigns.read',
  (deps) => {
    let running = 0;
    return async (c) => {
      const { campaignId } = c.req.valid('param');
      const {
        retry,
        startAt,
        from = null,
        pastDays = 90,
        seed = 'rightcall',
        ...asked
      } = c.req.valid('json');
      const now = deps.clock.now();
      if (running >= RUNNING_MAX) {
        const message = `${RUNNING_MAX} forecasts are under way in this process`;
        throw new RightcallError('unavailable', message, { retryAfterS: BUSY_RETRY_S });
      }
      running += 1;
      try {
        const { definition, ground } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
          const campaign = await campaignById(tx, campaignId);
          if (campaign === null) throw notFound('the campaign');
          return {
            definition: campaign.definition,
            ground: await readForecastGround(tx, campaignId, { from, pastDays }, now),
          };
        });
        const request = {
          rules:
            retry === undefined ? null : retryOf(parseCampaignDefinition(mergePatch(definition, { retry }))),
          contacts: asked.contacts ?? null,
          callsPerHour: asked.callsPerHour ?? null,
          hours: asked.hours ?? null,
          zone: asked.zone ?? null,
          ...{ from, pastDays, seed },
          startAt: toMs(startAt) ?? now,
        };
        const made = await forecastRules(definition, retryOf(definition), request, ground);
        if (made === null) {
          const expected = 'how many there will be, since the campaign has none that are to be called';
          throw invalidInput([{ field: 'contacts', fault: 'is missing', expected }]);
        }
        return c.json({ campaignId, startAt: toIso(request.startAt), ...forecastJson(made) }, 200);
      } finally {
        running -= 1;
      }
    };
  },
  { idempotency: 'none' },
);

function forecastJson({
  basis,
  forecast,
  byOwnRules,
}: RetryForecast): Omit<z.infer<typeof responseSchema>, 'campaignId' | 'startAt'> {
  const { people, ...rest } = basis;
  return {
    basis: {
      ...rest,
      since: isoOrNull(basis.since),
      hours: basis.hours.map((window) => ({ ...window, days: [...window.days] })),
      answerByAttempt: [...people.answerByAttempt],
      answerByHour: [...people.answerByHour],
      abandoned: people.abandoned,
      numbersEach: people.numbersEach,
      assumed: [...basis.assumed],
      leavesOut: LEAVES_OUT,
    },
    forecast: figuresJson(forecast),
    byOwnRules: byOwnRules === null ? null : figuresJson(byOwnRules),
  };
}

function figuresJson(forecast: Forecast): z.infer<typeof forecastSchema> {
  return {
    ...plainFigures(forecast),
    arms: forecast.arms.map(({ name: arm, weight, contacts, figures }) => ({
      ...{ arm, weight, contacts },
      figures: figures === null ? null : plainFigures(figures),
    })),
  };
}

function plainFigures({ byAttempt, ends, ...figures }: ForecastFigures): z.infer<typeof figuresSchema> {
  return {
    ...figures,
    byAttempt: byAttempt.map((one) => ({ ...one })),
    ends: ends.map((one) => ({ ...one })),
  };
}
