import { createRoute, z } from '@hono/zod-openapi';
import { campaignReport } from '../../../db/repositories/reports.ts';
import { notFound } from '../../../domain/failures.ts';
import { dispositionSchema, outcomeSchema } from '../../../domain/vocabulary.ts';
import { isZone } from '../../../domain/wall-clock.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, isoOrNull, jsonResponse } from '../../schemas.ts';
import { progressJson, progressSchema } from './progress.ts';

const count = z.number().int();
const rate = (description: string) => z.number().nullable().openapi({ description });

const reportSchema = z
  .object({
    name: z.string(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    progress: progressSchema,
    deniedByReason: z.record(z.string(), count),
    deferredByReason: z.record(z.string(), count),
    decisions: z.object({ allow: count, defer: count, deny: count }),
    attemptsByOutcome: z.partialRecord(outcomeSchema, count),
    dispositions: z.partialRecord(dispositionSchema, count),
    contactsByAttempts: z.record(z.string(), count),
    attemptsPerContact: rate('Mean over contacts tried at least once'),
    reached: count.openapi({ description: 'Contacts a person answered for at least once' }),
    answerRate: rate('接听率: attempts a person answered, per attempt that has an outcome'),
    conversionRateOfReached: rate('转化率: contacts converted, per contact reached'),
    conversionRateOfImported: rate('转化率: contacts converted, per contact imported'),
    talk: z.object({ totalS: z.number(), meanS: z.number().nullable() }),
    byHour: z.array(z.object({ hour: count, attempts: count, answered: count })),
    zone: z.string(),
    stops: z
      .object({ count, p50Ms: z.number().nullable(), p99Ms: z.number().nullable() })
      .openapi({ description: 'Stops that touched the campaign: real ms from request to acknowledgement' }),
  })
  .openapi('CampaignReport');

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/report',
  tags: ['Campaigns'],
  summary: 'Its figures (KPI): answer rate (接听率), conversion rate (转化率) and what lies behind them',
  operationId: 'getCampaignReport',
  request: {
    params: campaignParams,
    query: z.object({
      zone: z
        .string()
        .refine(isZone, 'is not a zone; expected an IANA name such as Asia/Shanghai')
        .default('UTC')
        .openapi({ description: 'IANA zone that `byHour` is told in' }),
    }),
  },
  responses: {
    200: jsonResponse(reportSchema, 'As of now'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getCampaignReport = operation(route, 'reports.read', (deps) => async (c) => {
  const { campaignId } = c.req.valid('param');
  const { zone } = c.req.valid('query');
  const report = await deps.db.inTenant(c.get('tenantId'), (tx) => campaignReport(tx, campaignId, { zone }));
  if (report === null) throw notFound('the campaign');
  const body = {
    ...report,
    startedAt: isoOrNull(report.startedAt),
    endedAt: isoOrNull(report.endedAt),
    progress: progressJson(report.progress),
    byHour: [...report.byHour],
  };
  return c.json(body, 200);
});
