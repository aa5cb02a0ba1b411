import { createRoute, z } from '@hono/zod-openapi';
import { campaignById, type CampaignRow } from '../../../db/repositories/campaigns.ts';
import { goalCounts } from '../../../db/repositories/goal-counts.ts';
import { armSums, leftOutByReason, type ArmSums } from '../../../db/repositories/rule-figures.ts';
import type { Statements } from '../../../db/client.ts';
import type { CampaignDefinition } from '../../../domain/campaign.ts';
import { COUNTED } from '../../../domain/campaign-rules.ts';
import { notFound } from '../../../domain/failures.ts';
import { differenceOf, shareOf } from '../../../domain/kpi.ts';
import { toIso, type EpochMs } from '../../../domain/time.ts';
import { inactiveAt } from '../../../gate/rules/pending.ts';
import { countQuotas, quotasAt } from '../../../gate/rules/quotas.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, isoOrNull, jsonResponse } from '../../schemas.ts';
import { quotaJson, quotaSchema } from './cause-model.ts';

const count = z.number().int();
const share = z
  .object({ value: z.number(), low: z.number(), high: z.number(), of: count })
  .nullable()
  .openapi({ description: 'With its 95 % interval (Wilson); null: of none' });
const difference = z
  .object({
    value: z.number(),
    low: z.number(),
    high: z.number(),
    clear: z.boolean().openapi({ description: 'Nought lies outside of the interval' }),
  })
  .nullable()
  .openapi({ description: 'To the first arm, with its 95 % interval (Newcombe); null for the first itself' });

const armSchema = z.object({
  arm: z.string(),
  weight: z.number(),
  contacts: count.openapi({ description: 'That were called in it' }),
  attempts: count,
  reached: share.openapi({ description: 'Contacts of whom one call was answered' }),
  converted: share.openapi({ description: 'Contacts that converted' }),
  reachedToFirst: difference,
  convertedToFirst: difference,
});

const responseSchema = z
  .object({
    campaignId: z.string(),
    at: z.string(),
    active: z.boolean().openapi({ description: 'Within its own active hours' }),
    nextActiveAt: z
      .string()
      .nullable()
      .openapi({ description: 'Null: it is active, or never within a year' }),
    notCalled: z
      .array(z.object({ reason: z.string(), count }))
      .openapi({ description: 'Contacts that its rules keep from being called, by reason' }),
    quotas: z.array(quotaSchema),
    goals: z.array(
      z.object({ counts: z.enum(COUNTED), reach: count, by: z.string().nullable(), counted: count }),
    ),
    experiments: z.object({ script: z.array(armSchema), retry: z.array(armSchema) }),
  })
  .openapi('CampaignRulesNow');

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/rules',
  tags: ['Campaigns'],
  summary: 'How its rules stand: who is left out, quotas, goals, and what each arm of an experiment came to',
  description:
    'Contacts are in the arm in which they were called; those not called yet are in none. An interval that holds nought ' +
    'tells that nothing is known yet of which arm is better.',
  operationId: 'getCampaignRules',
  request: { params: campaignParams },
  responses: {
    200: jsonResponse(responseSchema, 'As of `at`'),
    ...problemResponses('unauthorized', 'not_found'),
  },
});

type Arm = z.infer<typeof armSchema>;

export const getCampaignRules = operation(route, 'campaigns.read', (deps) => async (c) => {
  const { campaignId } = c.req.valid('param');
  const at = deps.clock.now();
  const told = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const campaign = await campaignById(tx, campaignId);
    if (campaign === null) throw notFound('the campaign');
    return rulesNow(tx, campaign, at);
  });
  return c.json({ campaignId, at: toIso(at), ...told }, 200);
});

async function rulesNow(tx: Statements, campaign: CampaignRow, at: EpochMs) {
  const { id, definition } = campaign;
  const inactive = inactiveAt(definition, at);
  const quotas = await countQuotas(tx, id, quotasAt(definition, at));
  // Definitions of before there were rules have none.
  const rules = (definition as Partial<CampaignDefinition>).rules;
  const goals = rules?.goals ?? [];
  const counted = goals.length === 0 ? null : (await goalCounts(tx, id, null, 0)).since;
  return {
    active: inactive === null,
    nextActiveAt: isoOrNull(inactive?.until ?? null),
    notCalled: (await leftOutByReason(tx, id)).map(({ reason, count: n }) => ({ reason, count: n })),
    quotas: quotas.map(quotaJson),
    goals: goals.map((goal) => ({ ...goal, counted: counted![goal.counts] })),
    experiments: {
      script: arms(rules?.experiments.script ?? null, await armSums(tx, id, 'script')),
      retry: arms(rules?.experiments.retry ?? null, await armSums(tx, id, 'retry')),
    },
  };
}

/** The arms there are, and then those that there were. */
function arms(
  defined: readonly { readonly name: string; readonly weight: number }[] | null,
  sums: readonly ArmSums[],
): Arm[] {
  const named = defined ?? [];
  const gone = sums.filter(({ arm }) => !named.some(({ name }) => name === arm));
  const all = [...named, ...gone.map(({ arm }) => ({ name: arm, weight: 0 }))].map(({ name, weight }) => {
    const of = sums.find(({ arm }) => arm === name);
    return {
      arm: name,
      weight,
      contacts: of?.contacts ?? 0,
      attempts: of?.attempts ?? 0,
      reached: shareOf(of?.answers ?? 0, of?.contacts ?? 0),
      converted: shareOf(of?.conversions ?? 0, of?.contacts ?? 0),
    };
  });
  return all.map((arm, i) => ({
    ...arm,
    reachedToFirst: i === 0 ? null : differenceOf(all[0]!.reached, arm.reached),
    convertedToFirst: i === 0 ? null : differenceOf(all[0]!.converted, arm.converted),
  }));
}
