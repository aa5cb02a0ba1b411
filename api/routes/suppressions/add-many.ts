import { createRoute, z } from '@hono/zod-openapi';
import { invalidInput } from '../../../domain/failures.ts';
import { faultsOf } from '../../../domain/faults.ts';
import { suppressNumber } from '../../actions/suppress.ts';
import { itemProblemOf, itemProblemSchema } from '../../bulk.ts';
import { authorOf } from '../../env.ts';
import { BULK_MAX, BULK_WIDTH, eachOf } from '../../in-turn.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse, numberSchema, stopOrNull } from '../../schemas.ts';
import { stopJson } from '../campaigns/model.ts';
import { checkEntry, entryFields, entryOf } from './entry.ts';

/**
 * The number is judged item by item, when the rest of the request has been found right: that one of a thousand opt-outs
 * is misspelt must not keep the others from holding.
 */
const itemSchema = z
  .strictObject({
    number: z.string().min(1).max(64).openapi({ example: '+12025550100', description: 'International form' }),
    ...entryFields,
  })
  .superRefine(checkEntry);

const bodySchema = z.strictObject({
  items: z.array(itemSchema).min(1, 'is empty; expected at least one entry').max(BULK_MAX),
});

const resultSchema = z.object({
  suppressionId: z.string().nullable(),
  created: z.boolean().openapi({ description: 'False: it was there before, or was not added' }),
  endedContacts: z.number().int(),
  stop: stopOrNull.openapi({ description: 'It holds' }),
  problem: itemProblemSchema.nullable(),
});

const route = createRoute({
  method: 'post',
  path: '/v1/suppressions/bulk',
  tags: ['Suppressions'],
  summary: 'Do not call these numbers (勿扰); answered when every entry holds (I3)',
  description:
    `Up to ${BULK_MAX} entries, each by itself as \`addSuppression\` does: one whose number is none, or whose campaign ` +
    'is not found, leaves the others alone. Safe to send again. For more, take in a list (`importDoNotCall`).',
  operationId: 'addSuppressions',
  request: { body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(resultSchema), added: z.number().int(), failed: z.number().int() }),
      'A result for each entry, in the order given',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'too_large'),
  },
});

export const addSuppressions = operation(route, 'suppressions.add', (deps) => async (c) => {
  const requestedReal = Date.now();
  const said = { tenantId: c.get('tenantId'), ...authorOf(c) };
  const items = await eachOf(c.req.valid('json').items, BULK_WIDTH, async ({ number, ...entry }) => {
    try {
      const numberHash = deps.vault.numberHash(said.tenantId, mustBeNumber(number));
      const input = entryOf(entry, numberHash, deps.clock.now());
      const { id, created, endedContacts, stop } = await suppressNumber(deps, said, input);
      return {
        suppressionId: id,
        created,
        endedContacts,
        stop: stopJson(stop, requestedReal),
        problem: null,
      };
    } catch (error) {
      const problem = itemProblemOf(error);
      return { suppressionId: null, created: false, endedContacts: 0, stop: null, problem };
    }
  });
  const failed = items.filter((item) => item.problem !== null).length;
  return c.json({ items, added: items.filter((item) => item.created).length, failed }, 200);
});

function mustBeNumber(text: string): string {
  const parsed = numberSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw invalidInput(faultsOf(parsed.error, text).map((fault) => ({ ...fault, field: 'number' })));
}
