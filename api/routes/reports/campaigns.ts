import { createRoute, z } from '@hono/zod-openapi';
import {
  listCampaigns,
  placeOf,
  type CampaignPlace,
  type CampaignQuery,
  type CampaignRow,
} from '../../../db/repositories/campaigns.ts';
import {
  reportCampaigns as readReport,
  type CampaignFigures,
} from '../../../db/repositories/report-campaigns.ts';
import { campaignStatusSchema, contactStateSchema, purposeSchema } from '../../../domain/vocabulary.ts';
import { csvLine } from '../../csv.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import type { ApiDeps } from '../../deps.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { isoOrNull } from '../../schemas.ts';
import {
  CSV_NOTE,
  FIGURE_COLUMNS,
  attemptFiguresSchema,
  csvFile,
  figuresCells,
  figuresJson,
  formatQuery,
  ratio,
  wantsCsv,
} from './model.ts';

const count = z.number().int();
const rate = z.number().nullable();

const rowSchema = attemptFiguresSchema
  .extend({
    campaignId: z.string(),
    name: z.string(),
    status: campaignStatusSchema,
    purpose: purposeSchema,
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    imported: count,
    byState: z.partialRecord(contactStateSchema, count),
    converted: count.openapi({ description: 'Contacts converted' }),
    conversionRateOfReached: rate.openapi({ description: '转化率: contacts converted, per contact reached' }),
    conversionRateOfImported: rate.openapi({
      description: '转化率: contacts converted, per contact imported',
    }),
    meanTalkS: rate.openapi({ description: 'Mean conversation, over answered attempts' }),
  })
  .openapi('CampaignFigures');

const route = createRoute({
  method: 'get',
  path: '/v1/reports/campaigns',
  tags: ['Reports'],
  summary: 'Figures (KPI) of several campaigns side by side',
  description:
    `${CSV_NOTE} Filters: \`status\`, \`purpose\`, \`name\` (a part of it). Newest first. A file holds all of them (\`limit\` ` +
    'and `after` play no part).',
  operationId: 'reportCampaigns',
  request: {
    query: cursorQuery.extend({
      limit: z.coerce.number().int().min(1).max(50).default(20).openapi({ description: 'Rows at most' }),
      status: campaignStatusSchema.optional(),
      purpose: purposeSchema.optional(),
      name: z.string().trim().min(1).max(200).optional().openapi({ description: 'A part of the name' }),
      format: formatQuery,
    }),
  },
  responses: {
    200: {
      content: {
        'application/json': { schema: pageSchema(rowSchema) },
        'text/csv': { schema: z.string() },
      },
      description: 'One page, or the file; as of now',
    },
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

/** Campaigns counted at once for a file; between two pages no connection is held. */
const FILE_PAGE_ROWS = 20;
type Filters = Pick<CampaignQuery, 'status' | 'purpose' | 'name'>;

export const reportCampaigns = operation(route, 'reports.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, format, ...asked } = c.req.valid('query');
  const filters: Filters = {
    status: asked.status ?? null,
    purpose: asked.purpose ?? null,
    name: asked.name ?? null,
  };
  if (wantsCsv(c, format)) return csvFile(c, 'campaigns', linesOf(deps, tenantId, filters));
  const place = readCursor<CampaignPlace>(deps.vault, tenantId, 'reportCampaigns', asked, after);
  const { rows, next } = await readPage(deps, tenantId, filters, place, limit);
  return c.json(
    {
      items: rows.map(rowJson),
      next: next === null ? null : writeCursor(deps.vault, tenantId, 'reportCampaigns', asked, next),
    },
    200,
  );
});

interface Row {
  readonly campaign: CampaignRow;
  readonly figures: CampaignFigures;
}

function readPage(
  deps: ApiDeps,
  tenantId: string,
  filters: Filters,
  after: CampaignPlace | null,
  limit: number,
): Promise<{ rows: Row[]; next: CampaignPlace | null }> {
  return deps.db.inTenant(tenantId, async (tx) => {
    const found = await listCampaigns(tx, { ...filters, order: '-created', after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const figures = await readReport(
      tx,
      page.map((campaign) => campaign.id),
    );
    const last = page.at(-1);
    return {
      rows: page.map((campaign) => ({ campaign, figures: figures.get(campaign.id)! })),
      next: found.length > limit && last !== undefined ? placeOf('-created', last) : null,
    };
  });
}

function rowJson({ campaign, figures }: Row): z.infer<typeof rowSchema> {
  const imported = Object.values(figures.byState).reduce((sum, n) => sum + n, 0);
  const converted = figures.byState.converted ?? 0;
  return {
    campaignId: campaign.id,
    name: campaign.name,
    status: campaign.status,
    purpose: campaign.definition.purpose,
    startedAt: isoOrNull(campaign.startedAt),
    endedAt: isoOrNull(campaign.endedAt),
    imported,
    byState: { ...figures.byState },
    ...figuresJson(figures.attempts),
    converted,
    conversionRateOfReached: ratio(converted, figures.attempts.reached),
    conversionRateOfImported: ratio(converted, imported),
    meanTalkS: ratio(figures.attempts.talkS, figures.attempts.answered),
  };
}

const STATE_COLUMNS = contactStateSchema.options.filter((state) => state !== 'converted');

async function* linesOf(deps: ApiDeps, tenantId: string, filters: Filters): AsyncGenerator<string> {
  yield csvLine([
    'campaignId',
    'name',
    'status',
    'purpose',
    'startedAt',
    'endedAt',
    'imported',
    ...STATE_COLUMNS,
    ...FIGURE_COLUMNS,
    'conversionRateOfReached',
    'conversionRateOfImported',
    'meanTalkS',
  ]);
  let after: CampaignPlace | null = null;
  do {
    const page: { rows: Row[]; next: CampaignPlace | null } = await readPage(
      deps,
      tenantId,
      filters,
      after,
      FILE_PAGE_ROWS,
    );
    for (const row of page.rows) yield lineOf(row);
    after = page.next;
  } while (after !== null);
}

function lineOf(row: Row): string {
  const json = rowJson(row);
  return csvLine([
    json.campaignId,
    json.name,
    json.status,
    json.purpose,
    json.startedAt,
    json.endedAt,
    json.imported,
    ...STATE_COLUMNS.map((state) => json.byState[state] ?? 0),
    ...figuresCells({ ...row.figures.attempts, converted: json.converted }),
    json.conversionRateOfReached,
    json.conversionRateOfImported,
    json.meanTalkS,
  ]);
}
