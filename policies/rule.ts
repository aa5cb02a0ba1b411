import { z } from 'zod';
import { dialFactsSchema } from '../domain/facts.ts';
import type { Fault } from '../domain/failures.ts';
import { channelSchema, purposeSchema } from '../domain/vocabulary.ts';
import type { CompiledCalendar } from './calendar.ts';
import { citationSchema, confidenceSchema, dateSchema, jurisdictionSchema } from './citation.ts';
import { exemptionSchema } from './exemptions.ts';
import { documentFaults } from './faults.ts';
import type { Judge } from './judgement.ts';
import type { Order, Strictness } from './strictness.ts';

/** Stable reason code: dotted lower-case words. */
export const reasonCodeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/, 'is not dotted lower-case words such as window.closed');

/** Where a rule's force comes from. Only `law` and `standard` may carry exemptions (I9). */
export const STRENGTHS = ['law', 'standard', 'vendor', 'house'] as const;
export const strengthSchema = z.enum(STRENGTHS);
export type Strength = z.infer<typeof strengthSchema>;

/** What every rule has in common; `params` belong to its type. Empty lists bind everything. */
export const ruleSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,119}$/, 'is not lower-case words joined by dots or hyphens'),
  version: z.number().int().positive(),
  type: z.string(),
  /** What the rule says, for people: English, and the readers' language after it where that helps. */
  label: z.string().min(1),
  jurisdiction: z.array(jurisdictionSchema).min(1),
  purpose: z.array(purposeSchema).default([]),
  channel: z.array(channelSchema).default([]),
  /** Kinds of callee bound; one whose kind is not known is bound by either (I6). */
  calleeType: z.array(z.enum(['consumer', 'business'])).default([]),
  /** Types of number bound; one that could be either, or is not known, is bound too (I6). */
  numberType: z.array(dialFactsSchema.shape.number.shape.type).default([]),
  /** Lines of business bound; a campaign that states none is in none of them. */
  sector: z.array(z.string()).default([]),
  /** First and last day in force, each in the widest reading of all zones; null: no bound. */
  effectiveFrom: dateSchema.nullable().default(null),
  effectiveTo: dateSchema.nullable().default(null),
  strength: strengthSchema,
  citation: citationSchema,
  confidence: confidenceSchema,
  onMissingFact: z.literal('deny').default('deny'),
  exemptions: z.array(exemptionSchema).default([]),
  /** Given where the rule decides against a call; types add codes of their own for missing facts. */
  reasonCode: reasonCodeSchema,
  notes: z.string().optional(),
  params: z.unknown(),
});
export type Rule = z.infer<typeof ruleSchema>;

/** What a rule may refer to beside itself. */
export interface CompileContext {
  readonly calendars: ReadonlyMap<string, CompiledCalendar>;
}

/** A rule type's own file exports one of these; see docs/policies.md for how to add one. */
export interface RuleTypeDefinition<S extends z.ZodType<object>> {
  readonly type: string;
  readonly params: S;
  /** Calendars that the parameters refer to; each must be in the set. */
  calendars?(params: z.output<S>): readonly string[];
  /** Names of parameters in use that let a person's consent widen the rule; law and standards only (I9). */
  widening?(params: z.output<S>): readonly string[];
  /** For each parameter, whether a new value is at least as strict as the old one (I9). */
  readonly strictness: Strictness<z.output<S>>;
  /** Called once for each rule when a set is compiled; the judge it returns is used for every decision. */
  prepare(params: z.output<S>, rule: Rule, context: CompileContext): Judge;
}

/** A rule type with its parameters' type closed over. */
export interface RuleType {
  readonly type: string;
  readonly params: z.ZodType;
  /** The rule ready to judge, or what is wrong with it. `field` is the path of its parameters. */
  compile(rule: Rule, field: string, context: CompileContext): { judge: Judge } | { faults: Fault[] };
  /** Names of parameters that `after` may loosen against `before`; both must have been compiled. */
  loosened(before: unknown, after: unknown): string[];
}

export function defineRuleType<S extends z.ZodType<object>>(definition: RuleTypeDefinition<S>): RuleType {
  return {
    type: definition.type,
    params: definition.params,
    loosened(before, after) {
      const old = definition.params.parse(before) as Record<string, unknown>;
      const changed = definition.params.parse(after) as Record<string, unknown>;
      const orders = definition.strictness as Readonly<Record<string, Order<unknown>>>;
      return Object.keys(orders).filter((name) => !orders[name]!(old[name], changed[name]));
    },
    compile(rule, field, context) {
      const parsed = definition.params.safeParse(rule.params);
      if (!parsed.success) return { faults: documentFaults(parsed.error, rule.params, field) };
      const faults: Fault[] = [];
      for (const calendar of definition.calendars?.(parsed.data) ?? []) {
        if (context.calendars.has(calendar)) continue;
        faults.push({
          field: `${field}.calendar`,
          fault: `names ${calendar}, which is not in the set`,
          expected: 'the id of a calendar document compiled together with this pack',
        });
      }
      if (rule.strength !== 'law' && rule.strength !== 'standard') {
        for (const name of definition.widening?.(parsed.data) ?? []) {
          faults.push({
            field: `${field}.${name}`,
            fault: `lets a consent widen a ${rule.strength} rule`,
            expected: 'only law and standards to be widened; leave it out',
          });
        }
      }
      return faults.length > 0 ? { faults } : { judge: definition.prepare(parsed.data, rule, context) };
    },
  };
}
