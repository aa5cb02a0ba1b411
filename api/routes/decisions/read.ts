import { createRoute, z } from '@hono/zod-openapi';
import { decisionById } from '../../../db/repositories/decisions.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, isoOrNull, jsonResponse } from '../../schemas.ts';
import { createRuleTextReader } from '../../story/citations.ts';
import { citationSchema } from '../contacts/model.ts';
import { decisionJson, decisionSchema } from './model.ts';

const traceSchema = decisionSchema
  .extend({
    horizonMs: z
      .number()
      .openapi({ description: 'The call may leave this long after `at`, and is allowed throughout' }),
    engine: z.string(),
    policySetHash: z.string(),
    factsHash: z.string().openapi({ description: 'SHA-256 over the canonical JSON of the facts as stored' }),
    facts: z.record(z.string(), z.unknown()).openapi({
      description: 'What was known; numbers are keyed pseudonyms, of which the beginning is shown',
    }),
    results: z.array(
      z.object({
        pack: z.string(),
        rule: z.string(),
        type: z.string(),
        label: z.string(),
        outcome: z.enum(['pass', 'defer', 'deny', 'exempt']),
        reason: z.string().nullable(),
        until: z.string().nullable(),
        inputs: z.record(z.string(), z.unknown()),
        unverified: z.boolean(),
        citation: citationSchema.nullable(),
      }),
    ),
  })
  .openapi('DecisionTrace', {
    description: 'One decision with every rule’s result and the facts it rests on.',
  });

const route = createRoute({
  method: 'get',
  path: '/v1/decisions/{decisionId}',
  tags: ['Decisions'],
  summary:
    'One decision: every rule’s result, with the facts and the citation from the very pack it was made by',
  operationId: 'getDecision',
  request: { params: z.object({ decisionId: inputIdSchema.openapi({ description: 'Decision id' }) }) },
  responses: {
    200: jsonResponse(traceSchema, 'The whole trace'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getDecision = operation(route, 'calls.read', (deps) => {
  const readRuleTexts = createRuleTextReader();
  return async (c) => {
    const { decisionId } = c.req.valid('param');
    const { decision, texts } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
      const found = await decisionById(tx, decisionId);
      if (found === null) throw notFound('the decision');
      return { decision: found, texts: await readRuleTexts(tx, [found.policySetHash]) };
    });
    const results = decision.results.map((result) => {
      const text = texts(decision.policySetHash, result.pack, result.rule);
      const citation = text?.citation ?? null;
      return {
        pack: result.pack,
        rule: result.rule,
        type: result.type,
        label: text?.label ?? result.rule,
        outcome: result.outcome,
        reason: result.reason,
        until: isoOrNull(result.until),
        inputs: shortened(result.inputs) as Record<string, unknown>,
        unverified: result.unverified,
        citation:
          citation === null
            ? null
            : { instrument: citation.instrument, article: citation.article, url: citation.url },
      };
    });
    return c.json(
      {
        ...decisionJson(decision),
        horizonMs: decision.horizonMs,
        engine: decision.engine,
        policySetHash: decision.policySetHash,
        factsHash: decision.factsHash,
        facts: shortened(decision.facts) as Record<string, unknown>,
        results,
      },
      200,
    );
  };
});

const PSEUDONYM = /^[0-9a-f]{64}$/;
/** Enough to tell one number from another in one trace, too little to look it up by. */
const SHOWN_DIGITS = 8;

/** The same JSON with numbers' pseudonyms cut short. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return PSEUDONYM.test(value) ? `${value.slice(0, SHOWN_DIGITS)}…` : value;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shortened(part)]));
}
