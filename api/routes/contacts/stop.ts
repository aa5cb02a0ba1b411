import { createRoute } from '@hono/zod-openapi';
import { stopContact as apply } from '../../actions/stop-contact.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { contactParams, jsonResponse } from '../../schemas.ts';
import { reasonBody, stopJson } from '../campaigns/model.ts';
import { stoppedContactSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/contacts/{contactId}/stop',
  tags: ['Contacts'],
  summary: 'Stop one contact for good: nothing is sent to it once this has answered (I3)',
  description:
    'It ends as `stopped` (`contact.stopped`): permits not used are taken back, what rings is hung up, a conversation ' +
    'is left to its people. A contact that has ended already stays as it is. Safe to send again.',
  operationId: 'stopContact',
  request: { params: contactParams, body: reasonBody },
  responses: {
    200: jsonResponse(stoppedContactSchema, 'It holds'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const stopContact = operation(route, 'contacts.write', (deps) => async (c) => {
  const requestedReal = Date.now();
  const { contactId } = c.req.valid('param');
  const reason = c.req.valid('json').reason ?? null;
  const { stop, state, ended } = await apply(deps, {
    tenantId: c.get('tenantId'),
    ...authorOf(c),
    contactId,
    reason,
  });
  return c.json({ contactId, state, ended, stop: stopJson(stop, requestedReal) }, 200);
});
