import { createRoute, z } from '@hono/zod-openapi';
import { lockPerson } from '../../../db/locks.ts';
import { agentById } from '../../../db/repositories/agents.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { contactById, setPreferredAgent } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { contactParams, inputIdSchema, jsonBody, jsonResponse } from '../../schemas.ts';

const belongingSchema = z.object({ contactId: z.string(), agentId: z.string().nullable() });

const route = createRoute({
  method: 'put',
  path: '/v1/contacts/{contactId}/agent',
  tags: ['Contacts'],
  summary: 'Say which agent a contact belongs to (专属坐席)',
  description:
    'They are taken first for its calls where they are free and fit; where they are not, another is. The owner of a ' +
    'promised callback comes before them. Binds for the next call; null: it belongs to nobody.',
  operationId: 'setContactAgent',
  request: {
    params: contactParams,
    body: jsonBody(z.strictObject({ agentId: inputIdSchema.nullable() }).openapi('Belonging')),
  },
  responses: {
    200: jsonResponse(belongingSchema, 'It belongs to them'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const setContactAgent = operation(route, 'contacts.write', (deps) => async (c) => {
  const { contactId } = c.req.valid('param');
  const { agentId } = c.req.valid('json');
  const at = deps.clock.now();
  await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const seen = await contactById(tx, contactId);
    if (seen === null) throw notFound('the contact');
    if (agentId !== null && (await agentById(tx, agentId)) === null) throw notFound('the agent');
    await lockPerson(tx, seen.personId);
    const before = (await contactById(tx, contactId))!.preferredAgentId;
    if (before === agentId) return;
    await setPreferredAgent(tx, contactId, agentId, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'setContactAgent',
      resource: 'contact',
      resourceId: contactId,
      before: { agentId: before },
      after: { agentId },
      at,
    });
  });
  return c.json({ contactId, agentId }, 200);
});
