import { createRoute, z } from '@hono/zod-openapi';
import { insertAttestation } from '../../../db/repositories/attestations.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { attestationDetailSchema } from '../../../domain/attestation.ts';
import { maskNumber } from '../../../domain/mask.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { instantSchema, jsonBody, jsonResponse, numberSchema, toMs } from '../../schemas.ts';
import { attestationJson, attestationSchema, detailSchema, kindSchema } from './model.ts';

const bodySchema = z
  .strictObject({
    kind: kindSchema,
    name: z.string().trim().min(1).max(200).optional().openapi({
      description: 'As rules name it: the register, the assessment, the feed. Not for `caller_id`',
    }),
    number: numberSchema
      .optional()
      .openapi({ description: 'For `caller_id` alone: the number that is yours to show' }),
    jurisdiction: z
      .string()
      .regex(
        /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/,
        'is not a jurisdiction; expected ISO 3166, such as CN, US or US-FL',
      )
      .nullable()
      .default(null)
      .openapi({ description: 'Where it counts; null: everywhere' }),
    detail: detailSchema.default({}).openapi({ description: 'By the kind; `transfer` needs `exports`' }),
    validFrom: instantSchema.optional().openapi({ description: 'Left out: now' }),
    validUntil: instantSchema
      .nullable()
      .default(null)
      .openapi({ description: 'null: until it is retracted' }),
  })
  .superRefine((body, context) => {
    const fail = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const isNumber = body.kind === 'caller_id';
    if (isNumber !== (body.number !== undefined)) {
      fail(['number'], 'does not fit the kind; expected a number for kind caller_id, and none for any other');
    }
    if (isNumber === (body.name !== undefined)) {
      fail(['name'], 'does not fit the kind; expected none for kind caller_id, and a name for any other');
    }
    const detail = attestationDetailSchema(body.kind).safeParse(body.detail);
    for (const issue of detail.error?.issues ?? []) fail(['detail', ...issue.path], issue.message);
    const [from, until] = [toMs(body.validFrom), toMs(body.validUntil)];
    if (from !== null && until !== null && until <= from) {
      fail(['validUntil'], 'is not after validFrom; expected a later instant, or null');
    }
  });

const route = createRoute({
  method: 'post',
  path: '/v1/attestations',
  tags: ['Attestations'],
  summary: 'Put on record what you attest: a registration, licence, assessment, proof, emergency (备案)',
  description:
    'Rules that ask for it see it from the next decision on. Rows are only added: to correct one, retract it and add ' +
    'another. Of an emergency feed the newest reading counts.',
  operationId: 'addAttestation',
  request: { body: jsonBody(bodySchema) },
  responses: {
    201: jsonResponse(attestationSchema, 'On record'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const addAttestation = operation(route, 'attestations.write', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { number, name, validFrom, validUntil, ...given } = c.req.valid('json');
  const at = deps.clock.now();
  const author = authorOf(c);
  const attestation = await deps.db.inTenant(tenantId, async (tx) => {
    const input = {
      ...given,
      name: number === undefined ? name! : deps.vault.numberHash(tenantId, number).toString('hex'),
      detail: number === undefined ? given.detail : { ...given.detail, number: maskNumber(number) },
      validFrom: toMs(validFrom) ?? at,
      validUntil: toMs(validUntil),
    };
    const row = await insertAttestation(tx, input, { at, by: author.by });
    const body = attestationJson(row);
    await recordChange(tx, {
      ...author,
      action: 'addAttestation',
      resource: 'attestation',
      resourceId: row.id,
      before: null,
      after: body,
      at,
    });
    return body;
  });
  return c.json(attestation, 201);
});
