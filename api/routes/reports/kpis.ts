import { createRoute, z } from '@hono/zod-openapi';
import {
  breachesByReason,
  KPI_GROUPS,
  kpiSums,
  notDialled,
  type KpiQuery,
} from '../../../db/repositories/report-kpis.ts';
import { invalidInput, type Fault } from '../../../domain/failures.ts';
import { kpisOf, NO_SUMS, shareOf, type KpiSums } from '../../../domain/kpi.ts';
import { DAY_MS, toIso } from '../../../domain/time.ts';
import { abandonmentRules, denominatorOf } from '../../actions/abandonment-rules.ts';
import { differencesOf, readKpis } from '../../actions/kpis.ts';
import { csvLine } from '../../csv.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, toMs } from '../../schemas.ts';
import { kpiDifferencesSchema, kpisSchema, shareSchema, sumsSchema, type KpiFigures } from './kpi-model.ts';
import { CSV_NOTE, csvFile, formatQuery, wantsCsv, zoneQuery } from './model.ts';

const figuresSchema = z.object({ counts: sumsSchema, kpis: kpisSchema });
const rowSchema = figuresSchema
  .extend({
    key: z
      .string()
      .nullable()
      .openapi({
        description:
          'Id of the campaign, team or agent, hour `00`–`23`, day, mode, `<script>/<version>`, the name of a segment (a ' +
          'quota of the campaign’s rules) or the file of a list; null: none',
      }),
    differences: kpiDifferencesSchema.nullable(),
  })
  .openapi('KpiRow');

const reportSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    comparedWith: z.object({ from: z.string(), to: z.string() }).nullable(),
    rows: z.array(rowSchema),
    total: figuresSchema.extend({ differences: kpiDifferencesSchema.nullable() }),
    abandonmentRules: z
      .array(
        z.object({
          rule: z.string(),
          jurisdictions: z.array(z.string()),
          ratePercent: z.number(),
          denominator: z.enum(['live_answers', 'answers', 'calls']),
          scope: z.enum(['campaign', 'tenant']),
          rate: shareSchema,
        }),
      )
      .openapi({ description: 'Abandonment of all together, by the formula of each rule in force (放弃率)' }),
    notDialled: z
      .array(
        z.object({
          reason: z.string().nullable(),
          verdict: z.enum(['deny', 'defer']),
          times: z.number().int(),
          contacts: z.number().int(),
        }),
      )
      .openapi({ description: 'Decisions against a call by their first reason, most often first' }),
    callbackBreaches: z.array(z.object({ reason: z.string().nullable(), times: z.number().int() })).openapi({
      description: 'Why promised calls were not made; together the `callbacksBreached` of `total`',
    }),
  })
  .openapi('KpiReport');

