import { createRoute, z } from '@hono/zod-openapi';
import { suppressionById } from '../../../db/repositories/suppressions.ts';
import { purposeSchema, suppressionScopeSchema } from '../../../domain/vocabulary.ts';
import { suppressNumber } from '../../actions/suppress.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import {
  inputIdSchema,
  instantSchema,
  jsonBody,
  jsonResponse,
  numberSchema,
  stopSchema,
  toMs,
} from '../../schemas.ts';
import { stopJson } from '../campaigns/model.ts';
import { suppressionSchema, suppressionsJson } from './model.ts';

export const listNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'is not a list name; expected up to 63 of a–z, 0–9 and . _ -');

const bodySchema = z
  .strictObject({
    number: numberSchema,
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
  })
  .superRefine((body, context) => {
    const fail = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if ((body.scope === 'campaign') !== (body.campaignId !== null)) {
      fail('campaignId', 'does not fit the scope; expected an id for scope campaign, and none for any other');
    }
    if ((body.scope === 'purpose') !== (body.purpose !== null)) {
      fail('purpose', 'does not fit the scope; expected a purpose for scope purpose, and none for any other');
    }
    const from = toMs(body.validFrom);
    const until = toMs(body.validUntil);
    if (from !== null && until !== null && until <= from) {
      fail('validUntil', 'is not after validFrom; expected a later instant, or null');
    }
  });

const answerSchema = z.object({
  suppression: suppressionSchema,
  endedContacts: z.number().int(),
  stop: stopSchema,
});

const route = createRoute({
  method: 'post',
  path: '/v1/suppressions',
  tags: ['Suppressions'],
  summary: 'Do not call this number (勿扰): nothing is sent to it once this has answered (I3)',
  description:
    'For any number, known or not. The same entry sent again is one entry, with the wider of both validities. ' +
    'Contacts in scope end as `suppressed`.',
  operationId: 'addSuppression',
  request: { body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(answerSchema, 'It was there before, and holds'),
    201: jsonResponse(answerSchema, 'Added, and it holds'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const addSuppression = operation(route, 'suppressions.add', (deps) => async (c) => {
  const requestedReal = Date.now();
  const tenantId = c.get('tenantId');
  const { number, validFrom, validUntil, ...stated } = c.req.valid('json');
  const { id, created, endedContacts, stop } = await suppressNumber(
    deps,
    { tenantId, ...authorOf(c) },
    {
      ...stated,
      numberHash: deps.vault.numberHash(tenantId, number),
      validFrom: toMs(validFrom) ?? deps.clock.now(),
      validUntil: toMs(validUntil),
    },
  );
  const [suppression] = await deps.db.inTenant(tenantId, async (tx) => {
    const row = await suppressionById(tx, id);
    return suppressionsJson(tx, deps.vault, row === null ? [] : [row]);
  });
  const body = { suppression: suppression!, endedContacts, stop: stopJson(stop, requestedReal) };
  return created ? c.json(body, 201) : c.json(body, 200);
});
