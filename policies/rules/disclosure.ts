import { z } from 'zod';
import type { Duty } from '../../domain/decision.ts';
import type { DialFacts } from '../../domain/facts.ts';
import type { Condition } from '../judgement.ts';
import { condition, judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { lower, more, orNothing, rising, same } from '../strictness.ts';

const places = z.array(z.enum(['start', 'middle', 'end'])).min(1);

const params = z
  .strictObject({
    /** What is to be said: `caller_name`, `purpose`, `seller`, `call_back_number`, `recording`, … */
    items: z.array(z.string().regex(/^[a-z][a-z0-9_]*$/, 'is not a lower-case word')).default([]),
    /** Seconds after the answer by which it is to be said; null: during the call. */
    withinS: z.number().positive().nullable().default(null),
    /** How an artificial voice is to be marked; binds only calls that have one. Null: not at all. */
    aiLabel: z
      .strictObject({
        /** By words, by a rhythm of tones, or either. */
        modes: z.array(z.enum(['prompt', 'rhythm'])).min(1),
        /** At any one of these places. */
        at: places,
        /** Speed of the words (characters a minute); null: not said. */
        charactersPerMinute: z
          .strictObject({ min: z.number().positive(), max: z.number().positive() })
          .nullable()
          .default(null),
      })
      .nullable()
      .default(null),
    /** `duty`: the call owes it, and is checked afterwards; `script`: its dialogue must declare it, else no call. */
    enforce: z.enum(['duty', 'script']).default('duty'),
  })
  .refine((p) => p.items.length > 0 || p.aiLabel !== null, {
    path: ['items'],
    message: 'is empty and no aiLabel is set, so nothing is to be disclosed',
    params: { expected: 'at least one item, or aiLabel' },
  });
type Params = z.output<typeof params>;

/**
 * The rule type `disclosure`: what the call must say. A dialogue that is on record and does not declare it keeps the call
 * from being made; without one it is a duty, or with `enforce: script` a denial. Its reason is the rule's code with
 * `.unscripted`, `.undeclared` or `.late` after it.
 */
export const disclosure = defineRuleType({
  type: 'disclosure',
  params,
  strictness: {
    items: more,
    withinS: orNothing(lower),
    aiLabel: orNothing(same),
    enforce: rising('duty', 'script'),
  },
  prepare(p, rule) {
    const code = (fault: string) => `${rule.reasonCode}.${fault}`;
    return ({ facts }) => {
      const owed = dutiesOf(p, facts);
      return judgeAll(
        owed.length === 0 ? [] : conditionsOf(p, facts, code),
        () => ({ dialogue: nameOf(facts.dialogue) }),
        () => owed,
      );
    };
  },
});

function dutiesOf(p: Params, facts: DialFacts): Duty[] {
  const duties: Duty[] = [];
  if (p.items.length > 0) {
    duties.push({ kind: 'disclose', detail: { items: p.items }, withinS: p.withinS, dueAt: null });
  }
  if (p.aiLabel !== null && facts.technology.artificialVoice) {
    duties.push({ kind: 'label_ai', detail: { ...p.aiLabel }, withinS: null, dueAt: null });
  }
  return duties;
}

function conditionsOf(p: Params, facts: DialFacts, code: (fault: string) => string): Condition[] {
  const { dialogue } = facts;
  if (dialogue === null) return [condition(p.enforce === 'duty', code('unscripted'), { dialogue: null })];
  const inputs = { dialogue: nameOf(dialogue) };
  const timeOf = (item: string) => dialogue.discloses.find((one) => one.item === item)?.withinS ?? null;
  const undeclared = p.items.filter((item) => timeOf(item) === null);
  const late = p.items.filter((item) => p.withinS !== null && (timeOf(item) ?? 0) > p.withinS);
  const conditions = [
    condition(undeclared.length === 0, code('undeclared'), { ...inputs, undeclared }),
    condition(late.length === 0, code('late'), { ...inputs, late, withinS: p.withinS }),
  ];
  if (p.aiLabel !== null && facts.technology.artificialVoice) {
    const { modes, at } = p.aiLabel;
    const label = dialogue.aiLabel;
    const labelled = label !== null && modes.includes(label.mode) && label.at.some((one) => at.includes(one));
    conditions.push(condition(labelled, code('undeclared'), { ...inputs, aiLabel: label, modes, at }));
  }
  return conditions;
}

/** `id@version` of a dialogue for the trace; null: none is known. */
export function nameOf(dialogue: DialFacts['dialogue']): string | null {
  return dialogue === null ? null : `${dialogue.scriptId}@${dialogue.version}`;
}
