import { createRoute, z } from '@hono/zod-openapi';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { contactResults, type ContactResult } from '../../../db/repositories/results.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import {
  contactStateSchema,
  dispositionSchema,
  outcomeSchema,
  type ContactState,
} from '../../../domain/vocabulary.ts';
import { csvLine } from '../../csv.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import type { ApiDeps } from '../../deps.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, isoOrNull } from '../../schemas.ts';
import { CSV_NOTE, csvFile, formatQuery, wantsCsv } from './model.ts';

const resultSchema = z
  .object({
    contactId: z.string(),
    externalId: z.string().nullable(),
    state: contactStateSchema,
    reason: z.string().nullable(),
    attempts: z.number().int().openapi({ description: 'That rang or may have rung' }),
    lastOutcome: outcomeSchema.nullable(),
    disposition: dispositionSchema.nullable().openapi({ description: 'Of the latest attempt' }),
    lastAttemptAt: z.string().nullable(),
    updatedAt: z.string(),
  })
  .openapi('ContactResult', { description: 'What became of a contact; no number, no name.' });

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/results',
  tags: ['Reports'],
  summary: 'What became of each contact, for the system it came from',
  description:
    `${CSV_NOTE} In the order in which they were taken in. A file holds all of them (\`limit\` and \`after\` play no part) and ` +
    'is read page by page: a contact that changes meanwhile is told as it was when its page was read.',
  operationId: 'listCampaignResults',
  request: {
    params: campaignParams,
    query: cursorQuery.extend({ state: contactStateSchema.optional(), format: formatQuery }),
  },
  responses: {
    200: {
      content: {
        'application/json': { schema: pageSchema(resultSchema) },
        'text/csv': { schema: z.string() },
      },
      description: 'One page, or the file',
    },
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

/** Rows read at once for a file; between two pages no connection is held, however slowly it is taken. */
const FILE_PAGE_ROWS = 2_000;

export const listCampaignResults = operation(route, 'reports.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { campaignId } = c.req.valid('param');
  const { limit, after, state = null, format } = c.req.valid('query');
  const campaign = await deps.db.inTenant(tenantId, (tx) => campaignById(tx, campaignId));
  if (campaign === null) throw notFound('the campaign');
  if (wantsCsv(c, format)) {
    return csvFile(c, `results-${campaignId}`, linesOf(deps, tenantId, campaignId, state));
  }
  const asked = { campaignId, state };
  const cursor = readCursor<[string]>(deps.vault, tenantId, 'listCampaignResults', asked, after);
  const rows = await deps.db.single(tenantId, (tx) =>
    contactResults(tx, { campaignId, state, after: cursor?.[0] ?? null, limit: limit + 1 }),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? writeCursor(deps.vault, tenantId, 'listCampaignResults', asked, [last.contactId])
      : null;
  return c.json({ items: page.map(resultJson), next }, 200);
});

function resultJson(row: ContactResult): z.infer<typeof resultSchema> {
  return { ...row, lastAttemptAt: isoOrNull(row.lastAttemptAt), updatedAt: toIso(row.updatedAt) };
}

const COLUMNS = [
  'contactId',
  'externalId',
  'state',
  'reason',
  'attempts',
  'lastOutcome',
  'disposition',
  'lastAttemptAt',
  'updatedAt',
] as const satisfies readonly (keyof ContactResult)[];

async function* linesOf(
  deps: ApiDeps,
  tenantId: string,
  campaignId: string,
  state: ContactState | null,
): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  let after: string | null = null;
  for (;;) {
    const at: string | null = after;
    const rows: ContactResult[] = await deps.db.single(tenantId, (tx) =>
      contactResults(tx, { campaignId, state, after: at, limit: FILE_PAGE_ROWS }),
    );
    if (rows.length > 0) {
      yield rows
        .map((row) => {
          const json = resultJson(row);
          return csvLine(COLUMNS.map((column) => json[column]));
        })
        .join('');
    }
    if (rows.length < FILE_PAGE_ROWS) return;
    after = rows.at(-1)!.contactId;
  }
}
