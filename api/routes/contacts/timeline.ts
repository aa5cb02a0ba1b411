import { createRoute, z } from '@hono/zod-openapi';
import { ENTRY_KINDS, contactStory, type EntryKey } from '../../../db/repositories/timeline.ts';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { numbersOfPersons, type ContactRow } from '../../../db/repositories/contacts.ts';
import type { Tx } from '../../../db/client.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import type { CampaignBlock } from '../../../gate/campaign-blocks.ts';
import { RULE_BLOCKS, ruleBlocks, type AttributeAccess } from '../../../gate/rules/holds.ts';
import { cursorQuery, readCursor, writeCursor } from '../../cursor.ts';
import { answerLanguage, languageHeader } from '../../language.ts';
import { maskAll } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { contactParams, isoOrNull, jsonResponse } from '../../schemas.ts';
import { createRuleTextReader } from '../../story/citations.ts';
import { workflowLinks } from '../../story/links.ts';
import { MESSAGES } from '../../story/messages/index.ts';
import { TOLD_KINDS, tellState, tellStory, type ToldEntry } from '../../story/tell.ts';
import type { ApiDeps } from '../../deps.ts';
import { attributesFor } from './explanation.ts';
import { citationSchema, contactJson, contactSchema } from './model.ts';

const reasonSchema = z.object({
  reason: z.string().openapi({ example: 'consent.missing' }),
  pack: z.string(),
  rule: z.string(),
  label: z.string(),
  citation: citationSchema.nullable().openapi({
    description: 'From the very pack the decision was made by; null for a guard of the engine itself',
  }),
  until: z.string().nullable(),
  inputs: z.record(z.string(), z.unknown()),
  unverified: z.boolean(),
});

const entrySchema = z
  .object({
    at: z.string(),
    kind: z.enum(TOLD_KINDS),
    id: z.string().nullable(),
    text: z.string(),
    reasons: z.array(reasonSchema),
    link: z.string().nullable().openapi({ description: "Of kind workflow: its page in Temporal's UI" }),
  })
  .openapi('TimelineEntry');

const querySchema = cursorQuery.extend({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(200)
    .openapi({ description: 'Entries at most; the one that says where it stands now comes on top' }),
  sort: z.enum(['at', '-at']).default('at').openapi({ description: 'Oldest first, or latest first' }),
});

const route = createRoute({
  method: 'get',
  path: '/v1/contacts/{contactId}/timeline',
  tags: ['Contacts'],
  summary: 'The whole story of a contact: what happened, and why',
  description:
    'Decisions with every reason and its citation, attempts, call events, dispositions, consents, do-not-call ' +
    'entries, callbacks, stops, changes people made, and what its workflow was told, a sentence each, in pages; where ' +
    'it stands now comes last (first with `sort=-at`). The sentences are English, or Chinese for ' +
    '`Accept-Language: zh`.',
  operationId: 'getContactTimeline',
  request: { params: contactParams, query: querySchema, headers: languageHeader },
  responses: {
    200: jsonResponse(
      z.object({
        contact: contactSchema,
        entries: z.array(entrySchema),
        next: z.string().nullable(),
        workflow: z.object({
          contactWorkflowId: z.string(),
          campaignWorkflowId: z.string(),
          contactUrl: z.string().nullable().openapi({
            description: "Its page in Temporal's UI; null where RIGHTCALL_TEMPORAL_UI_URL is not set",
          }),
          campaignUrl: z.string().nullable(),
        }),
      }),
      'The contact and a page of its story; instants of the engine’s clock',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getTimeline = operation(route, 'contacts.read', (deps) => {
  const readRuleTexts = createRuleTextReader();
  return async (c) => {
    const tenantId = c.get('tenantId');
    const { contactId } = c.req.valid('param');
    const { limit, sort, after } = c.req.valid('query');
    const say = MESSAGES[answerLanguage(c)];
    const asked = { contactId, sort };
    const cursor = readCursor<[number, number, string]>(
      deps.vault,
      tenantId,
      'getContactTimeline',
      asked,
      after,
    );
    const descending = sort === '-at';
    const access = attributesFor(c.get('principal'), deps.vault);
    const { page, ruleTexts, numbers, blocks } = await deps.db.inTenant(tenantId, async (tx) => {
      const story = await contactStory(tx, contactId, {
        after: cursor === null ? null : { at: cursor[0], kind: ENTRY_KINDS[cursor[1]]!, ref: cursor[2] },
        descending,
        limit: limit + 1,
      });
      if (story === null) throw notFound('the contact');
      const setHashes = [...story.rows.decisions.values()].map((decision) => decision.policySetHash);
      return {
        page: story,
        ruleTexts: await readRuleTexts(tx, setHashes),
        numbers: await numbersOfPersons(tx, [story.contact.personId]),
        blocks: await blocksNow(tx, deps, story.contact, access),
      };
    });
    const { contact } = page;
    const entries = page.entries.slice(0, limit);
    const last = entries.at(-1);
    const next = page.entries.length <= limit || last === undefined ? null : cursorOf(last);
    const told = tellStory({ ...page, entries }, ruleTexts, say);
    if (descending ? cursor === null : next === null) {
      const state = tellState(page, blocks, say);
      if (descending) told.unshift(state);
      else told.push(state);
    }
    const workflow = workflowLinks(deps.temporalUi ?? null, contact.campaignId, contact.id);
    const masked = (await maskAll(tenantId, deps.vault, numbers)).get(contact.personId) ?? [];
    return c.json(
      {
        contact: contactJson(contact, masked),
        entries: told.map((entry) => entryJson(entry, workflow.contactUrl)),
        next: next === null ? null : writeCursor(deps.vault, tenantId, 'getContactTimeline', asked, next),
        workflow,
      },
      200,
    );
  };
});

/** What its campaign's rules have against a contact that they hold back or leave out. */
async function blocksNow(
  tx: Tx,
  { clock }: Pick<ApiDeps, 'clock'>,
  contact: ContactRow,
  attributes: AttributeAccess,
): Promise<readonly CampaignBlock[]> {
  if (!(RULE_BLOCKS as readonly (string | null)[]).includes(contact.stateReason)) return [];
  const campaign = await campaignById(tx, contact.campaignId);
  const now = clock.now();
  return campaign === null ? [] : ruleBlocks(tx, { clock, attributes }, campaign, contact, { at: now, now });
}

function cursorOf(entry: EntryKey): [number, number, string] {
  return [entry.at, ENTRY_KINDS.indexOf(entry.kind), entry.ref];
}

function entryJson(entry: ToldEntry, workflowUrl: string | null): z.infer<typeof entrySchema> {
  return {
    ...entry,
    at: toIso(entry.at),
    link: entry.kind === 'workflow' ? workflowUrl : null,
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