const route = createRoute({
  method: 'get',
  path: '/v1/reports/kpis',
  tags: ['Reports'],
  summary:
    'Figures (KPI) of a period, by campaign, team, agent, hour, day, mode, script version, segment or list',
  description:
    'Shares come with their 95 % intervals. `compareFrom` and `compareTo` name a period to compare with: each row then ' +
    `has the differences, with intervals. Contacts are counted once in \`total\`; by segment, in each that they were in when called. ${CSV_NOTE}`,
  operationId: 'reportKpis',
  request: {
    query: z.object({
      from: instantSchema.openapi({ description: 'What happened from here on' }),
      to: instantSchema.openapi({ description: 'and before there; at most 400 days later' }),
      groupBy: z.enum(KPI_GROUPS).default('campaign'),
      campaignId: inputIdSchema.optional(),
      teamId: inputIdSchema.optional(),
      agentId: inputIdSchema.optional(),
      serviceS: z.coerce.number().min(0).max(600).default(2).openapi({
        description: 'Seconds from answer to agent that count as served; 2 are those of 47 CFR 64.1200(a)(7)',
      }),
      compareFrom: instantSchema.optional(),
      compareTo: instantSchema.optional(),
      zone: zoneQuery,
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

const PERIOD_MAX_MS = 400 * DAY_MS;

export const reportKpis = operation(route, 'reports.read', (deps) => async (c) => {
  const { format, groupBy, serviceS, zone, ...asked } = c.req.valid('query');
  const { from, to, compared } = periodsOf(asked);
  const ids = {
    campaignId: asked.campaignId ?? null,
    teamId: asked.teamId ?? null,
    agentId: asked.agentId ?? null,
  };
  const query: KpiQuery = { groupBy, ...ids, zone, from, to, serviceS };
  const found = await deps.db.inTenant(c.get('tenantId'), async (tx) => ({
    rows: await readKpis(tx, query),
    total: await readKpis(tx, { ...query, groupBy: null }),
    before: compared === null ? null : await kpiSums(tx, { ...query, ...compared }),
    totalBefore: compared === null ? null : await kpiSums(tx, { ...query, ...compared, groupBy: null }),
    rules: await abandonmentRules(tx, deps.clock.now()),
    notDialled: await notDialled(tx, { campaignId: ids.campaignId, from, to }),
    breaches: await breachesByReason(tx, query),
  }));
  if (wantsCsv(c, format)) return csvFile(c, 'kpis', linesOf(found.rows));
  const before = new Map((found.before ?? []).map(({ key, sums }) => [key, sums]));
  const differences = (figures: KpiFigures, was: KpiSums | undefined) =>
    compared === null ? null : differencesOf(kpisOf(was ?? NO_SUMS, null), figures.kpis);
  const total = found.total[0]!;
  return c.json(
    {
      from: toIso(from),
      to: toIso(to),
      comparedWith: compared === null ? null : { from: toIso(compared.from), to: toIso(compared.to) },
      rows: found.rows.map((row) => ({
        key: row.key,
        counts: row.sums,
        kpis: row.kpis,
        differences: differences(row, before.get(row.key)),
      })),
      total: {
        counts: total.sums,
        kpis: total.kpis,
        differences: differences(total, found.totalBefore?.[0]?.sums),
      },
      abandonmentRules: found.rules.map((rule) => ({
        ...rule,
        jurisdictions: [...rule.jurisdictions],
        rate: shareOf(total.sums.abandoned, denominatorOf(rule, total.sums)),
      })),
      notDialled: found.notDialled,
      callbackBreaches: found.breaches,
    },
    200,
  );
});

function periodsOf(asked: {
  readonly from: string;
  readonly to: string;
  readonly compareFrom?: string | undefined;
  readonly compareTo?: string | undefined;
}) {
  const [from, to] = [toMs(asked.from)!, toMs(asked.to)!];
  const [compareFrom, compareTo] = [toMs(asked.compareFrom), toMs(asked.compareTo)];
  const faults: Fault[] = [...periodFaults('to', from, to)];
  if ((compareFrom === null) !== (compareTo === null)) {
    const field = compareFrom === null ? 'query.compareFrom' : 'query.compareTo';
    faults.push({
      field,
      fault: 'is missing',
      expected: 'both ends of the period to compare with, or neither',
    });
  }
  const compared = compareFrom === null || compareTo === null ? null : { from: compareFrom, to: compareTo };
  if (compared !== null) faults.push(...periodFaults('compareTo', compared.from, compared.to));
  if (faults.length > 0) throw invalidInput(faults);
  return { from, to, compared };
}

function periodFaults(name: string, from: number, to: number): Fault[] {
  const field = `query.${name}`;
  if (to <= from) return [{ field, fault: 'is not after its beginning', expected: 'a later instant' }];
  if (to - from > PERIOD_MAX_MS) {
    return [{ field, fault: 'is too far from its beginning', expected: 'a period of at most 400 days' }];
  }
  return [];
}

const COUNTS = Object.keys(NO_SUMS) as (keyof KpiSums)[];

async function* linesOf(rows: readonly KpiFigures[]): AsyncGenerator<string> {
  yield csvLine([
    'key',
    ...COUNTS,
    'answerRate',
    'conversionRate',
    'abandonedPerLiveAnswer',
    'utilisation',
    'meanHandleS',
    'serviceLevel',
    'cost',
  ]);
  for (const { key, sums, kpis } of rows) {
    yield csvLine([
      key,
      ...COUNTS.map((name) => sums[name]),
      kpis.answerRate?.value ?? null,
      kpis.conversionRate?.value ?? null,
      kpis.abandonment.perLiveAnswer?.value ?? null,
      kpis.utilisation,
      kpis.handleS,
      kpis.serviceLevel?.value ?? null,
      kpis.cost?.total ?? null,
    ]);
  }
}
