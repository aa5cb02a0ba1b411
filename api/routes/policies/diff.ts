import { createRoute, z } from '@hono/zod-openapi';
import { diffSets } from '../../../policies/index.ts';
import { REFERENCE_HELP, setNamed } from '../../actions/policy-sets.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';

const change = z.enum(['added', 'removed', 'changed']);
const fieldsSchema = z.array(
  z.object({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
);
const diffSchema = z
  .object({
    from: z.string().nullable(),
    to: z.string().nullable(),
    documents: z.array(
      z.object({
        kind: z.enum(['pack', 'calendar']),
        id: z.string(),
        title: z.string(),
        change,
        fromVersion: z.number().nullable(),
        toVersion: z.number().nullable(),
        fields: fieldsSchema,
        rules: z.array(z.object({ id: z.string(), label: z.string(), change, fields: fieldsSchema })),
      }),
    ),
    lines: z.array(z.string()).openapi({ description: 'The same in words; empty: they are the same' }),
  })
  .openapi('PolicyDifference');

const reference = (description: string) =>
  z
    .string()
    .min(1)
    .max(80)
    .openapi({ description: `${description}: ${REFERENCE_HELP}`, example: 'active' });

const route = createRoute({
  method: 'get',
  path: '/v1/policies/diff',
  tags: ['Policies'],
  summary: 'What is different between two sets of policies, document by document and rule by rule',
  operationId: 'diffPolicies',
  request: { query: z.object({ from: reference('The one'), to: reference('The other') }) },
  responses: {
    200: jsonResponse(diffSchema, 'The difference'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const diffPolicies = operation(route, 'policies.read', (deps) => async (c) => {
  const query = c.req.valid('query');
  const { from, to } = await deps.db.inTenant(c.get('tenantId'), async (tx) => ({
    from: await setNamed(tx, deps, 'query.from', query.from),
    to: await setNamed(tx, deps, 'query.to', query.to),
  }));
  const { documents, lines } = diffSets(from.documents, to.documents);
  const copied = documents.map((document) => ({
    ...document,
    fields: [...document.fields],
    rules: document.rules.map((rule) => ({ ...rule, fields: [...rule.fields] })),
  }));
  return c.json({ from: from.hash, to: to.hash, documents: copied, lines: [...lines] }, 200);
});
