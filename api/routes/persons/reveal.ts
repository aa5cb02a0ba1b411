import { createRoute, z } from '@hono/zod-openapi';
import { REVEALS_PER_HOUR } from '../../../db/repositories/reveals.ts';
import { REVEALED_FIELDS, revealPerson as apply } from '../../actions/reveal.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonBody, jsonResponse, personParams } from '../../schemas.ts';
import { statedReasonSchema } from './reason.ts';

const bodySchema = z
  .strictObject({
    fields: z
      .array(z.enum(REVEALED_FIELDS))
      .min(1, 'names no field; expected at least one')
      .max(REVEALED_FIELDS.length),
    contactId: inputIdSchema
      .optional()
      .openapi({ description: 'The contact whose attributes are asked for; needed with `attributes`' }),
    reason: statedReasonSchema.openapi({ example: 'complaint T-1042: wrong name was used' }),
  })
  .refine((body) => body.fields.includes('attributes') === (body.contactId !== undefined), {
    message: 'goes with the field attributes, and only with it',
    path: ['contactId'],
  });

const route = createRoute({
  method: 'post',
  path: '/v1/persons/{personId}/reveal',
  tags: ['Persons'],
  summary: "See a person's numbers, profile or attributes in full, for a stated reason",
  description:
    `Recorded with who, when and why in the same transaction, never with the values (\`GET /v1/changes\`). At most ` +
    `${REVEALS_PER_HOUR} in any hour for one key or person. Takes no Idempotency-Key: each look is a look, and answers ` +
    'that hold a number are not kept.',
  operationId: 'revealPerson',
  request: { params: personParams, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(
      z.object({
        personId: z.string(),
        numbers: z
          .array(z.string())
          .nullable()
          .openapi({ description: 'The primary one first; null: not asked for' }),
        profile: z.record(z.string(), z.string()).nullable(),
        attributes: z.record(z.string(), z.unknown()).nullable(),
      }),
      'In full; not to be cached',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'refused', 'rate_limited'),
  },
});

export const revealPerson = operation(
  route,
  'persons.reveal',
  (deps) => async (c) => {
    const { personId } = c.req.valid('param');
    const { fields, contactId, reason } = c.req.valid('json');
    const revealed = await apply(deps, {
      tenantId: c.get('tenantId'),
      ...authorOf(c),
      personId,
      fields: [...new Set(fields)],
      contactId: contactId ?? null,
      reason,
    });
    c.header('Cache-Control', 'no-store');
    return c.json(
      {
        personId,
        numbers: revealed.numbers === null ? null : [...revealed.numbers],
        profile: revealed.profile === null ? null : { ...revealed.profile },
        attributes: revealed.attributes === null ? null : { ...revealed.attributes },
      },
      200,
    );
  },
  { idempotency: 'none' },
);
