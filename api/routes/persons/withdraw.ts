import { createRoute, z } from '@hono/zod-openapi';
import { withdrawConsent as apply } from '../../actions/consent.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse, personParams, stopSchema, toMs } from '../../schemas.ts';
import { stopJson } from '../campaigns/model.ts';
import { statementFields } from './model.ts';

const bodySchema = z.strictObject(statementFields);

const answerSchema = z.object({
  eventId: z.string(),
  endedContacts: z.number().int(),
  stop: stopSchema,
});

const route = createRoute({
  method: 'post',
  path: '/v1/persons/{personId}/withdrawals',
  tags: ['Persons'],
  summary: 'Withdraw consent (撤回同意): nothing is sent to the person once this has answered (I3)',
  description:
    'Purposes left out: all of them. Contacts of these purposes end as `withdrawn`; permits not used are taken back, ' +
    'what rings is hung up. Safe to send again.',
  operationId: 'withdrawConsent',
  request: { params: personParams, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(answerSchema, 'It was recorded before, and holds'),
    201: jsonResponse(answerSchema, 'Recorded, and it holds'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const withdrawConsent = operation(route, 'consents.withdraw', (deps) => async (c) => {
  const requestedReal = Date.now();
  const { occurredAt, evidenceHash, ...stated } = c.req.valid('json');
  const { created, eventId, endedContacts, stop } = await apply(
    deps,
    { tenantId: c.get('tenantId'), ...authorOf(c) },
    {
      personId: c.req.valid('param').personId,
      ...stated,
      evidenceHash: evidenceHash === undefined ? null : Buffer.from(evidenceHash, 'hex'),
      occurredAt: toMs(occurredAt) ?? deps.clock.now(),
    },
  );
  const body = { eventId, endedContacts, stop: stopJson(stop, requestedReal) };
  return created ? c.json(body, 201) : c.json(body, 200);
});
