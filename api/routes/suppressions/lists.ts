import { createRoute, z } from '@hono/zod-openapi';
import { activePolicySet } from '../../../db/repositories/policies.ts';
import { suppressionListsHeld } from '../../../db/repositories/suppressions.ts';
import { toIso } from '../../../domain/time.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { isoOrNull, jsonResponse } from '../../schemas.ts';
import { listStandings } from './standing.ts';

const listSchema = z
  .object({
    list: z.string(),
    asOf: z
      .string()
      .nullable()
      .openapi({ description: 'When it was last true at its source; null: no whole list was taken in' }),
    entries: z.number().int(),
    entriesExact: z
      .boolean()
      .openapi({ description: 'False: there are more than `entries`; ask with `count=exact`' }),
    standing: z.enum(['held', 'fresh', 'stale', 'missing']).openapi({
      description:
        'As the rules in force see it now. `held`: no rule asks for its age; `stale`, `missing`: calls under the rule ' +
        'are denied until it is taken in again',
    }),
    staleFrom: z
      .string()
      .nullable()
      .openapi({ description: 'When the strictest rule stops relying on it; null: none asks for its age' }),
    rules: z.array(
      z.object({ pack: z.string(), rule: z.string(), maxListAgeDays: z.number().int().nullable() }),
    ),
  })
  .openapi('SuppressionList');

const route = createRoute({
  method: 'get',
  path: '/v1/suppression-lists',
  tags: ['Suppressions'],
  summary: 'Do-not-call lists (勿扰名单): how old, how long, and whether the rules still rely on them',
  description:
    'All lists that hold entries, were taken in, or are asked for by a rule in force, by name. Entries are counted up to ' +
    '10,000 a list; `count=exact` counts them all, which takes the longer the more there are.',
  operationId: 'listSuppressionLists',
  request: { query: z.object({ count: z.enum(['bounded', 'exact']).default('bounded') }) },
  responses: {
    200: jsonResponse(z.object({ items: z.array(listSchema) }), 'All of them'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

/** Entries counted of each list, where not all are asked for, so that a long list costs no more than a short one. */
const COUNTED_MAX = 10_000;

export const listSuppressionLists = operation(route, 'suppressions.read', (deps) => async (c) => {
  const { count } = c.req.valid('query');
  const limit = count === 'exact' ? null : COUNTED_MAX;
  const { held, policies } = await deps.db.inTenant(c.get('tenantId'), async (tx) => ({
    held: await suppressionListsHeld(tx, limit),
    policies: await activePolicySet(tx, deps.clock.now()),
  }));
  const standings = listStandings(policies?.documents ?? [], held, deps.clock.now());
  const items = standings.map(({ list, asOf, entries, standing, staleFrom, rules }) => ({
    list,
    asOf: isoOrNull(asOf),
    entries: limit === null ? entries : Math.min(entries, limit),
    entriesExact: limit === null || entries <= limit,
    standing,
    staleFrom: staleFrom === null ? null : toIso(staleFrom),
    rules: [...rules],
  }));
  return c.json({ items }, 200);
});
