import { z } from 'zod';
import type { Duty } from '../../domain/decision.ts';
import type { AbandonmentFact, DialFacts } from '../../domain/facts.ts';
import { DAY_MS } from '../../domain/time.ts';
import { dialModeSchema } from '../../domain/vocabulary.ts';
import { durationMs, durationSchema } from '../durations.ts';
import { allBut, always } from '../intervals.ts';
import { condition, judgeAll } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { longer, lower, more, orNothing, same } from '../strictness.ts';

export const abandonmentParams = z.strictObject({
  /** The highest share of calls abandoned that is allowed, in percent. */
  ratePercent: z.number().min(0).max(100),
  /** Of what it is a share: calls that a person answered, that were answered at all, or that were placed. */
  denominator: z.enum(['live_answers', 'answers', 'calls']),
  /** The stretch over which it is taken; figures must cover it up to a day before the call. */
  period: durationSchema,
  scope: z.enum(['campaign', 'tenant']),
  /** Seconds after the greeting within which an agent must speak, else the call is abandoned: a duty. */
  connectWithinS: z.number().nonnegative(),
  /** What an abandoned call must still say. */
  message: z.array(z.string().regex(/^[a-z][a-z0-9_]*$/, 'is not a lower-case word')).default([]),
  /** After an abandoned call the person is not called for so long; null: not set. */
  cooldown: durationSchema.nullable().default(null),
  /** Modes in which calls can be abandoned; others are not bound. */
  modes: z.array(dialModeSchema).min(1).default(['predictive']),
});
type Params = z.output<typeof abandonmentParams>;

/** Figures older than this say nothing about now (ms): a day, so that a night without calls does not block the morning. */
const FIGURES_MAX_AGE_MS = DAY_MS;

/**
 * The rule type `abandonment_cap`: how many of those who pick up may meet silence. Without figures for the period it
 * denies with `abandonment.unknown` (I6). Reasons: the rule's own, and with `.cooldown` after it.
 */
export const abandonmentCap = defineRuleType({
  type: 'abandonment_cap',
  params: abandonmentParams,
  strictness: {
    ratePercent: lower,
    denominator: same,
    period: same,
    scope: same,
    connectWithinS: lower,
    message: more,
    cooldown: orNothing(longer),
    modes: more,
  },
  prepare(p, rule) {
    const duty: Duty = {
      kind: 'connect_agent',
      detail: { message: p.message },
      withinS: p.connectWithinS,
      dueAt: null,
    };
    const duties = [duty];
    const periodMs = durationMs(p.period);
    return ({ facts }) => {
      if (!p.modes.includes(facts.mode)) return judgeAll([], () => ({ mode: facts.mode }));
      const figures = facts.abandonment.filter(
        (one) => one.scope === p.scope && one.to - one.from >= periodMs,
      );
      const newest = figures.toSorted(newestThenWorst)[0] ?? null;
      const inputs = { ratePercent: p.ratePercent, denominator: p.denominator, figures: newest };
      return judgeAll(
        [
          {
            // Known from the end of the period on, and for a day after it.
            next: newest === null ? () => null : freshFrom(newest),
            reason: 'abandonment.unknown',
            inputs,
          },
          condition(newest === null || isWithinRate(p, newest), rule.reasonCode, inputs),
          {
            next: cooldownNext(p, facts),
            reason: `${rule.reasonCode}.cooldown`,
            inputs: { cooldown: p.cooldown },
          },
        ],
        () => inputs,
        () => duties,
      );
    };
  },
});

/** Of figures for the same end those of the shorter stretch, then the worse. */
function newestThenWorst(a: AbandonmentFact, b: AbandonmentFact): number {
  return (
    b.to - a.to ||
    b.from - a.from ||
    b.abandoned - a.abandoned ||
    a.liveAnswers - b.liveAnswers ||
    a.answers - b.answers ||
    a.calls - b.calls
  );
}

function freshFrom({ to }: AbandonmentFact) {
  const interval = { from: -Infinity, until: to + FIGURES_MAX_AGE_MS };
  return (t: number) => (t < interval.until ? interval : null);
}

function isWithinRate(p: Params, figures: AbandonmentFact): boolean {
  const of = { live_answers: figures.liveAnswers, answers: figures.answers, calls: figures.calls }[
    p.denominator
  ];
  // Integer arithmetic: 3 of 100 is 3 %, whatever the binary fraction says.
  return figures.abandoned * 100 <= p.ratePercent * of;
}

function cooldownNext(p: Params, facts: DialFacts) {
  if (p.cooldown === null) return always;
  const lengthMs = durationMs(p.cooldown);
  const abandoned = facts.triggers.filter((trigger) => trigger.kind === 'abandon');
  return allBut(abandoned.map(({ at }) => ({ from: -Infinity, until: at + lengthMs + 1 })));
}
