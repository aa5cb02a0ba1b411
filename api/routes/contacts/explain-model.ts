import { z } from '@hono/zod-openapi';
import type { Explanation } from '../../../gate/explain.ts';
import { ruleOutcomeSchema } from '../../../domain/decision.ts';
import { toIso } from '../../../domain/time.ts';
import { campaignStatusSchema } from '../../../domain/vocabulary.ts';
import { isoOrNull } from '../../schemas.ts';
import type { Remedies } from '../../../policies/index.ts';
import { blockText, summaryOf, tellingOfExplanation, unknownText } from '../../story/explain-text.ts';
import type { Telling } from '../../story/messages/rules.ts';
import { dutyText, remedyText, ruleText } from '../../story/rules.ts';
import type { Messages } from '../../story/messages/index.ts';
import { nextStepJson, nextStepSchema } from '../attempts/next-step.ts';
import { citationSchema } from './model.ts';
import type { OnRecord } from './on-record.ts';

const explainedRuleSchema = z
  .object({
    pack: z.string(),
    rule: z.string(),
    type: z.string(),
    label: z.string(),
    text: z.string().openapi({
      description: 'What it says, in words',
      example: 'no consent for marketing by voice (express at least) is on record',
    }),
    outcome: ruleOutcomeSchema,
    reason: z.string().nullable().openapi({ example: 'consent.missing' }),
    until: z
      .string()
      .nullable()
      .openapi({ description: 'Deferred: the first instant it allows; passed: the end of what it allows' }),
    inputs: z.record(z.string(), z.unknown()).openapi({ description: 'What it looked at' }),
    params: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'Its parameters, as the pack has them; none for a guard' }),
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

const remediesSchema = z
  .object({
    rules: z.array(
      z.object({
        pack: z.string(),
        rule: z.string(),
        label: z.string(),
        reason: z.string(),
        ways: z
          .array(
            z.object({
              code: z.string().openapi({ example: 'consent.give' }),
              text: z.string(),
              proved: z.boolean().openapi({
                description: 'The rule was asked again as if it had been done, and lets the call pass',
              }),
              detail: z.record(z.string(), z.unknown()),
            }),
          )
          .openapi({ description: 'Any one of them is enough' }),
      }),
    ),
    blocks: z
      .array(z.object({ code: z.string(), text: z.string() }))
      .openapi({ description: 'What would end each of the blocks' }),
    together: z
      .object({
        verdict: z.enum(['allow', 'defer', 'deny']),
        from: z.string().nullable().openapi({ description: 'From when the rules would allow it' }),
        text: z.string(),
      })
      .nullable()
      .openapi({
        description:
          'What the rules say with the first way of each; null: nothing stands against it, or something that cannot be supposed',
      }),
  })
  .openapi('Remedies', { description: 'What would have to change for the call to be allowed' });

const obligationSchema = z
  .object({
    pack: z.string(),
    rule: z.string(),
    kind: z.string().openapi({ example: 'disclose' }),
    text: z.string(),
    withinS: z.number().nullable(),
    dueAt: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('Obligation', { description: 'What a call that is made must carry out' });

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
          detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).openapi({
            description:
              'Of a filter: the expression, what of it is `unmet`, the `attributes` that this looks at, and what they hold ' +
              '(`contact.<name>`, null: nothing that can be read) for those with the permission `campaigns.write`. Of a ' +
              'quota: its name, what it counts, and how far it is filled.',
          }),
        }),
      )
      .openapi({ description: 'What stands in the way beside the rules' }),
    missing: z
      .array(z.object({ reason: z.string(), rule: z.string(), inputs: z.record(z.string(), z.unknown()) }))
      .openapi({ description: 'Facts whose want stands against the call' }),
    remedies: remediesSchema,
    obligations: z.array(obligationSchema),
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
      .object({
        decisionId: z.string(),
        at: z.string(),
        verdict: z.enum(['allow', 'defer', 'deny']),
        agrees: z.boolean().nullable().openapi({
          description:
            'Of a decision made at this very instant, whose facts were taken: whether it said the same; null: it was made before',
        }),
      })
      .nullable()
      .openapi({ description: 'The latest decision on record at or before this instant' }),
    afterLastAttempt: nextStepSchema.extend({ attempt: z.number().int() }).nullable().openapi({
      description: 'What the retry rules drew from the last attempt that was over by then; null: nothing',
    }),
    factsHash: z
      .string()
      .openapi({ description: 'SHA-256 over the canonical JSON of the facts, as decisions have it' }),
  })
  .openapi('Explanation', {
    description: 'Why a call is, was or would be made or not. Nothing of it is stored.',
  });

export function explanationJson(
  explanation: Explanation,
  { decision: recorded, lastStep }: OnRecord,
  say: Messages,
): z.infer<typeof explanationSchema> {
  const { verdict, campaign } = explanation;
  const tell = tellingOfExplanation(explanation, say);
  const textOf = new Map(explanation.rules.map((rule) => [rule.rule, ruleText(rule, tell, say)]));
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
      text: textOf.get(rule.rule)!,
      outcome: rule.outcome,
      reason: rule.reason,
      until: isoOrNull(rule.until),
      inputs: { ...rule.inputs },
      params: { ...rule.params },
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
    missing: explanation.missing.map((fact) => ({
      ...fact,
      text: textOf.get(fact.rule)!,
      inputs: { ...fact.inputs },
    })),
    remedies: remediesJson(explanation, tell, say),
    obligations: explanation.rules.flatMap(({ pack, rule, duties }) =>
      duties.map((duty) => ({
        pack,
        rule,
        kind: duty.kind,
        text: dutyText(duty, tell, say),
        withinS: duty.withinS,
        dueAt: isoOrNull(duty.dueAt),
        detail: { ...duty.detail },
      })),
    ),
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
        : {
            decisionId: recorded.decisionId,
            at: toIso(recorded.at),
            verdict: recorded.verdict,
            agrees: recorded.at === explanation.at ? (explanation.decision?.agrees ?? null) : null,
          },
    afterLastAttempt: lastStep === null ? null : { attempt: lastStep.n, ...nextStepJson(lastStep.step) },
    factsHash: explanation.factsHash,
  };
}

function remediesJson(
  { remedies, rules, blocks }: Explanation,
  tell: Telling,
  say: Messages,
): z.infer<typeof remediesSchema> {
  const labels = new Map(rules.map((rule) => [`${rule.pack}/${rule.rule}`, rule.label]));
  return {
    rules: remedies.rules.map(({ pack, rule, reason, ways }) => ({
      pack,
      rule,
      label: labels.get(`${pack}/${rule}`) ?? rule,
      reason,
      ways: ways.map((way) => ({
        code: way.code,
        text: remedyText(way, tell, say),
        proved: way.proved,
        detail: { ...way.detail },
      })),
    })),
    blocks: blocks.map(({ code }) => ({ code, text: say.rules.blockRemedies[code] ?? code })),
    together: togetherJson(remedies, tell, say),
  };
}

function togetherJson(
  { together }: Remedies,
  tell: Telling,
  say: Messages,
): z.infer<typeof remediesSchema>['together'] {
  if (together === null) return null;
  const { verdict, at } = together;
  const from = verdict.kind === 'deny' ? null : verdict.kind === 'defer' ? verdict.until : at;
  const text = say.rules.together({ from: from === null ? null : tell.instant(from) });
  return { verdict: verdict.kind, from: isoOrNull(from), text };
}
