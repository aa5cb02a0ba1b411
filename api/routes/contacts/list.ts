import { createRoute, z } from '@hono/zod-openapi';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { CONTACT_SORTS, pageOfContacts, type ContactSort } from '../../../db/repositories/contact-lists.ts';
import { numbersOfPersons } from '../../../db/repositories/contacts.ts';
import { invalidInput, notFound } from '../../../domain/failures.ts';
import { contactStateSchema } from '../../../domain/vocabulary.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { maskAll } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, inputIdSchema, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { contactsJson, contactSchema } from './model.ts';

const SORTS = ['created', '-created', 'readyAt', '-readyAt', 'updated', '-updated'] as const;

const querySchema = cursorQuery.extend({
  state: contactStateSchema.optional(),
  reason: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .openapi({ description: '`stateReason`, in full', example: 'consent.missing' }),
  importId: inputIdSchema.optional().openapi({ description: 'Contacts that came by this import' }),
  readyFrom: instantSchema.optional().openapi({ description: 'Waiting, and ready at this instant or later' }),
  readyBefore: instantSchema.optional().openapi({ description: 'Waiting, and ready before this instant' }),
  sort: z.enum(SORTS).optional().openapi({
    description: 'A leading - turns it round. Left out: `created`, or `readyAt` with its bounds',
  }),
});
type Query = z.infer<typeof querySchema>;

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/contacts',
  tags: ['Contacts'],
  summary: 'Contacts of a campaign',
  description:
    'Filters `state`, `reason` and `importId` may be combined. Sorts: `created` (also of `reason` and `importId`), ' +
    '`updated` (also of a `state`), `readyAt` (of those that wait, and with `readyFrom` and `readyBefore`); other ' +
    'combinations are refused, since they could not be answered quickly for a large campaign.',
  operationId: 'listContacts',
  request: { params: campaignParams, query: querySchema },
  responses: {
    200: jsonResponse(pageSchema(contactSchema), 'One page; numbers masked'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listContacts = operation(route, 'contacts.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { campaignId } = c.req.valid('param');
  const query = c.req.valid('query');
  const { sort, descending } = orderOf(query);
  const asked = {
    campaignId,
    state: query.state ?? null,
    reason: query.reason ?? null,
    importId: query.importId ?? null,
    readyFrom: toMs(query.readyFrom),
    readyBefore: toMs(query.readyBefore),
    sort,
    descending,
  };
  const after = readCursor<[number | null, string]>(deps.vault, tenantId, 'listContacts', asked, query.after);
  const { rows, numbers } = await deps.db.inTenant(tenantId, async (tx) => {
    if ((await campaignById(tx, campaignId)) === null) throw notFound('the campaign');
    const page = await pageOfContacts(tx, {
      ...asked,
      after: after === null ? null : { at: after[0], id: after[1] },
      limit: query.limit + 1,
    });
    const personIds = page.map((row) => row.personId);
    return { rows: page, numbers: await numbersOfPersons(tx, personIds) };
  });
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const at = { created: null, readyAt: last?.readyAt ?? null, updated: last?.updatedAt ?? null }[sort];
  const next =
    rows.length <= query.limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, 'listContacts', asked, [at, last.id]);
  return c.json({ items: contactsJson(shown, await maskAll(tenantId, deps.vault, numbers)), next }, 200);
});

/** @throws RightcallError `invalid_input` for an order that goes with no index under these filters. */
function orderOf(query: Query): { sort: ContactSort; descending: boolean } {
  const byReady = query.readyFrom !== undefined || query.readyBefore !== undefined;
  const named = query.sort ?? (byReady ? 'readyAt' : 'created');
  const descending = named.startsWith('-');
  const sort = CONTACT_SORTS.find((one) => one === named.replace('-', ''))!;
  const refuse = (fault: string, expected: string) =>
    invalidInput([{ field: 'query.sort', fault: `is ${named} ${fault}`, expected }]);
  if (byReady && sort !== 'readyAt') throw refuse('with bounds of readyAt', 'readyAt or -readyAt');
  if (sort === 'readyAt' && query.state !== undefined && query.state !== 'waiting') {
    throw refuse(`with the state ${query.state}`, 'another order, or the state waiting');
  }
  if (sort !== 'created' && (query.reason !== undefined || query.importId !== undefined)) {
    throw refuse('with a reason or an import', 'created or -created');
  }
  return { sort, descending };
}
