import { createRoute, z } from '@hono/zod-openapi';
import { suppressionById } from '../../../db/repositories/suppressions.ts';
import { suppressNumber } from '../../actions/suppress.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse, numberSchema, stopSchema } from '../../schemas.ts';
import { stopJson } from '../campaigns/model.ts';
import { checkEntry, entryFields, entryOf } from './entry.ts';
import { suppressionSchema, suppressionsJson } from './model.ts';

const bodySchema = z.strictObject({ number: numberSchema, ...entryFields }).superRefine(checkEntry);

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
  const { number, ...entry } = c.req.valid('json');
  const { id, created, endedContacts, stop } = await suppressNumber(
    deps,
    { tenantId, ...authorOf(c) },
    entryOf(entry, deps.vault.numberHash(tenantId, number), deps.clock.now()),
  );
  const [suppression] = await deps.db.inTenant(tenantId, async (tx) => {
    const row = await suppressionById(tx, id);
    return suppressionsJson(tx, deps.vault, row === null ? [] : [row]);
  });
  const body = { suppression: suppression!, endedContacts, stop: stopJson(stop, requestedReal) };
  return created ? c.json(body, 201) : c.json(body, 200);
});
