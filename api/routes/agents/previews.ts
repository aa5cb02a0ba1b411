import { createRoute, z } from '@hono/zod-openapi';
import { answerPreview, type PreviewRow } from '../../../db/repositories/preview-answers.ts';
import { notifyWork } from '../../../db/notify.ts';
import type { Tx } from '../../../db/client.ts';
import { conflict, notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, isoOrNull, jsonBody, jsonResponse } from '../../schemas.ts';
import { me } from './checks.ts';
import { reasonCodeSchema } from './model.ts';

export const previewParams = z.object({ previewId: inputIdSchema.openapi({ description: 'Preview id' }) });

export const previewSchema = z
  .object({
    id: z.string(),
    campaignId: z.string(),
    contactId: z.string(),
    agentId: z.string(),
    state: z.enum(['offered', 'accepted', 'skipped', 'expired', 'withdrawn']),
    reason: z.string().nullable(),
    offeredAt: z.string(),
    expiresAt: z.string().openapi({ description: 'Without an answer by then it is taken back' }),
    settledAt: z.string().nullable(),
  })
  .openapi('Preview', { description: 'A contact shown to an agent before it is called (预览外呼).' });

export function previewJson(row: PreviewRow): z.infer<typeof previewSchema> {
  const { id, campaignId, contactId, agentId, state, reason } = row;
  return {
    id,
    campaignId,
    contactId,
    agentId,
    state,
    reason,
    offeredAt: toIso(row.offeredAt),
    expiresAt: toIso(row.expiresAt),
    settledAt: isoOrNull(row.settledAt),
  };
}

/** The answer of whom it is shown to; the same answer again changes nothing. */
async function answered(
  tx: Tx,
  of: { readonly previewId: string; readonly agentId: string; readonly at: number },
  answer: { readonly state: 'accepted' | 'skipped'; readonly reason: string | null },
): Promise<PreviewRow> {
  const { before, after } = await answerPreview(tx, of, answer);
  if (before === null) throw notFound('the preview');
  if (after === null) {
    if (before.state === answer.state) return before;
    const how = before.state === 'offered' ? 'has run out' : `is ${before.state}`;
    throw conflict(`the preview ${how} and cannot be ${answer.state}`);
  }
  await notifyWork(tx);
  return after;
}

const acceptRoute = createRoute({
  method: 'post',
  path: '/v1/agents/me/previews/{previewId}/accept',
  tags: ['Agents'],
  summary: 'Call the contact that is shown',
  description:
    'The rules are asked before it is called; what they say comes through the stream. Again: nothing more.',
  operationId: 'acceptPreview',
  request: { params: previewParams },
  responses: {
    200: jsonResponse(previewSchema, 'Accepted'),
    ...problemResponses('invalid_input', 'not_found', 'conflict', 'refused'),
  },
});

export const acceptPreview = operation(acceptRoute, 'agents.self', (deps) => async (c) => {
  const { previewId } = c.req.valid('param');
  const preview = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const { id } = await me(tx, c);
    const of = { previewId, agentId: id, at: deps.clock.now() };
    return answered(tx, of, { state: 'accepted', reason: null });
  });
  return c.json(previewJson(preview), 200);
});

const skipRoute = createRoute({
  method: 'post',
  path: '/v1/agents/me/previews/{previewId}/skip',
  tags: ['Agents'],
  summary: 'Pass the contact that is shown over, and say why',
  description:
    'It goes back among those that wait, and is given up after as many skips as the campaign allows.',
  operationId: 'skipPreview',
  request: {
    params: previewParams,
    body: jsonBody(z.strictObject({ reason: reasonCodeSchema }).openapi('PreviewSkip')),
  },
  responses: {
    200: jsonResponse(previewSchema, 'Skipped'),
    ...problemResponses('invalid_input', 'not_found', 'conflict', 'refused'),
  },
});

export const skipPreview = operation(skipRoute, 'agents.self', (deps) => async (c) => {
  const { previewId } = c.req.valid('param');
  const { reason } = c.req.valid('json');
  const preview = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const { id } = await me(tx, c);
    const of = { previewId, agentId: id, at: deps.clock.now() };
    return answered(tx, of, { state: 'skipped', reason });
  });
  return c.json(previewJson(preview), 200);
});
