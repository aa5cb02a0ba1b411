import { createRoute } from '@hono/zod-openapi';
import { consentEventsOf, type ConsentEventRow } from '../../../db/repositories/consents.ts';
import { lastUseOf } from '../../../db/repositories/consent-use.ts';
import { personExists } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { consentKindSchema, purposeSchema } from '../../../domain/vocabulary.ts';
import { cursorQuery, pageSchema } from '../../cursor.ts';
import { instantCursor } from '../../instant-cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse, personParams } from '../../schemas.ts';
import { consentEventJson, consentEventSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/persons/{personId}/consents',
  tags: ['Persons'],
  summary: "A person's consents and withdrawals, as they were recorded, latest first",
  description: 'Filters: `kind`, `purpose`. Order: by when they were recorded, latest first.',
  operationId: 'listConsents',
  request: {
    params: personParams,
    query: cursorQuery.extend({
      kind: consentKindSchema.optional(),
      purpose: purposeSchema.optional(),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(consentEventSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listConsents = operation(route, 'consents.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { personId } = c.req.valid('param');
  const { limit, after, kind, purpose } = c.req.valid('query');
  const asked = { personId, kind: kind ?? null, purpose: purpose ?? null };
  const cursor = instantCursor(deps.vault, tenantId, 'listConsents', asked);
  const place = cursor.read(after);
  const { found, shown, lastUse } = await deps.db.inTenant(tenantId, async (tx) => {
    if (!(await personExists(tx, personId))) throw notFound('the person');
    // One person's events are few, and rules read all of them as well.
    const found = (await consentEventsOf(tx, personId))
      .filter((event) => kind === undefined || event.kind === kind)
      .filter((event) => purpose === undefined || event.purposes.includes(purpose))
      .toSorted(latestFirst)
      .filter((event) => place === null || latestFirst(event, { recordedAt: place.at, id: place.id }) > 0);
    const shown = found.slice(0, limit);
    return { found, shown, lastUse: await lastUseOf(tx, shown) };
  });
  const last = shown.at(-1);
  const next =
    found.length <= limit || last === undefined ? null : cursor.write({ at: last.recordedAt, id: last.id });
  return c.json({ items: shown.map((event) => consentEventJson(event, lastUse)), next }, 200);
});

type Recorded = Pick<ConsentEventRow, 'recordedAt' | 'id'>;

function latestFirst(a: Recorded, b: Recorded): number {
  return b.recordedAt - a.recordedAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
