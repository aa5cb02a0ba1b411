import { createRoute, z } from '@hono/zod-openapi';
import { RightcallError, invalidInput } from '../../../domain/failures.ts';
import { requestPreview } from '../../actions/policy-previews.ts';
import { authorOf } from '../../env.ts';
import { answerLanguage, languageHeader } from '../../language.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { draftParams } from './model.ts';
import { previewJson } from './preview-model.ts';
import { previewSchema } from './preview-schemas.ts';

const requestSchema = z
  .strictObject({
    campaignId: inputIdSchema.nullable().default(null).openapi({
      description: 'One campaign; without, all that run or are paused',
    }),
    at: instantSchema.optional().openapi({
      description:
        'Instant at which open contacts are asked about, now or later; now without. Facts are those of now.',
    }),
    days: z.number().int().min(0).max(366).default(30).openapi({
      description: 'How many days of past decisions to ask about',
    }),
  })
  .openapi('PolicyPreviewRequest');

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts/{draftId}/previews',
  tags: ['Policies'],
  summary: 'Preview what a draft would change, for contacts, promises and calls of the past',
  description:
    'Answers at once with what a random sample of the open contacts says; a worker asks about the rest in the background. ' +
    'Open are contacts that wait or were admitted, of campaigns that run or are paused. Changes nothing. It is of the draft ' +
    'as it was checked: once the draft is edited, it says nothing of the new revision. A preview of one campaign does not ' +
    'make a draft `previewed`.',
  operationId: 'previewPolicyDraft',
  request: {
    params: draftParams,
    headers: languageHeader,
    body: { content: { 'application/json': { schema: requestSchema } }, required: false },
  },
  responses: {
    202: jsonResponse(previewSchema, 'Under way, with the answer of the sample'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

/** Samples at once in a process: each holds a connection and half a core for a second or two. */
const RUNNING_MAX = 2;
const BUSY_RETRY_S = 3;

export const previewPolicyDraft = operation(route, 'policies.draft', (deps) => {
  let running = 0;
  return async (c) => {
    const { draftId } = c.req.valid('param');
    const { campaignId = null, at: asked, days = 30 } = c.req.valid('json');
    const now = deps.clock.now();
    const at = toMs(asked) ?? now;
    if (at < now) {
      throw invalidInput([
        { field: 'at', fault: 'has gone by', expected: 'an instant from now on; `days` asks about the past' },
      ]);
    }
    if (running >= RUNNING_MAX) {
      const message = `${RUNNING_MAX} previews are being begun in this process`;
      throw new RightcallError('unavailable', message, { retryAfterS: BUSY_RETRY_S });
    }
    running += 1;
    try {
      const tenantId = c.get('tenantId');
      const preview = await requestPreview(deps, { ...authorOf(c), tenantId, draftId, campaignId, at, days });
      return c.json(previewJson(preview, new Map(), answerLanguage(c)), 202);
    } finally {
      running -= 1;
    }
  };
});
