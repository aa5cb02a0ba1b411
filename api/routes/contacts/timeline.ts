import { createRoute, z } from '@hono/zod-openapi';
import { contactStory } from '../../../db/repositories/timeline.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { maskedNumbers } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { contactParams, isoOrNull, jsonResponse } from '../../schemas.ts';
import { createRuleTextReader } from '../../story/citations.ts';
import { tellStory, type ToldEntry } from '../../story/tell.ts';
import { contactJson, contactSchema } from './model.ts';

const reasonSchema = z.object({
  reason: z.string().openapi({ example: 'consent.missing' }),
  pack: z.string(),
  rule: z.string(),
  label: z.string(),
  citation: z
    .object({ instrument: z.string(), article: z.string().nullable(), url: z.string().nullable() })
    .nullable()
    .openapi({
      description: 'From the very pack the decision was made by; null for a guard of the engine itself',
    }),
  until: z.string().nullable(),
  inputs: z.record(z.string(), z.unknown()),
  unverified: z.boolean(),
});

const entrySchema = z
  .object({
    at: z.string(),
    kind: z.enum([
      'imported',
      'decision',
      'attempt',
      'call',
      'disposition',
      'consent',
      'suppression',
      'stop',
      'state',
    ]),
    id: z.string().nullable(),
    text: z.string(),
    reasons: z.array(reasonSchema),
  })
  .openapi('TimelineEntry');

const route = createRoute({
  method: 'get',
  path: '/v1/contacts/{contactId}/timeline',
  tags: ['Contacts'],
  summary: 'The whole story of a contact: what happened, and why',
  description:
    'Decisions with every reason and its citation, attempts, call events, dispositions, consents, do-not-call ' +
    'entries and stops, oldest first, a sentence each; up to 500 of a kind, the latest.',
  operationId: 'getContactTimeline',
  request: { params: contactParams },
  responses: {
    200: jsonResponse(
      z.object({ contact: contactSchema, entries: z.array(entrySchema) }),
      'The contact and its story; instants of the engine’s clock',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getTimeline = operation(route, 'contacts.read', (deps) => {
  const readRuleTexts = createRuleTextReader();
  return async (c) => {
    const { contactId } = c.req.valid('param');
    const told = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
      const story = await contactStory(tx, contactId);
      if (story === null) throw notFound('the contact');
      const { contact } = story;
      const setHashes = story.decisions.map((decision) => decision.policySetHash);
      const entries = tellStory(story, await readRuleTexts(tx, setHashes));
      const numbers = (await maskedNumbers(tx, deps.vault, [contact.personId])).get(contact.personId) ?? [];
      return { contact: contactJson(contact, numbers), entries: entries.map(entryJson) };
    });
    return c.json(told, 200);
  };
});

function entryJson(entry: ToldEntry): z.infer<typeof entrySchema> {
  return {
    ...entry,
    at: toIso(entry.at),
    reasons: entry.reasons.map((reason) => ({
      ...reason,
      inputs: { ...reason.inputs },
      citation:
        reason.citation === null
          ? null
          : {
              instrument: reason.citation.instrument,
              article: reason.citation.article,
              url: reason.citation.url,
            },
      until: isoOrNull(reason.until),
    })),
  };
}
