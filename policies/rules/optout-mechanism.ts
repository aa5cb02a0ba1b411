import { z } from 'zod';
import type { Duty } from '../../domain/decision.ts';
import { technologySchema } from '../../domain/facts.ts';
import { condition, judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { nameOf } from './disclosure.ts';
import { fewer, lower, moreBound, orNothing, rising } from '../strictness.ts';
import { technologiesOf } from './technology-consent.ts';

const params = z.strictObject({
  /** Binds only calls that use one of these; empty: all calls. */
  technologies: z.array(technologySchema).default([]),
  /** Ways in which the person must be able to refuse; any one will do. */
  means: z.array(z.enum(['keypress', 'speech', 'human'])).min(1),
  /** Seconds after the refusal within which the call ends. */
  endWithinS: z.number().nonnegative(),
  /** Seconds after the answer by which the way out is told; null: during the call. */
  offeredWithinS: z.number().positive().nullable().default(null),
  /** `duty`: the call owes it, and is checked afterwards; `script`: its dialogue must declare it, else no call. */
  enforce: z.enum(['duty', 'script']).default('duty'),
});

/**
 * The rule type `optout_mechanism`: a way to refuse during the call, and how soon the call then ends. Its reason is the
 * rule's code with `.unscripted` or `.undeclared` after it.
 */
export const optoutMechanism = defineRuleType({
  type: 'optout_mechanism',
  params,
  strictness: {
    technologies: moreBound,
    means: fewer,
    endWithinS: lower,
    offeredWithinS: orNothing(lower),
    enforce: rising('duty', 'script'),
  },
  prepare(p, rule) {
    const duty: Duty = {
      kind: 'offer_opt_out',
      detail: { means: p.means, endWithinS: p.endWithinS },
      withinS: p.offeredWithinS,
      dueAt: null,
    };
    const duties = [duty];
    return ({ facts }) => {
      const { dialogue } = facts;
      if (p.technologies.length > 0) {
        const used = technologiesOf(facts).filter((technology) => p.technologies.includes(technology));
        if (used.length === 0) return judgeAll([], () => ({ used }));
      }
      const offered =
        dialogue === null
          ? p.enforce === 'duty'
          : dialogue.optOut.some((way) => p.means.includes(way.means) && way.endsWithinS <= p.endWithinS);
      const inputs = { dialogue: nameOf(dialogue), means: p.means, endWithinS: p.endWithinS };
      const reason = `${rule.reasonCode}.${dialogue === null ? 'unscripted' : 'undeclared'}`;
      return judgeAll(
        [condition(offered, reason, inputs)],
        () => inputs,
        () => duties,
      );
    };
  },
});
