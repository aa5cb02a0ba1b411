import { createRoute, z } from '@hono/zod-openapi';
import { DAY_MS, toIso, type EpochMs } from '../../../domain/time.ts';
import {
  channelSchema,
  consentLevelSchema,
  purposeSchema,
  type Channel,
  type Purpose,
} from '../../../domain/vocabulary.ts';
import { GRANTS_READ, pageOfConsentsDue, type ConsentDue } from '../../../gate/consents-due.ts';
import { cursorQuery, pageSchema } from '../../cursor.ts';
import { instantCursor } from '../../instant-cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse, withinDaysSchema } from '../../schemas.ts';

const dueSchema = z
  .object({
    id: z.string().openapi({ description: 'The consent; a renewal names it in `renews`' }),
    personId: z.string(),
    purposes: z.array(purposeSchema).openapi({ description: 'Purposes for which it is in force' }),
    channels: z.array(channelSchema).openapi({ description: 'Channels for which it is in force' }),
    inForce: z.array(z.object({ purpose: purposeSchema, channels: z.array(channelSchema) })).openapi({
      description: 'Which channels for which purpose: a part may have been withdrawn or renewed',
    }),
    level: consentLevelSchema,
    source: z.string(),
    occurredAt: z.string(),
    expiresAt: z.string(),
    daysLeft: z
      .number()
      .int()
      .openapi({ description: 'Whole times 24 h that are left; 0: it ends within 24 h' }),
  })
  .openapi('ConsentDue', { description: 'A consent in force that will end, to be renewed until then.' });

const route = createRoute({
  method: 'get',
  path: '/v1/consents/due',
  tags: ['Persons'],
  summary: 'Consents in force that end soon, soonest first (待续期)',
  description:
    'Filters: `purpose`, `channel`. Not those that were withdrawn, or in whose place a later consent stands that says ' +
    'as much; where that holds of a part, for the rest. Rules may let a consent count for less long: that is told by ' +
    `campaign. Order: by their end. A page looks through ${GRANTS_READ} consents at ` +
    'most: it may hold fewer than `limit`, or none, while `next` leads on.',
  operationId: 'listConsentsDue',
  request: {
    query: cursorQuery.extend({
      withinDays: withinDaysSchema,
      purpose: purposeSchema.optional(),
      channel: channelSchema.optional(),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(dueSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listConsentsDue = operation(route, 'consents.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, withinDays, purpose, channel } = c.req.valid('query');
  const filters = { purpose: purpose ?? null, channel: channel ?? null };
  const cursor = instantCursor(deps.vault, tenantId, 'listConsentsDue', { withinDays, ...filters });
  const now = deps.clock.now();
  const { rows, next } = await deps.db.inTenant(tenantId, (tx) =>
    pageOfConsentsDue(tx, { now, withinDays, ...filters, after: cursor.read(after), limit }),
  );
  return c.json({ items: rows.map((row) => dueJson(row, now)), next: cursor.write(next) }, 200);
});

function dueJson(
  { personId, grant, inForce, expiresAt }: ConsentDue,
  now: EpochMs,
): z.infer<typeof dueSchema> {
  return {
    id: grant.eventId,
    personId,
    purposes: inForce.map(({ purpose }): Purpose => purpose),
    channels: [...new Set(inForce.flatMap(({ channels }): readonly Channel[] => channels))],
    inForce: inForce.map(({ purpose, channels }) => ({ purpose, channels: [...channels] })),
    level: grant.level,
    source: grant.source,
    occurredAt: toIso(grant.occurredAt),
    expiresAt: toIso(expiresAt),
    daysLeft: Math.floor((expiresAt - now) / DAY_MS),
  };
}
