import { createRoute } from '@hono/zod-openapi';
import { lockAttestation, retractAttestation as retract } from '../../../db/repositories/attestations.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { attestationParams, jsonResponse } from '../../schemas.ts';
import { reasonBody } from '../campaigns/model.ts';
import { attestationJson, attestationSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/attestations/{attestationId}/retract',
  tags: ['Attestations'],
  summary: 'Take an attestation back: decisions do not see it any more; it stays as evidence',
  description: 'Decisions made before keep what they saw. Retracting it again changes nothing.',
  operationId: 'retractAttestation',
  request: { params: attestationParams, body: reasonBody },
  responses: {
    200: jsonResponse(attestationSchema, 'The attestation with the instant it was taken back'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const retractAttestation = operation(route, 'attestations.write', (deps) => async (c) => {
  const { attestationId } = c.req.valid('param');
  const { reason } = c.req.valid('json');
  const body = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockAttestation(tx, attestationId);
    if (before === null) throw notFound('the attestation');
    if (before.retractedAt !== null) return attestationJson(before);
    const at = deps.clock.now();
    const author = authorOf(c);
    const after = attestationJson(await retract(tx, attestationId, { at, by: author.by }));
    await recordChange(tx, {
      ...author,
      action: 'retractAttestation',
      resource: 'attestation',
      resourceId: attestationId,
      before: attestationJson(before),
      after,
      reason: reason ?? null,
      at,
    });
    return after;
  });
  return c.json(body, 200);
});
