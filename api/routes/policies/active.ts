import { createRoute, z } from '@hono/zod-openapi';
import { activePolicySet } from '../../../db/repositories/policies.ts';
import { nextActivation } from '../../../db/repositories/policy-versions.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { calendarsEndingSoon } from '../../../policies/index.ts';
import { publicationJson, publicationSchema } from './model.ts';

const setSchema = z
  .object({
    hash: z.string(),
    activatedAt: z.string(),
    activatedBy: z.string(),
    calendarsEnding: z.array(z.object({ id: z.string(), coveredTo: z.string() })).openapi({
      description:
        'Calendars whose coverage ends within 60 days, or has: publish the next ones before; without coverage nothing that depends on them is dialled',
    }),
    next: publicationSchema
      .nullable()
      .openapi({ description: 'What takes effect next; null: nothing is published for an instant to come' }),
    documents: z.array(
      z.object({
        kind: z.string(),
        id: z.string(),
        version: z.string(),
        hash: z.string(),
        document: z.unknown(),
      }),
    ),
  })
  .openapi('PolicySet');

const route = createRoute({
  method: 'get',
  path: '/v1/policies/active',
  tags: ['Policies'],
  summary: 'The packs and calendars in force, exactly as decisions use them',
  operationId: 'getActivePolicies',
  responses: {
    200: jsonResponse(setSchema, 'The set; each document hashes (RFC 8785, SHA-256) to its `hash`'),
    ...problemResponses('unauthorized', 'not_found'),
  },
});

export const getActivePolicies = operation(route, 'policies.read', (deps) => async (c) => {
  const now = deps.clock.now();
  const { set, latest } = await deps.db.inTenant(c.get('tenantId'), async (tx) => ({
    set: await activePolicySet(tx, now),
    latest: await nextActivation(tx, now),
  }));
  if (set === null) throw notFound('a policy set in force');
  const documents = set.documents.map((document) => ({
    kind: document.kind,
    id: document.documentId,
    version: document.version,
    hash: document.hash,
    document: JSON.parse(document.body) as unknown,
  }));
  const calendars = documents
    .filter(({ kind }) => kind === 'calendar')
    .map(({ id, document }) => ({
      id,
      coveredTo: (document as { coverage: { to: string } }).coverage.to,
    }));
  const { hash, activatedBy } = set;
  const calendarsEnding = calendarsEndingSoon({ calendars }, now).map((one) => ({ ...one }));
  const next = latest === null ? null : publicationJson(latest, undefined, now);
  const activatedAt = toIso(set.activatedAt);
  return c.json({ hash, activatedBy, activatedAt, calendarsEnding, next, documents }, 200);
});
