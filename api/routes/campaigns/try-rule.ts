import { createRoute, z } from '@hono/zod-openapi';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { sampleContacts } from '../../../db/repositories/rule-figures.ts';
import { ATTRIBUTE_TYPES, EXPRESSION_MAX } from '../../../domain/campaign-rules.ts';
import { invalidInput, notFound } from '../../../domain/failures.ts';
import { shareOf } from '../../../domain/kpi.ts';
import { compile, environmentOf } from '../../../gate/rules/expression.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonBody, jsonResponse } from '../../schemas.ts';

const SAMPLE_MAX = 5_000;

const requestSchema = z
  .strictObject({
    expression: z.string().trim().min(1, 'is empty').max(EXPRESSION_MAX),
    attributes: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/), z.enum(ATTRIBUTE_TYPES))
      .optional()
      .openapi({
        description: 'Declares attributes for this once; the campaign’s own `rules.attributes` without',
      }),
    sample: z.number().int().min(1).max(SAMPLE_MAX).default(1_000).openapi({
      description: 'Contacts to ask it about; of more that there are, a random sample',
    }),
    show: z.number().int().min(0).max(100).default(10).openapi({ description: 'Matching contacts to name' }),
  })
  .openapi('RuleTrial');

const count = z.number().int();

const responseSchema = z
  .object({
    asked: count,
    exact: z.boolean().openapi({ description: 'All contacts of the campaign were asked about' }),
    matched: count,
    share: z
      .object({ value: z.number(), low: z.number(), high: z.number() })
      .nullable()
      .openapi({ description: 'Of those asked, with its 95 % interval (Wilson); null: nobody was asked' }),
    faults: z
      .array(z.object({ fault: z.string(), count }))
      .openapi({ description: 'Why it could not be asked about some; a filter leaves these out' }),
    contacts: z.array(z.string()).openapi({ description: 'The first that match, by id' }),
  })
  .openapi('RuleTrialResult');

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/rules/try',
  tags: ['Campaigns'],
  summary: 'Try an expression on the campaign’s contacts before it is used',
  description:
    'Tells how many match, and names the first; nothing is changed and nothing is kept. An expression that does not ' +
    'parse, or that names an attribute which is not declared, is refused with its position.',
  operationId: 'tryCampaignRule',
  request: { params: campaignParams, body: jsonBody(requestSchema) },
  responses: {
    200: jsonResponse(responseSchema, 'As of now'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

/** Who may try expressions learns of attributes, one question at a time: it takes the right to change the campaign. */
export const tryCampaignRule = operation(
  route,
  'campaigns.write',
  (deps) => async (c) => {
    const { campaignId } = c.req.valid('param');
    const { expression, attributes, sample, show } = c.req.valid('json');
    const tenantId = c.get('tenantId');
    const found = await deps.db.inTenant(tenantId, async (tx) => {
      const campaign = await campaignById(tx, campaignId);
      if (campaign === null) throw notFound('the campaign');
      // Definitions of before there were rules have none.
      const { rules }: { rules?: { attributes: typeof attributes } } = campaign.definition;
      const types = attributes ?? rules?.attributes ?? {};
      const compiled = compile(environmentOf(types), types, expression);
      if (!('expression' in compiled)) {
        const fault = `at character ${compiled.position} ${compiled.fault}`;
        throw invalidInput([{ field: 'expression', fault, expected: compiled.expected }]);
      }
      return { ...compiled, ...(await sampleContacts(tx, campaignId, sample)) };
    });
    const sealers = await deps.vault.sealersOf(tenantId, [
      ...new Set(found.contacts.map(({ personId }) => personId)),
    ]);
    const matching: string[] = [];
    const faults = new Map<string, number>();
    try {
      for (const { id, personId, attributes: sealed } of found.contacts) {
        const opened = sealed === null ? {} : (sealers.get(personId)?.openAttributes(id, sealed) ?? {});
        const outcome = found.expression.evaluate(opened);
        if (outcome.kind === 'fault') faults.set(outcome.fault, (faults.get(outcome.fault) ?? 0) + 1);
        else if (outcome.value) matching.push(id);
      }
    } finally {
      for (const sealer of sealers.values()) sealer.dispose();
    }
    const share = shareOf(matching.length, found.contacts.length);
    return c.json(
      {
        asked: found.contacts.length,
        exact: found.exact,
        matched: matching.length,
        share: share === null ? null : { value: share.value, low: share.low, high: share.high },
        faults: [...faults].map(([fault, times]) => ({ fault, count: times })),
        contacts: matching.slice(0, show),
      },
      200,
    );
  },
  { idempotency: 'none' },
);
