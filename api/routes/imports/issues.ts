import { createRoute, z } from '@hono/zod-openapi';
import {
  importById,
  listImportIssues as readIssues,
  type ImportIssueRow,
} from '../../../db/repositories/imports-read.ts';
import { notFound } from '../../../domain/failures.ts';
import { CSV_TYPE, csvLine, prefersCsv, streamOf } from '../../csv.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import type { ApiDeps } from '../../deps.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { importParams } from '../../schemas.ts';
import { importIssueJson, importIssueSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/imports/{importId}/issues',
  tags: ['Imports'],
  summary: 'Rows that were not taken, or not in full, and why; as pages, or all as a CSV file',
  description:
    'In the order they were found; values are masked. With `Accept: text/csv` or `format=csv` the whole list is streamed ' +
    'as a file (`limit` and `after` play no part); a cell that a spreadsheet would take for a formula begins with an ' +
    'apostrophe.',
  operationId: 'listImportIssues',
  request: {
    params: importParams,
    query: cursorQuery.extend({
      format: z
        .enum(['json', 'csv'])
        .optional()
        .openapi({ description: 'Left out: by the `Accept` header, JSON where it names neither' }),
    }),
  },
  responses: {
    200: {
      content: {
        'application/json': { schema: pageSchema(importIssueSchema) },
        'text/csv': { schema: z.string() },
      },
      description: 'One page, or the file',
    },
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listImportIssues = operation(route, 'imports.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { importId } = c.req.valid('param');
  const { after, limit, format } = c.req.valid('query');
  const found = await deps.db.inTenant(tenantId, (tx) => importById(tx, importId));
  if (found === null) throw notFound('the import');
  if (format === 'csv' || (format === undefined && prefersCsv(c.req.header('accept')))) {
    const headers = {
      'Content-Type': CSV_TYPE,
      // The id and not the file's own name: that is the customer's, and a header is no place for it.
      'Content-Disposition': `attachment; filename="import-${importId}-issues.csv"`,
      Vary: 'Accept',
    };
    return c.body(streamOf(issueLines(deps, tenantId, importId)), 200, headers);
  }
  const what = `listImportIssues/${importId}`;
  const cursor = readCursor<[number]>(deps.vault, tenantId, what, {}, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readIssues(tx, { importId, after: cursor?.[0] ?? null, limit: limit + 1 }),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    rows.length <= limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, what, {}, [last.id]);
  c.header('Vary', 'Accept');
  return c.json({ items: page.map(importIssueJson), next }, 200);
});

/** Rows read at once for the file; between two pages no connection is held, however slowly it is taken. */
const FILE_PAGE_ROWS = 1_000;

async function* issueLines(deps: ApiDeps, tenantId: string, importId: string): AsyncGenerator<string> {
  yield csvLine(['line', 'column', 'value', 'code', 'reason']);
  let after: number | null = null;
  for (;;) {
    const at: number | null = after;
    const rows: ImportIssueRow[] = await deps.db.inTenant(tenantId, (tx) =>
      readIssues(tx, { importId, after: at, limit: FILE_PAGE_ROWS }),
    );
    if (rows.length > 0) {
      yield rows
        .map(({ line, column, maskedValue, code, reason }) =>
          csvLine([line, column, maskedValue, code, reason]),
        )
        .join('');
    }
    if (rows.length < FILE_PAGE_ROWS) return;
    after = rows.at(-1)!.id;
  }
}
