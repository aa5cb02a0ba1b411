import { createRoute, z } from '@hono/zod-openapi';
import { decisionById } from '../../../db/repositories/decisions.ts';
import { policySetsByHash } from '../../../db/repositories/policies.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { ENGINE_VERSION } from '../../../policies/index.ts';
import { verifyDecision as verify } from '../../actions/verify-decision.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, isoOrNull, jsonResponse } from '../../schemas.ts';

const outcome = z.object({ verdict: z.string(), until: z.string().nullable(), reasons: z.array(z.string()) });

const verificationSchema = z
  .object({
    decisionId: z.string(),
    outcome: z.enum(['holds', 'fails', 'not_checkable']).openapi({
      description:
        '`not_checkable`: it was decided by another version of the evaluator than this build has; facts and documents ' +
        'were checked, the verdict was not',
    }),
    at: z.string(),
    engine: z.object({ recorded: z.string(), here: z.string() }),
    policySetHash: z.string(),
    factsHash: z.string(),
    recorded: outcome,
    again: outcome.nullable().openapi({ description: 'From the stored facts and documents, today' }),
    checks: z.array(
      z.object({
        name: z.enum(['facts', 'documents', 'policy_set', 'verdict', 'reasons', 'results']),
        holds: z.boolean(),
        fault: z.string().nullable(),
      }),
    ),
  })
  .openapi('DecisionVerification');

const route = createRoute({
  method: 'get',
  path: '/v1/audit/decisions/{decisionId}/verification',
  tags: ['Audit'],
  summary: 'Evaluate one decision again from its stored facts and documents, and say whether it holds (I7)',
  description:
    'Hashes of facts and documents first, then the verdict, its reasons and every rule’s result, at the instant of the ' +
    'decision. Stores nothing. `rightcall audit verify` does so for all decisions and holds them against the carrier’s log.',
  operationId: 'verifyDecision',
  request: { params: z.object({ decisionId: inputIdSchema.openapi({ description: 'Decision id' }) }) },
  responses: {
    200: jsonResponse(verificationSchema, 'Whether it holds, and what does not'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const verifyDecision = operation(route, 'audit.read', (deps) => async (c) => {
  const { decisionId } = c.req.valid('param');
  const { decision, documents } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const decision = await decisionById(tx, decisionId);
    if (decision === null) throw notFound('the decision');
    const sets = await policySetsByHash(tx, [decision.policySetHash]);
    return { decision, documents: sets.get(decision.policySetHash) ?? null };
  });
  const { outcome, checks, again } = verify(decision, documents);
  return c.json(
    {
      decisionId,
      outcome,
      at: toIso(decision.at),
      engine: { recorded: decision.engine, here: ENGINE_VERSION },
      policySetHash: decision.policySetHash,
      factsHash: decision.factsHash,
      recorded: {
        verdict: decision.verdict,
        until: isoOrNull(decision.until),
        reasons: [...decision.reasons],
      },
      again:
        again === null
          ? null
          : { verdict: again.verdict, until: isoOrNull(again.until), reasons: [...again.reasons] },
      checks: [...checks],
    },
    200,
  );
});
