import { z } from 'zod';
import { epochMsSchema } from './time.ts';

/** The verdict of one evaluation. Instants are on the engine's clock. */
export const verdictSchema = z.discriminatedUnion('kind', [
  /** Allowed at the instant evaluated and until `until` (exclusive; null: no rule ends it), other facts equal. */
  z.strictObject({ kind: z.literal('allow'), until: epochMsSchema.nullable() }),
  /** Not now; allowed at `until`, and at no instant between, other facts equal. */
  z.strictObject({ kind: z.literal('defer'), until: epochMsSchema }),
  /** Not now and at no known instant; `reasons` say why. */
  z.strictObject({ kind: z.literal('deny') }),
]);
export type Verdict = z.infer<typeof verdictSchema>;

export const ruleOutcomeSchema = z.enum(['pass', 'defer', 'deny', 'exempt']);
export type RuleOutcome = z.infer<typeof ruleOutcomeSchema>;

/**
 * A duty that a rule lays on the call it allows, or on what is kept of it. `within` and `dueAt` say by when; what the
 * call did is held against it afterwards (policies/duties.ts).
 */
export const dutySchema = z.strictObject({
  kind: z.enum([
    'disclose',
    'label_ai',
    'offer_opt_out',
    'ring_at_least',
    'connect_agent',
    'answer_callbacks',
    'renew_consent',
    'record_call',
    'retain',
    'erase',
    'assess',
    'localise',
    'state_transfer',
  ]),
  /** What is owed, as the rule type says it: items, means, record classes. JSON, no personal data. */
  detail: z.record(z.string(), z.unknown()),
  /** Seconds after the answer (for `offer_opt_out`: after the request) by which it is owed; null: no such limit. */
  withinS: z.number().nonnegative().nullable(),
  /** The instant by which it is owed; null: during the call. */
  dueAt: epochMsSchema.nullable(),
});
export type Duty = z.infer<typeof dutySchema>;
export type DutyKind = Duty['kind'];

/** What one rule said, and what it looked at. The citation is found in the pack by `pack` and `rule`. */
export const ruleResultSchema = z.strictObject({
  pack: z.string(),
  rule: z.string(),
  type: z.string(),
  outcome: ruleOutcomeSchema,
  /** Stable reason code, such as `consent.missing`; null where the rule passes. */
  reason: z.string().nullable(),
  /** For `defer`: the first instant this rule allows by itself. For `pass`: the end of what it allows, if any. */
  until: epochMsSchema.nullable(),
  /** The inputs that decided it: event ids, counts, local times. JSON, no personal data. */
  inputs: z.record(z.string(), z.unknown()),
  /**
   * True when the rule is shipped as unverified (confidence M or C) and it decided against the call, or when
   * an exemption so shipped freed the call from it.
   */
  unverified: z.boolean(),
  /** Duties that come with a pass; left out where there are none. */
  duties: z.array(dutySchema).optional(),
});
export type RuleResult = z.infer<typeof ruleResultSchema>;

/** The full trace: every applicable rule, also after the first failure, so that all reasons are known. */
export const evaluationSchema = z.strictObject({
  /** Version of the evaluator's semantics; a change that could alter a verdict raises it. */
  engine: z.string(),
  /** Hash over the packs and calendars used (see policies/). */
  policySetHash: z.string(),
  at: epochMsSchema,
  /** The call may be sent up to this long after `at` (ms); it had to be allowed throughout. */
  horizonMs: z.number().int().nonnegative(),
  verdict: verdictSchema,
  /** Reason codes of everything that stood against the call, sorted, without repeats. */
  reasons: z.array(z.string()),
  results: z.array(ruleResultSchema),
});
export type Evaluation = z.infer<typeof evaluationSchema>;
