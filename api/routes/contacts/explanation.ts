import { createRoute, z } from '@hono/zod-openapi';
import { askedOf, explain } from '../../../gate/explain.ts';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { readContactStanding } from '../../../gate/standing.ts';
import { invalidInput, notFound } from '../../../domain/failures.ts';
import type { ApiVault } from '../../deps.ts';
import type { AttributeAccess } from '../../../gate/rules/holds.ts';
import type { Principal } from '../../principal.ts';
import { answerLanguage, languageHeader } from '../../language.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { contactParams, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { MESSAGES } from '../../story/messages/index.ts';
import { explanationJson, explanationSchema } from './explain-model.ts';
import { onRecord } from './on-record.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/contacts/{contactId}/explanation',
  tags: ['Contacts'],
  summary: 'Why this contact is, was or would be called or not',
  description:
    'Every rule with its outcome, what it looked at and its citation; what stands in the way beside the rules; facts ' +
    'that are wanting; and the first instant at which it may be called. Now by default; at an earlier instant by the ' +
    'facts, campaign and policies on record then, with what could not be known; at a later one by the facts as they ' +
    'stand. Nothing is stored. Sentences are English, or Chinese for `Accept-Language: zh`.',
  operationId: 'explainContact',
  request: {
    params: contactParams,
    query: z.object({ at: instantSchema.optional().openapi({ description: 'Left out: now' }) }),
    headers: languageHeader,
  },
  responses: {
    200: jsonResponse(explanationSchema, 'The explanation; instants of the engine’s clock'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'refused'),
  },
});

export const explainContact = operation(route, 'contacts.read', (deps) => {
  const policies = createPolicyReader(() => deps.defaultPolicySet());
  return async (c) => {
    const { contactId } = c.req.valid('param');
    const now = deps.clock.now();
    const at = toMs(c.req.valid('query').at) ?? now;
    const say = MESSAGES[answerLanguage(c)];
    const body = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const contact = await readContactStanding(tx, contactId, at < now ? at : null);
      if (contact === null) throw notFound('the contact');
      const explanation = await explain(
        tx,
        { clock: deps.clock, policies, attributes: attributesFor(c.get('principal'), deps.vault) },
        contact.campaignId,
        askedOf(contact),
        contact,
        { at, now },
      );
      if (explanation === null) throw beforeCampaign('query.at');
      return explanationJson(explanation, await onRecord(tx, contactId, at), say);
    });
    return c.json(body, 200);
  };
});

/** Whoever may try expressions learns of attributes by it, so that they may see here what a filter looked at. */
export function attributesFor({ permissions }: Principal, vault: ApiVault): AttributeAccess {
  return { vault, showsValues: permissions.has('campaigns.write') };
}

/** Asked about an instant at which the campaign was not there yet. */
export function beforeCampaign(field: string) {
  const expected = 'an instant at or after the campaign was made';
  return invalidInput([{ field, fault: 'is before the campaign was made', expected }]);
}
