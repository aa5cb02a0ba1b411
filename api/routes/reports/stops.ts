import { createRoute, z } from '@hono/zod-openapi';
import {
  reportStops as readReport,
  type StopFigures,
  type StopReportRow,
} from '../../../db/repositories/report-stops.ts';
import { invalidInput } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { csvLine } from '../../csv.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { instantSchema, toMs } from '../../schemas.ts';
import { CSV_NOTE, csvFile, formatQuery, wantsCsv } from './model.ts';

const count = z.number().int();
const ms = z.number().nullable();

const stopFiguresSchema = z
  .object({
    count,
    open: count.openapi({ description: 'Not acknowledged as yet' }),
    complete: count.openapi({ description: 'Acknowledged, and every call that rang was down' }),
    incomplete: count.openapi({
      description:
        'Acknowledged with a hang-up that was not confirmed in time; nothing was sent all the same. Stops of before this ' +
        'was kept are neither.',
    }),
    revoked: count.openapi({ description: 'Permits taken back' }),
    inFlight: count.openapi({ description: 'Calls under way when they became binding' }),
    hungUp: count,
    p50Ms: ms.openapi({ description: 'Real ms from the request to the acknowledgement' }),
    p95Ms: ms,
    p99Ms: ms,
    slowestMs: ms,
  })
  .openapi('StopFigures');

const reportSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    rows: z.array(
      stopFiguresSchema.extend({
        kind: z.enum(['withdrawal', 'suppression', 'pause', 'stop', 'kill']),
        scope: z.enum(['person', 'number', 'contact', 'campaign', 'carrier', 'tenant', 'all']),
      }),
    ),
    total: stopFiguresSchema,
  })
  .openapi('StopReport');

const route = createRoute({
  method: 'get',
  path: '/v1/reports/stops',
  tags: ['Reports'],
  summary: 'Stops by kind and scope: how many, how soon they were acknowledged, what they took back',
  description: CSV_NOTE,
  operationId: 'reportStops',
  request: {
    query: z.object({
      from: instantSchema.openapi({ description: 'Stops asked for from here on' }),
      to: instantSchema.openapi({ description: 'and before there' }),
      format: formatQuery,
    }),
  },
  responses: {
    200: {
      content: { 'application/json': { schema: reportSchema }, 'text/csv': { schema: z.string() } },
      description: 'As of now',
    },
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

const COLUMNS = [
  'count',
  'open',
  'complete',
  'incomplete',
  'revoked',
  'inFlight',
  'hungUp',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'slowestMs',
] as const satisfies readonly (keyof StopFigures)[];

export const reportStops = operation(route, 'reports.read', (deps) => async (c) => {
  const { format, ...range } = c.req.valid('query');
  const [from, to] = [toMs(range.from)!, toMs(range.to)!];
  if (from >= to) {
    throw invalidInput([{ field: 'query.to', fault: 'is not after from', expected: 'a later instant' }]);
  }
  const report = await deps.db.inTenant(c.get('tenantId'), (tx) => readReport(tx, { from, to }));
  if (wantsCsv(c, format)) return csvFile(c, 'stops', linesOf(report.rows));
  return c.json({ from: toIso(from), to: toIso(to), ...report }, 200);
});

async function* linesOf(rows: readonly StopReportRow[]): AsyncGenerator<string> {
  yield csvLine(['kind', 'scope', ...COLUMNS]);
  for (const row of rows) yield csvLine([row.kind, row.scope, ...COLUMNS.map((name) => row[name])]);
}
