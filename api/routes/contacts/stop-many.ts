import { createRoute, z } from '@hono/zod-openapi';
import { contactStateSchema } from '../../../domain/vocabulary.ts';
import { stopContact as apply } from '../../actions/stop-contact.ts';
import { itemProblemOf, itemProblemSchema } from '../../bulk.ts';
import { authorOf } from '../../env.ts';
import { BULK_MAX, BULK_WIDTH, eachOf } from '../../in-turn.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonBody, jsonResponse, stopOrNull } from '../../schemas.ts';
import { stopJson } from '../campaigns/model.ts';

const bodySchema = z.strictObject({
  contactIds: z.array(inputIdSchema).min(1, 'is empty; expected at least one id').max(BULK_MAX),
  reason: z.string().trim().min(1).max(500).optional(),
});

const itemSchema = z.object({
  contactId: z.string(),
  state: contactStateSchema.nullable(),
  ended: z.boolean().openapi({ description: 'False: it had ended before, or was not found' }),
  stop: stopOrNull,
  problem: itemProblemSchema.nullable(),
});

const route = createRoute({
  method: 'post',
  path: '/v1/contacts/stop',
  tags: ['Contacts'],
  summary: 'Stop many contacts for good; answered when nothing is sent to any of them (I3)',
  description:
    'Each by itself, as `stopContact` does: one that is not found leaves the others alone. Safe to send again.',
  operationId: 'stopContacts',
  request: { body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(itemSchema), stopped: z.number().int(), failed: z.number().int() }),
      'A result for each id, in the order given',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'too_large'),
  },
});

export const stopContacts = operation(route, 'contacts.write', (deps) => async (c) => {
  const requestedReal = Date.now();
  const { contactIds, reason } = c.req.valid('json');
  const common = { tenantId: c.get('tenantId'), ...authorOf(c), reason: reason ?? null };
  const items = await eachOf(contactIds, BULK_WIDTH, async (contactId) => {
    try {
      const { stop, ...done } = await apply(deps, { ...common, contactId });
      return { contactId, ...done, stop: stopJson(stop, requestedReal), problem: null };
    } catch (error) {
      return { contactId, state: null, ended: false, stop: null, problem: itemProblemOf(error) };
    }
  });
  const failed = items.filter((item) => item.problem !== null).length;
  return c.json({ items, stopped: items.filter((item) => item.ended).length, failed }, 200);
});
