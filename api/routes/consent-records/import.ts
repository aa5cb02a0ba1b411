import { createRoute, z } from '@hono/zod-openapi';
import type { Author } from '../../../db/repositories/changes.ts';
import { exchangedRecordSchema, type ExchangedRecord } from '../../../domain/exchanged-record.ts';
import { invalidInput, type RightcallError } from '../../../domain/failures.ts';
import { faultsOf } from '../../../domain/faults.ts';
import { importRecord } from '../../actions/import-record.ts';
import { itemProblemOf, itemProblemSchema } from '../../bulk.ts';
import type { ApiDeps } from '../../deps.ts';
import { authorOf } from '../../env.ts';
import { BULK_MAX, BULK_WIDTH, eachOf, groupedBy } from '../../in-turn.ts';
import { operation } from '../../operation.ts';
import { demandPermission } from '../../principal.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse, stopSchema } from '../../schemas.ts';
import { stopJson } from '../campaigns/model.ts';

/** Each is read by itself, so that one that is malformed leaves the others alone. */
const bodySchema = z.strictObject({
  items: z
    .array(
      z.record(z.string(), z.unknown()).openapi({ allOf: [{ $ref: '#/components/schemas/ConsentRecord' }] }),
    )
    .min(1, 'is empty; expected at least one record')
    .max(BULK_MAX),
});

const resultSchema = z.object({
  recordId: z.string().nullable().openapi({ description: 'Of the record, where it can be read' }),
  personId: z.string().nullable(),
  eventId: z.string().nullable().openapi({ description: 'The consent, as it is on record here' }),
  created: z.boolean().openapi({ description: 'False: it was on record before, or is not' }),
  reopenedContacts: z.number().int().openapi({ description: 'Denied before, waiting again now' }),
  withdrawals: z
    .array(z.object({ eventId: z.string(), endedContacts: z.number().int(), stop: stopSchema }))
    .openapi({ description: 'Those that were not on record before; each holds (I3), also beside a problem' }),
  problem: itemProblemSchema.nullable(),
});
type Result = z.infer<typeof resultSchema>;

const route = createRoute({
  method: 'post',
  path: '/v1/consent-records',
  tags: ['Persons'],
  summary:
    'Take in consent records (同意记录) after ISO/IEC TS 27560, with their withdrawals; these hold (I3)',
  description:
    `Up to ${BULK_MAX} records, each by itself: one that is refused leaves the others alone. Records of one person or ` +
    'number are taken in the order given, so older ones before those that renew them. The withdrawals of a record are ' +
    'recorded before its consent, which so never stands without them, and stay where the consent is refused. What is on ' +
    'record already is left as it is; what says something else under its id is a conflict. Needs consents.grant as ' +
    'well. Safe to send again.',
  operationId: 'importConsentRecords',
  request: { body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(
      z.object({
        items: z.array(resultSchema),
        recorded: z.number().int(),
        withdrawn: z.number().int(),
        failed: z.number().int(),
      }),
      'A result for each record, in the order given',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'forbidden', 'too_large'),
  },
});

export const importConsentRecords = operation(route, 'consents.withdraw', (deps) => async (c) => {
  const requestedReal = Date.now();
  demandPermission(c.get('principal'), 'consents.grant');
  const said = { tenantId: c.get('tenantId'), ...authorOf(c) };
  const read = c.req.valid('json').items.map(readRecord);
  const results = new Array<Result>(read.length);
  // Records of one person or number one after the other, others at once.
  const groups = [...groupedBy(read.entries(), ([, one]) => whoseIs(one)).values()];
  await eachOf(groups, BULK_WIDTH, async (group) => {
    for (const [index, one] of group) results[index] = await take(deps, said, one, requestedReal);
  });
  return c.json(
    {
      items: results,
      recorded: results.filter((result) => result.created).length,
      withdrawn: results.reduce((sum, result) => sum + result.withdrawals.length, 0),
      failed: results.filter((result) => result.problem !== null).length,
    },
    200,
  );
});

interface Read {
  /** As it calls itself; null where that cannot be read. */
  readonly recordId: string | null;
  readonly record: ExchangedRecord | null;
  /** Why there is none. */
  readonly refusal: RightcallError | null;
}

const PLACE = { prefix: '', root: 'record', docs: 'docs/consents.md' };

function readRecord(item: Readonly<Record<string, unknown>>): Read {
  const parsed = exchangedRecordSchema.safeParse(item);
  if (parsed.success) return { recordId: parsed.data.recordId, record: parsed.data, refusal: null };
  const { recordId } = item;
  return {
    recordId: typeof recordId === 'string' ? recordId.slice(0, 200) : null,
    record: null,
    refusal: invalidInput(faultsOf(parsed.error, item, PLACE)),
  };
}

/** Whom a record names; those that name nobody go together. */
function whoseIs({ record }: Read): string {
  return record?.subject.personId?.toLowerCase() ?? record?.subject.number ?? '';
}

async function take(
  deps: ApiDeps,
  said: Author & { readonly tenantId: string },
  { recordId, record, refusal }: Read,
  requestedReal: number,
): Promise<Result> {
  if (record === null) return { ...NOTHING, recordId, problem: itemProblemOf(refusal) };
  const { refusal: refused, withdrawals, ...taken } = await importRecord(deps, said, record);
  return {
    recordId,
    ...taken,
    withdrawals: withdrawals.map((one) => ({ ...one, stop: stopJson(one.stop, requestedReal) })),
    problem: refused === null ? null : itemProblemOf(refused),
  };
}

const NOTHING = {
  personId: null,
  eventId: null,
  created: false,
  reopenedContacts: 0,
  withdrawals: [],
} satisfies Partial<Result>;
