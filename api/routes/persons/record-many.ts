import { createRoute, z } from '@hono/zod-openapi';
import type { ApiDeps } from '../../deps.ts';
import { personOfNumber } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { consentKindSchema, consentLevelSchema } from '../../../domain/vocabulary.ts';
import type { Author } from '../../../db/repositories/changes.ts';
import { grantConsent, withdrawConsent } from '../../actions/consent.ts';
import { itemProblemOf, itemProblemSchema } from '../../bulk.ts';
import { authorOf } from '../../env.ts';
import { BULK_MAX, BULK_WIDTH, eachOf, groupedBy } from '../../in-turn.ts';
import { operation } from '../../operation.ts';
import { demandPermission } from '../../principal.ts';
import { problemResponses } from '../../problems.ts';
import {
  inputIdSchema,
  instantSchema,
  jsonBody,
  jsonResponse,
  numberSchema,
  stopOrNull,
  toMs,
} from '../../schemas.ts';
import { stopJson } from '../campaigns/model.ts';
import { grantFields, moreOf, statementFields } from './model.ts';

const GRANT_PARTS = [
  'level',
  'basis',
  'expiresAt',
  'widens',
  ...(Object.keys(grantFields) as (keyof typeof grantFields)[]),
] as const;

const itemSchema = z
  .strictObject({
    kind: consentKindSchema,
    personId: inputIdSchema.optional(),
    number: numberSchema.optional(),
    ...statementFields,
    purposes: statementFields.purposes
      .removeDefault()
      .optional()
      .openapi({ description: 'Left out of a withdrawal: all of them; a grant names them' }),
    level: consentLevelSchema.optional().openapi({ description: 'Of a grant; left out: express' }),
    basis: z.string().trim().min(1).max(100).optional().openapi({ description: 'Of a grant' }),
    expiresAt: instantSchema.nullable().optional().openapi({ description: 'Of a grant' }),
    widens: z.array(z.string().min(1).max(200)).max(50).optional().openapi({ description: 'Of a grant' }),
    ...grantFields,
  })
  .refine((item) => (item.personId === undefined) !== (item.number === undefined), {
    message: 'is to be given where number is not, and only there',
    path: ['personId'],
  })
  .refine((item) => item.kind === 'withdrawal' || item.purposes !== undefined, {
    message: 'is missing; a grant names its purposes',
    path: ['purposes'],
  })
  .refine((item) => item.kind === 'grant' || GRANT_PARTS.every((part) => item[part] === undefined), {
    message: `is a withdrawal; ${GRANT_PARTS.join(', ')} are a grant’s`,
    path: ['kind'],
  });
type Item = z.infer<typeof itemSchema>;

const bodySchema = z.strictObject({
  items: z.array(itemSchema).min(1, 'is empty; expected at least one statement').max(BULK_MAX),
});

const resultSchema = z.object({
  personId: z.string().nullable(),
  kind: consentKindSchema,
  eventId: z.string().nullable(),
  created: z.boolean().openapi({ description: 'False: it was recorded before, or was not recorded' }),
  reopenedContacts: z.number().int().openapi({ description: 'Of a grant: waiting again now' }),
  endedContacts: z.number().int().openapi({ description: 'Of a withdrawal' }),
  stop: stopOrNull.openapi({ description: 'Of a withdrawal: it holds' }),
  problem: itemProblemSchema.nullable(),
});
type Result = z.infer<typeof resultSchema>;

const route = createRoute({
  method: 'post',
  path: '/v1/consents',
  tags: ['Persons'],
  summary:
    'Record many consents (同意) and withdrawals (撤回同意); answered when every withdrawal holds (I3)',
  description:
    `Up to ${BULK_MAX} statements, each by itself as \`grantConsent\` and \`withdrawConsent\` do: one that is refused ` +
    'leaves the others alone. Statements about one person or number are taken in the order given. Grants need the ' +
    'permission consents.grant as well. Safe to send again.',
  operationId: 'recordConsents',
  request: { body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(resultSchema), recorded: z.number().int(), failed: z.number().int() }),
      'A result for each statement, in the order given',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'forbidden', 'too_large'),
  },
});

export const recordConsents = operation(route, 'consents.withdraw', (deps) => async (c) => {
  const requestedReal = Date.now();
  const { items } = c.req.valid('json');
  if (items.some((item) => item.kind === 'grant')) demandPermission(c.get('principal'), 'consents.grant');
  const said = { tenantId: c.get('tenantId'), ...authorOf(c) };
  const results = new Array<Result>(items.length);
  // Statements about one person or number one after the other, others at once.
  const groups = [...groupedBy(items.entries(), ([, item]) => item.personId ?? item.number!).values()];
  await eachOf(groups, BULK_WIDTH, async (group) => {
    for (const [index, item] of group) {
      try {
        results[index] = await record(deps, said, item, requestedReal);
      } catch (error) {
        results[index] = failed(item, error);
      }
    }
  });
  const failures = results.filter((result) => result.problem !== null).length;
  return c.json(
    { items: results, recorded: results.filter((result) => result.created).length, failed: failures },
    200,
  );
});

async function record(
  deps: ApiDeps,
  said: Author & { readonly tenantId: string },
  item: Item,
  requestedReal: number,
): Promise<Result> {
  const personId = item.personId ?? (await personBehind(deps, said.tenantId, item.number!));
  const stated = {
    personId,
    purposes: item.purposes ?? statementFields.purposes.parse(undefined),
    channels: item.channels,
    source: item.source,
    evidenceHash: item.evidenceHash === undefined ? null : Buffer.from(item.evidenceHash, 'hex'),
    occurredAt: toMs(item.occurredAt) ?? deps.clock.now(),
  };
  if (item.kind === 'grant') {
    const more = moreOf(item, (number) => deps.vault.numberHash(said.tenantId, number));
    const { eventId, created, reopenedContacts } = await grantConsent(deps, said, {
      ...stated,
      level: item.level ?? 'express',
      basis: item.basis ?? 'explicit',
      expiresAt: toMs(item.expiresAt),
      widens: item.widens ?? [],
      ...(more === undefined ? {} : { more }),
    });
    return {
      personId,
      kind: item.kind,
      eventId,
      created,
      reopenedContacts,
      endedContacts: 0,
      stop: null,
      problem: null,
    };
  }
  const { eventId, created, endedContacts, stop } = await withdrawConsent(deps, said, stated);
  const held = stopJson(stop, requestedReal);
  return {
    personId,
    kind: item.kind,
    eventId,
    created,
    reopenedContacts: 0,
    endedContacts,
    stop: held,
    problem: null,
  };
}

async function personBehind(deps: ApiDeps, tenantId: string, number: string): Promise<string> {
  const numberHash = deps.vault.numberHash(tenantId, number);
  const personId = await deps.db.inTenant(tenantId, (tx) => personOfNumber(tx, numberHash));
  if (personId === null) {
    throw notFound('a person with this number (to keep it from being called, add a suppression)');
  }
  return personId;
}

function failed(item: Item, error: unknown): Result {
  return {
    personId: item.personId ?? null,
    kind: item.kind,
    eventId: null,
    created: false,
    reopenedContacts: 0,
    endedContacts: 0,
    stop: null,
    problem: itemProblemOf(error),
  };
}
