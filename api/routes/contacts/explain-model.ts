import { z } from '@hono/zod-openapi';
import type { Explanation } from '../../../gate/explain.ts';
import { ruleOutcomeSchema } from '../../../domain/decision.ts';
import { toIso } from '../../../domain/time.ts';
import { campaignStatusSchema } from '../../../domain/vocabulary.ts';
import { isoOrNull } from '../../schemas.ts';
import { blockText, summaryOf, unknownText } from '../../story/explain-text.ts';
import type { Messages } from '../../story/messages/index.ts';
import { citationSchema } from './model.ts';

const explainedRuleSchema = z
  .object({
    pack: z.string(),
    rule: z.string(),
    type: z.string(),
    label: z.string(),
    outcome: ruleOutcomeSchema,
    reason: z.string().nullable().openapi({ example: 'consent.missing' }),
    until: z
      .string()
      .nullable()
      .openapi({ description: 'Deferred: the first instant it allows; passed: the end of what it allows' }),
    inputs: z.record(z.string(), z.unknown()).openapi({ description: 'What it looked at' }),
    unverified: z.boolean(),
    citation: citationSchema
      .extend({ checkedOn: z.string() })
      .nullable()
      .openapi({ description: 'Null for a guard of the engine itself' }),
    confidence: z
      .enum(['P', 'S', 'M', 'C'])
      .nullable()
      .openapi({ description: 'P the law’s own text was read, S a summary; M and C are not verified' }),
    strength: z.enum(['law', 'standard', 'vendor', 'house']).nullable(),
  })
  .openapi('ExplainedRule');

export const explanationSchema = z
  .object({
    at: z.string(),
    summary: z.string().openapi({ description: 'One sentence for people' }),
    verdict: z
      .enum(['allow', 'defer', 'deny'])
      .openapi({ description: 'Of the rules alone, apart from the blocks' }),
    until: z.string().nullable(),
    callable: z.boolean().openapi({ description: 'The rules allow it and nothing else stands in the way' }),
    nextEligibleAt: z.string().nullable().openapi({
      description:
        'First instant at which it may be dialled, all else equal; null: not without somebody acting',
    }),
    reasons: z.array(z.string()),
    rules: z.array(explainedRuleSchema),
    blocks: z
      .array(
        z.object({
          code: z.string().openapi({ example: 'campaign.paused' }),
          text: z.string(),
          until: z.string().nullable().openapi({ description: 'Null: until somebody acts, or for good' }),
          detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
        }),
      )
      .openapi({ description: 'What stands in the way beside the rules' }),
    missing: z
      .array(z.object({ reason: z.string(), rule: z.string(), inputs: z.record(z.string(), z.unknown()) }))
      .openapi({ description: 'Facts whose want stands against the call' }),
    unknown: z
      .array(z.object({ fact: z.string(), taken: z.string(), text: z.string() }))
      .openapi({ description: 'Facts not on record for this instant, and what was taken instead' }),
    hypothetical: z
      .boolean()
      .openapi({ description: 'The person is no contact of the campaign: how one would be decided' }),
    contactId: z.string().nullable(),
    personId: z.string().nullable(),
    campaign: z.object({
      id: z.string(),
      name: z.string(),
      status: campaignStatusSchema,
      revision: z.number().int(),
    }),
    policies: z.object({
      setHash: z.string(),
      since: z.string().nullable().openapi({
        description:
          'Null: none was in force, and the shipped set that the first start puts in force was asked',
      }),
    }),
    recorded: z
      .object({ decisionId: z.string(), at: z.string(), verdict: z.enum(['allow', 'defer', 'deny']) })
      .nullable()
      .openapi({ description: 'The latest decision on record at or before this instant' }),
  })
  .openapi('Explanation', {
    description: 'Why a call is, was or would be made or not. Nothing of it is stored.',
  });

export interface RecordedDecision {
  readonly decisionId: string;
  readonly at: number;
  readonly verdict: 'allow' | 'defer' | 'deny';
}

export function explanationJson(
  explanation: Explanation,
  recorded: RecordedDecision | null,
  say: Messages,
): z.infer<typeof explanationSchema> {
  const { verdict, campaign } = explanation;
  return {
    at: toIso(explanation.at),
    summary: summaryOf(explanation, say),
    verdict: verdict.kind,
    until: verdict.kind === 'deny' ? null : isoOrNull(verdict.until),
    callable: explanation.callable,
    nextEligibleAt: isoOrNull(explanation.nextEligibleAt),
    reasons: [...explanation.reasons],
    rules: explanation.rules.map((rule) => ({
      pack: rule.pack,
      rule: rule.rule,
      type: rule.type,
      label: rule.label,
      outcome: rule.outcome,
      reason: rule.reason,
      until: isoOrNull(rule.until),
      inputs: { ...rule.inputs },
      unverified: rule.unverified,
      citation: rule.citation,
      confidence: rule.confidence,
      strength: rule.strength,
    })),
    blocks: explanation.blocks.map((block) => ({
      code: block.code,
      text: blockText(block, say),
      until: isoOrNull(block.until),
      detail: { ...block.detail },
    })),
    missing: explanation.missing.map((fact) => ({ ...fact, inputs: { ...fact.inputs } })),
    unknown: explanation.unknown.map((fact) => ({ ...fact, text: unknownText(fact, say) })),
    hypothetical: explanation.hypothetical,
    contactId: explanation.contactId,
    personId: explanation.personId,
    campaign: {
      id: campaign.id,
      name: campaign.name,
      status: campaign.status,
      revision: campaign.revision,
    },
    policies: {
      setHash: explanation.policies.setHash,
      since: isoOrNull(explanation.policies.since),
    },
    recorded:
      recorded === null
        ? null
        : { decisionId: recorded.decisionId, at: toIso(recorded.at), verdict: recorded.verdict },
  };
}
