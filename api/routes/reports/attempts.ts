import { createRoute, z } from '@hono/zod-openapi';
import {
  ATTEMPT_GROUPS,
  reportAttempts as readReport,
  type AttemptReportRow,
} from '../../../db/repositories/report-attempts.ts';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { invalidInput, notFound } from '../../../domain/failures.ts';
import { DAY_MS, type EpochMs } from '../../../domain/time.ts';
import { csvLine } from '../../csv.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, isoOrNull, toMs } from '../../schemas.ts';
import {
  CSV_NOTE,
  FIGURE_COLUMNS,
  attemptFiguresSchema,
  csvFile,
  figuresCells,
  figuresJson,
  formatQuery,
  wantsCsv,
  zoneQuery,
} from './model.ts';

/** Over all campaigns a report reads every attempt of its time; a quarter of them is enough at once. */
const UNSCOPED_DAYS_MAX = 92;

const reportSchema = z
  .object({
    groupBy: z.enum(ATTEMPT_GROUPS),
    campaignId: z.string().nullable(),
    zone: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    rows: z.array(
      attemptFiguresSchema.extend({
        key: z.string().nullable().openapi({
          description: 'Hour of the day (00 to 23), day, code, words of the reason or name; null: none',
        }),
      }),
    ),
    total: attemptFiguresSchema.openapi({
      description: 'Of all together; a contact reached in several groups counts once',
    }),
  })
  .openapi('AttemptReport');

const route = createRoute({
  method: 'get',
  path: '/v1/reports/attempts',
  tags: ['Reports'],
  summary: 'Attempts by hour, day, outcome, reason, disposition or carrier',
  description: `${CSV_NOTE} Without \`campaignId\`, over all campaigns, \`from\` and \`to\` are required and lie at most ${UNSCOPED_DAYS_MAX} days apart.`,
  operationId: 'reportAttempts',
  request: {
    query: z.object({
      groupBy: z.enum(ATTEMPT_GROUPS).default('day'),
      campaignId: inputIdSchema.optional(),
      zone: zoneQuery,
      from: instantSchema.optional().openapi({ description: 'Attempts that rang from here on' }),
      to: instantSchema.optional().openapi({ description: 'and before there' }),
      format: formatQuery,
    }),
  },
  responses: {
    200: {
      content: { 'application/json': { schema: reportSchema }, 'text/csv': { schema: z.string() } },
      description: 'As of now',
    },
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const reportAttempts = operation(route, 'reports.read', (deps) => async (c) => {
  const { groupBy, campaignId = null, zone, format, ...range } = c.req.valid('query');
  const from = toMs(range.from);
  const to = toMs(range.to);
  checkRange(campaignId, from, to);
  const { rows, total } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    if (campaignId !== null && (await campaignById(tx, campaignId)) === null) throw notFound('the campaign');
    return readReport(tx, { groupBy, campaignId, zone, from, to });
  });
  if (wantsCsv(c, format)) return csvFile(c, `attempts-by-${groupBy}`, linesOf(groupBy, rows));
  return c.json(
    {
      groupBy,
      campaignId,
      zone,
      from: isoOrNull(from),
      to: isoOrNull(to),
      rows: rows.map((row) => ({ key: row.key, ...figuresJson(row) })),
      total: figuresJson(total),
    },
    200,
  );
});

function checkRange(campaignId: string | null, from: EpochMs | null, to: EpochMs | null): void {
  if (from !== null && to !== null && from >= to) {
    throw invalidInput([{ field: 'query.to', fault: 'is not after from', expected: 'a later instant' }]);
  }
  if (campaignId !== null) return;
  const expected = `both ends, at most ${UNSCOPED_DAYS_MAX} days apart, or a campaignId`;
  if (from === null) throw invalidInput([{ field: 'query.from', fault: 'is missing', expected }]);
  if (to === null) throw invalidInput([{ field: 'query.to', fault: 'is missing', expected }]);
  if (to - from > UNSCOPED_DAYS_MAX * DAY_MS) {
    throw invalidInput([{ field: 'query.to', fault: 'is too long after from', expected }]);
  }
}

async function* linesOf(groupBy: string, rows: readonly AttemptReportRow[]): AsyncGenerator<string> {
  yield csvLine([groupBy, ...FIGURE_COLUMNS]);
  for (const row of rows) yield csvLine([row.key, ...figuresCells(row)]);
}
