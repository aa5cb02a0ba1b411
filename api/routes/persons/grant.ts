import { createRoute, z } from '@hono/zod-openapi';
import { consentLevelSchema, purposeSchema } from '../../../domain/vocabulary.ts';
import { grantConsent as apply } from '../../actions/consent.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { instantSchema, jsonBody, jsonResponse, personParams, toMs } from '../../schemas.ts';
import { grantFields, moreOf, statementFields } from './model.ts';

const bodySchema = z.strictObject({
  ...statementFields,
  ...grantFields,
  purposes: z.array(purposeSchema).min(1, 'names no purpose; expected at least one'),
  level: consentLevelSchema.default('express'),
  basis: z.string().trim().min(1).max(100).default('explicit'),
  expiresAt: instantSchema.nullable().default(null),
  widens: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([])
    .openapi({ description: 'Rules that it widens, such as calls outside the usual hours' }),
});

const answerSchema = z.object({
  eventId: z.string(),
  reopenedContacts: z
    .number()
    .int()
    .openapi({ description: 'Denied for want of consent before, waiting again now' }),
});

const route = createRoute({
  method: 'post',
  path: '/v1/persons/{personId}/consents',
  tags: ['Persons'],
  summary: 'Record a consent (同意)',
  description:
    'The same statement sent again is the same event. Contacts denied for want of consent wait again.',
  operationId: 'grantConsent',
  request: { params: personParams, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(answerSchema, 'It was recorded before'),
    201: jsonResponse(answerSchema, 'Recorded'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const grantConsent = operation(route, 'consents.grant', (deps) => async (c) => {
  const body = c.req.valid('json');
  const { purposes, channels, source, level, basis, widens, occurredAt, expiresAt, evidenceHash } = body;
  const tenantId = c.get('tenantId');
  const more = moreOf(body, (number) => deps.vault.numberHash(tenantId, number));
  const { created, ...answer } = await apply(
    deps,
    { tenantId, ...authorOf(c) },
    {
      personId: c.req.valid('param').personId,
      ...{ purposes, channels, source, level, basis, widens },
      ...(more === undefined ? {} : { more }),
      evidenceHash: evidenceHash === undefined ? null : Buffer.from(evidenceHash, 'hex'),
      occurredAt: toMs(occurredAt) ?? deps.clock.now(),
      expiresAt: toMs(expiresAt),
    },
  );
  return created ? c.json(answer, 201) : c.json(answer, 200);
});
