import { createRoute, z } from '@hono/zod-openapi';
import { kpiSums } from '../../../db/repositories/report-kpis.ts';
import { suggestionFigures } from '../../../db/repositories/suggestion-figures.ts';
import { invalidInput } from '../../../domain/failures.ts';
import { NO_SUMS } from '../../../domain/kpi.ts';
import { suggestionsOf } from '../../../domain/suggestions.ts';
import { toIso } from '../../../domain/time.ts';
import { abandonmentRules, denominatorOf } from '../../actions/abandonment-rules.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { differenceSchema, shareSchema } from './kpi-model.ts';
import { zoneQuery } from './model.ts';

const share = shareSchema.unwrap();
const difference = differenceSchema.unwrap();
const hours = z.object({ hours: z.array(z.number().int()), then: share, otherwise: share, difference });
const fall = z.object({ before: share, from: share, difference });

const suggestionSchema = z
  .discriminatedUnion('code', [
    z.object({
      code: z.literal('attempts.fewer_a_day'),
      evidence: fall.extend({ attemptOfDay: z.number().int() }),
    }),
    z.object({
      code: z.literal('attempts.give_up_sooner'),
      evidence: fall.extend({ attempt: z.number().int() }),
    }),
    z.object({ code: z.literal('hours.avoid'), evidence: hours }),
    z.object({ code: z.literal('hours.prefer'), evidence: hours }),
    z.object({
      code: z.literal('callbacks.breached'),
      evidence: z.object({ kept: share, reason: z.string(), times: z.number().int() }),
    }),
    z.object({
      code: z.literal('abandonment.near_cap'),
      evidence: z.object({ rule: z.string(), rate: share, capPercent: z.number() }),
    }),
  ])
  .openapi('Suggestion');

const route = createRoute({
  method: 'get',
  path: '/v1/reports/suggestions',
  tags: ['Reports'],
  summary: 'What the figures of a period suggest, with the evidence behind each',
  description:
    'Only what is clear: the 95 % interval of the difference leaves out nought, and there are enough cases. Nothing is ' +
    'changed by it. `attempts.fewer_a_day`: the answer rate falls from this attempt within 24 hours on. ' +
    '`attempts.give_up_sooner`: from this attempt on. `hours.avoid`, `hours.prefer`: hours of the day in `zone`. ' +
    '`callbacks.breached`: promises that were not kept. `abandonment.near_cap`: eight tenths of what a rule allows.',
  operationId: 'listSuggestions',
  request: {
    query: z.object({
      from: instantSchema,
      to: instantSchema,
      campaignId: inputIdSchema.optional(),
      zone: zoneQuery,
    }),
  },
  responses: {
    200: jsonResponse(
      z.object({ from: z.string(), to: z.string(), items: z.array(suggestionSchema) }),
      'As of now; none where nothing is clear',
    ),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listSuggestions = operation(route, 'reports.read', (deps) => async (c) => {
  const { zone, ...asked } = c.req.valid('query');
  const [from, to] = [toMs(asked.from)!, toMs(asked.to)!];
  if (from >= to) {
    throw invalidInput([{ field: 'query.to', fault: 'is not after from', expected: 'a later instant' }]);
  }
  const campaignId = asked.campaignId ?? null;
  const figures = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const found = await suggestionFigures(tx, { campaignId, zone, from, to });
    const of = { groupBy: null, campaignId, teamId: null, agentId: null, zone, from, to, serviceS: 0 };
    const sums = (await kpiSums(tx, of))[0]?.sums ?? NO_SUMS;
    const rules = await abandonmentRules(tx, deps.clock.now());
    return {
      ...found,
      abandonment: rules.map((rule) => ({
        rule: rule.rule,
        abandoned: sums.abandoned,
        of: denominatorOf(rule, sums),
        capPercent: rule.ratePercent,
      })),
    };
  });
  const items = suggestionsOf(figures).map(
    // Arrays that are ours to read are the answer's to write.
    (one) => structuredClone(one) as z.infer<typeof suggestionSchema>,
  );
  return c.json({ from: toIso(from), to: toIso(to), items }, 200);
});
