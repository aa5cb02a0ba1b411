import { createRoute } from '@hono/zod-openapi';
import { inSnapshot } from '../../../db/snapshot.ts';
import { RightcallError, notFound } from '../../../domain/failures.ts';
import { COHORT_EXACT_MAX, explainCohort } from '../../../gate/cohort.ts';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { answerLanguage, languageHeader } from '../../language.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { MESSAGES } from '../../story/messages/index.ts';
import { cohortJson, cohortRequestSchema, cohortResponseSchema } from './cohort-model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/why',
  tags: ['Campaigns'],
  summary: 'Why these contacts are not being dialled, by reason, with the next hour’s forecast',
  description:
    'Any part of a campaign’s contacts: by state, reason, place, or by id. Each is counted once, under the first thing ' +
    'that stands in its way: for those that wait the rules are asked by the facts of now; those that ended are told by ' +
    'what they ended with. With rule, citation, what would have to change, and how many are likely to be dialled in the ' +
    `next hour. Up to ${COHORT_EXACT_MAX} waiting contacts are all asked about; of more, a random sample, with the counts scaled and ` +
    'their 95 % intervals. Sentences are English, or Chinese for `Accept-Language: zh`. Nothing is stored.',
  operationId: 'explainCohort',
  request: {
    params: campaignParams,
    headers: languageHeader,
    body: { content: { 'application/json': { schema: cohortRequestSchema } }, required: false },
  },
  responses: {
    200: jsonResponse(cohortResponseSchema, 'As of now; nothing of it is kept'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

/** Answers being worked out at once in a process: each holds a connection and half a core for seconds. */
const RUNNING_MAX = 2;
const BUSY_RETRY_S = 3;

export const explainCampaignCohort = operation(
  route,
  'campaigns.read',
  (deps) => {
    const policies = createPolicyReader(() => deps.defaultPolicySet());
    let running = 0;
    return async (c) => {
      const { campaignId } = c.req.valid('param');
      const asked = c.req.valid('json');
      const say = MESSAGES[answerLanguage(c)];
      if (running >= RUNNING_MAX) {
        const message = `${RUNNING_MAX} questions about cohorts are being answered in this process`;
        throw new RightcallError('unavailable', message, { retryAfterS: BUSY_RETRY_S });
      }
      running += 1;
      try {
        const cohort = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
          await inSnapshot(tx);
          const filter = {
            states: asked.states ?? null,
            reasons: asked.reasons ?? null,
            contactIds: asked.contactIds ?? null,
            cohorts: asked.cohorts ?? null,
            zones: asked.zones ?? null,
            jurisdictions: asked.jurisdictions ?? null,
          };
          return explainCohort(tx, { clock: deps.clock, policies }, campaignId, filter, {
            sample: asked.sample ?? 2_000,
            forecast: asked.forecast ?? true,
          });
        });
        if (cohort === null) throw notFound('the campaign');
        return c.json(cohortJson(cohort, say), 200);
      } finally {
        running -= 1;
      }
    };
  },
  { idempotency: 'none' },
);
