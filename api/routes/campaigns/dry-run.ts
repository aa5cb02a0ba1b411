import { createRoute, z } from '@hono/zod-openapi';
import { inSnapshot } from '../../../db/snapshot.ts';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { RightcallError, invalidInput, notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { DRY_RUN_EXACT_MAX, dryRun, type DryRun } from '../../../gate/dry-run.ts';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { startFaults } from '../../actions/campaign-life.ts';
import { scriptFaults } from '../../actions/script-faults.ts';
import { operation } from '../../operation.ts';
import { faultSchema, problemResponses } from '../../problems.ts';
import { campaignParams, instantSchema, isoOrNull, jsonResponse, toMs } from '../../schemas.ts';
import { firstTurns, NO_TURNS, type MixState } from '../../../pacing/mixing.ts';
import { blockJson, campaignBlockSchema, citedRuleSchema, quotaJson, quotaSchema } from './cause-model.ts';

const requestSchema = z
  .strictObject({
    at: instantSchema.optional().openapi({
      description: 'Instant to ask about, now or later; now without. Facts are those of now.',
    }),
    sample: z
      .number()
      .int()
      .min(100)
      .max(DRY_RUN_EXACT_MAX)
      .default(2_000)
      .openapi({
        description: `Contacts to ask about where more than ${DRY_RUN_EXACT_MAX} wait`,
      }),
  })
  .openapi('DryRunRequest');

const count = z.number().int();
const share = {
  count,
  low: count.openapi({ description: 'Lower bound of the 95 % interval; the count itself where `exact`' }),
  high: count.openapi({ description: 'Upper bound' }),
};
const shareSchema = z.object(share).openapi('DryRunShare');

/** How many turns of mixed lists are told. */
const FIRST_TURNS = 100;

const rulesSchema = z.object({
  leftOut: z
    .array(z.object({ reason: z.string(), count }))
    .openapi({ description: 'Contacts that the rules have left out, which are not among those that wait' }),
  quotas: z.array(
    quotaSchema.extend({
      now: shareSchema.openapi({ description: 'Contacts that could be called and count towards it' }),
      letsThrough: count.openapi({
        description: 'Of these, how many calls there is room for; each may come to what it counts',
      }),
    }),
  ),
  lists: z
    .array(
      z.object({
        list: z.string().nullable().openapi({ description: 'Null: all that are not named' }),
        weight: z.number(),
        now: shareSchema.openapi({ description: 'Contacts of it that could be called' }),
        first: count.openapi({ description: `Of the first ${FIRST_TURNS} that would be admitted` }),
      }),
    )
    .openapi({ description: 'Empty: lists are not mixed' }),
});

const responseSchema = z
  .object({
    campaignId: z.string(),
    at: z.string(),
    policies: z.object({
      setHash: z.string(),
      inForce: z
        .boolean()
        .openapi({ description: 'False: none is, and the first start puts this shipped set in force' }),
    }),
    blocks: z.array(campaignBlockSchema).openapi({
      description: 'What stands in the way of all of them, apart from the rules; the counts leave it aside',
    }),
    startFaults: z
      .array(faultSchema)
      .openapi({ description: 'Why a draft could not be started as it is defined' }),
    total: count.openapi({ description: 'Contacts that wait' }),
    evaluated: count.openapi({ description: 'Of these, contacts the rules were asked about' }),
    exact: z.boolean().openapi({ description: 'All were asked; otherwise a random sample, scaled' }),
    outcomes: z
      .object({ now: shareSchema, deferred: shareSchema, denied: shareSchema, exhausted: shareSchema })
      .openapi({
        description: 'Sums to `total`. `exhausted`: given up, since they may be called only too late',
      }),
    deferredByHour: z.array(
      z.object({
        hour: z
          .string()
          .openapi({ description: 'Beginning of the hour (UTC) until which they are deferred' }),
        reason: z.string(),
        count,
      }),
    ),
    causes: z.array(
      z.object({
        outcome: z.enum(['deferred', 'denied', 'exhausted']),
        reason: z.string(),
        rule: citedRuleSchema
          .nullable()
          .openapi({ description: "Null: no rule, but a retry's delay, a promise, or a call that is up" }),
        ...share,
        nextAt: z.string().nullable().openapi({ description: 'When the first of them may be called' }),
        samples: z.array(z.string()).openapi({ description: 'Some contacts by id' }),
      }),
    ),
    rules: rulesSchema.openapi({
      description:
        'What the campaign’s own rules would do. Whom a filter leaves out, or a full quota holds back, is counted in the ' +
        'outcomes; how many calls a quota has room for is told here alone.',
    }),
  })
  .openapi('DryRun');

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/dry-run',
  tags: ['Campaigns'],
  summary: 'How many would be called now, deferred until when, denied and why',
  description:
    'Asks the rules about the contacts that wait, by the facts of now, and changes nothing. A draft is asked about as ' +
    `if it were started. Up to ${DRY_RUN_EXACT_MAX} waiting contacts are all asked about; of more, a random sample, with the counts ` +
    'scaled and their 95 % intervals.',
  operationId: 'dryRunCampaign',
  request: {
    params: campaignParams,
    body: { content: { 'application/json': { schema: requestSchema } }, required: false },
  },
  responses: {
    200: jsonResponse(responseSchema, 'As of now; nothing of it is kept'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

/** Dry runs at once in a process: each holds a connection and half a core for seconds. */
const RUNNING_MAX = 2;
const BUSY_RETRY_S = 3;

export const dryRunCampaign = operation(
  route,
  'campaigns.read',
  (deps) => {
    const policies = createPolicyReader(() => deps.defaultPolicySet());
    let running = 0;
    return async (c) => {
      const { campaignId } = c.req.valid('param');
      const { at: asked, sample = 2_000 } = c.req.valid('json');
      const now = deps.clock.now();
      const at = toMs(asked) ?? now;
      if (at < now) {
        const expected =
          'an instant from now on; GET /v1/contacts/{contactId}/explanation tells of earlier ones';
        throw invalidInput([{ field: 'at', fault: 'has gone by', expected }]);
      }
      if (running >= RUNNING_MAX) {
        const message = `${RUNNING_MAX} dry runs are under way in this process`;
        throw new RightcallError('unavailable', message, { retryAfterS: BUSY_RETRY_S });
      }
      running += 1;
      try {
        const { run, faults } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
          await inSnapshot(tx);
          const campaign = await campaignById(tx, campaignId);
          const found = await dryRun(tx, { ...deps, policies }, campaignId, at, sample);
          if (campaign === null || found === null) throw notFound('the campaign');
          const known = !found.blocks.some((block) => block.code === 'carrier.missing');
          return {
            run: found,
            faults:
              campaign.status === 'draft'
                ? [...startFaults(campaign, known, at), ...(await scriptFaults(tx, campaign.definition))]
                : [],
          };
        });
        return c.json({ campaignId, ...dryRunJson(run), startFaults: faults }, 200);
      } finally {
        running -= 1;
      }
    };
  },
  { idempotency: 'none' },
);

function rulesJson({ rules, evaluated, total }: DryRun): z.infer<typeof rulesSchema> {
  const scale = evaluated === 0 ? 1 : total / evaluated;
  const first = firstTurns(
    (rules.mixing as MixState | null) ?? NO_TURNS,
    rules.lists.map(({ list, weight, byRank }) => ({
      // As the pacer names them (activities/pace/due-by-turns.ts).
      name: list ?? '',
      weight,
      dueByRank: new Map([...byRank].map(([rank, found]) => [rank, Math.round(found * scale)])),
    })),
    FIRST_TURNS,
  );
  return {
    leftOut: rules.leftOut.map(({ reason, count: n }) => ({ reason, count: n })),
    quotas: rules.quotas.map(({ of, now, letsThrough }) => ({ ...quotaJson(of), now, letsThrough })),
    lists: rules.lists.map(({ list, weight, now }, i) => ({ list, weight, now, first: first[i]! })),
  };
}

function dryRunJson(run: DryRun): Omit<z.infer<typeof responseSchema>, 'campaignId' | 'startFaults'> {
  return {
    ...run,
    at: toIso(run.at),
    policies: { ...run.policies },
    blocks: run.blocks.map(blockJson),
    outcomes: { ...run.outcomes },
    deferredByHour: run.deferredByHour.map((bucket) => ({ ...bucket, hour: toIso(bucket.hour) })),
    causes: run.causes.map((cause) => ({
      ...cause,
      nextAt: isoOrNull(cause.nextAt),
      samples: [...cause.samples],
    })),
    rules: rulesJson(run),
  };
}
