import { createRoute, z } from '@hono/zod-openapi';
import type { CampaignAgentsNow } from '../../../db/repositories/campaign-agents.ts';
import { inSnapshot } from '../../../db/snapshot.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { WAIT_KINDS } from '../../../gate/wait-causes.ts';
import { whyWaiting } from '../../../gate/why.ts';
import { noAgentText } from '../../actions/agent-faults.ts';
import { createSharedReading } from '../../live/shared-reading.ts';
import { maskedNumbers } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, isoOrNull, jsonResponse } from '../../schemas.ts';
import { blockJson, campaignBlockSchema, citedRuleSchema, quotaJson, quotaSchema } from './cause-model.ts';

const count = z.number().int();

const seats = z.object({ ready: count, reserved: count, inCall: count, wrapUp: count, onBreak: count });

const agentsNowSchema = z.object({
  needed: z.boolean().openapi({ description: 'No call is made without one' }),
  seats: seats.openapi({ description: 'Of agents who fit, by what they do' }),
  waitingCalls: count.openapi({ description: 'Answered, and without an agent' }),
  reason: z
    .object({ code: z.string().openapi({ example: 'agents.none_with_skill' }), text: z.string() })
    .nullable()
    .openapi({ description: 'Why nobody can take a call; null: somebody can' }),
});

function agentsNowJson(now: CampaignAgentsNow | null): z.infer<typeof agentsNowSchema> | null {
  if (now === null) return null;
  const { reason } = now;
  return { ...now, reason: reason === null ? null : { code: reason.code, text: noAgentText(reason) } };
}

const responseSchema = z
  .object({
    campaignId: z.string(),
    at: z.string().openapi({ description: 'The instant all of it is told for' }),
    waiting: count.openapi({ description: 'Contacts that wait; the counts of the causes sum to it' }),
    causes: z.array(
      z.object({
        kind: z.enum(WAIT_KINDS).openapi({
          description:
            '`campaign`: something holds up all of them. Not due yet: `promised` a call at an instant, `retry_delay`, a ' +
            '`rule` deferred it, `held` back for what is no rule, `not_before` an instant given. Due: the calling ' +
            '`window` of its place is closed, or it waits for an agent (`agents`) or a line (`capacity`).',
        }),
        code: z.string().openapi({ example: 'window.closed' }),
        rules: z.array(citedRuleSchema),
        count,
        nextAt: z.string().nullable().openapi({
          description:
            'When it ends for the first of them; null: when somebody acts, or as lines become free',
        }),
        samples: z
          .array(z.object({ contactId: z.string(), numbers: z.array(z.string()) }))
          .openapi({ description: 'Some of them, numbers masked' }),
        quotas: z.array(quotaSchema).openapi({
          description: 'Of those that quotas hold back: the quotas that let nobody through now',
        }),
      }),
    ),
    blocks: z
      .array(campaignBlockSchema)
      .openapi({ description: 'Everything that holds up all of them, in the order in which it is met' }),
    agents: agentsNowSchema.nullable().openapi({ description: 'Null: no agent takes its calls' }),
    capacity: z
      .object({
        admitted: count,
        maxConcurrentCalls: count,
        carrierCalls: count,
        carrierMaxConcurrentCalls: count,
        carrierCallsPerSecond: z.number(),
        callsPerSecond: z.number().nullable(),
      })
      .nullable()
      .openapi({
        description: 'What bounds its calls, and how much of it is in use; null: it has no carrier',
      }),
    calendarsEnding: z
      .array(z.object({ id: z.string(), coveredTo: z.string() }))
      .openapi({ description: 'Calendars in force that say nothing beyond a day within the next 60' }),
  })
  .openapi('CampaignWhy');

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/why',
  tags: ['Campaigns'],
  summary: 'Why its waiting contacts wait: each in one cause, with rule, citation and next instant',
  description:
    'Each waiting contact is counted once, under the first thing that stands in its way. Told for one instant and one ' +
    'state of the database. Where counting took more than 0.1 s, the answer is kept for ten times as long, 10 s at most; ' +
    '`Cache-Control: no-cache` asks anew.',
  operationId: 'explainCampaignWaiting',
  request: {
    params: campaignParams,
    headers: z.object({
      'cache-control': z.string().max(200).optional().openapi({ description: '`no-cache` for the present' }),
    }),
  },
  responses: {
    200: jsonResponse(responseSchema, 'As of `at`'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

type WhyJson = z.infer<typeof responseSchema>;

export const explainCampaignWaiting = operation(route, 'campaigns.read', (deps) => {
  const policies = createPolicyReader(() => deps.defaultPolicySet());
  const readings = createSharedReading<WhyJson | null>();

  const read = (tenantId: string, campaignId: string): Promise<WhyJson | null> =>
    deps.db.inTenant(tenantId, async (tx) => {
      await inSnapshot(tx);
      const why = await whyWaiting(tx, { clock: deps.clock, policies }, campaignId);
      if (why === null) return null;
      const persons = why.causes.flatMap((cause) => cause.samples.map((sample) => sample.personId));
      const numbers = await maskedNumbers(tx, deps.vault, persons);
      return {
        campaignId,
        at: toIso(why.at),
        waiting: why.waiting,
        causes: why.causes.map((cause) => ({
          ...cause,
          rules: [...cause.rules],
          nextAt: isoOrNull(cause.nextAt),
          samples: cause.samples.map(({ contactId, personId }) => ({
            contactId,
            numbers: numbers.get(personId) ?? [],
          })),
          quotas: cause.quotas.map(quotaJson),
        })),
        blocks: why.blocks.map(blockJson),
        agents: agentsNowJson(why.agents),
        capacity: why.capacity,
        calendarsEnding: [...why.calendarsEnding],
      };
    });

  return async (c) => {
    const tenantId = c.get('tenantId');
    const { campaignId } = c.req.valid('param');
    const fresh = /\bno-cache\b/.test(c.req.valid('header')['cache-control'] ?? '');
    const why = await readings.get(`${tenantId}/${campaignId}`, () => read(tenantId, campaignId), fresh);
    if (why === null) throw notFound('the campaign');
    return c.json(why, 200);
  };
});
