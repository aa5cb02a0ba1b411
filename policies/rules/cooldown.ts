import { z } from 'zod';
import type { DialFacts, TriggerFact } from '../../domain/facts.ts';
import type { EpochMs } from '../../domain/time.ts';
import { DAY_MS } from '../../domain/time.ts';
import { purposeSchema } from '../../domain/vocabulary.ts';
import { durationSchema, lastInstantOf } from '../durations.ts';
import { always, startingAt } from '../intervals.ts';
import { isSameReference } from '../references.ts';
import { defineRuleType } from '../rule.ts';
import { instantOfWall, localDayAt } from '../zones.ts';
import { longer, moreBound, same, strictest } from '../strictness.ts';

const params = z.strictObject({
  /** What starts it. A conversation is known from the attempts too. */
  trigger: z.enum(['refusal', 'conversation', 'abandon', 'complaint']),
  duration: z.union([
    durationSchema,
    /** Local days in every candidate zone; the day of the trigger is day 1. */
    z.strictObject({ calendarDays: z.number().int().positive() }),
  ]),
  /** Only triggers from calls for these purposes start it, and those whose purpose is not known; empty: all. */
  triggerPurposes: z.array(purposeSchema).default([]),
  /** Only triggers from calls about the same debt or subject start it, and those where it is not known. */
  key: z.enum(['person', 'debt', 'subject']).default('person'),
});
type Params = z.output<typeof params>;

/** The rule type `cooldown`: no call for a time after something happened. */
export const cooldown = defineRuleType({
  type: 'cooldown',
  params,
  strictness: {
    trigger: same,
    duration: (before, after) =>
      'calendarDays' in before || 'calendarDays' in after
        ? 'calendarDays' in before && 'calendarDays' in after && after.calendarDays >= before.calendarDays
        : longer(before, after),
    triggerPurposes: moreBound,
    key: strictest('person'),
  },
  prepare(p, rule) {
    return ({ facts, zones }) => {
      const triggers = triggerInstants(p, facts);
      const latest = triggers.length === 0 ? null : Math.max(...triggers);
      const inputs = { trigger: p.trigger, duration: p.duration, latest };
      return {
        next:
          latest === null
            ? always
            : startingAt(Math.max(...triggers.map((at) => endOfCooldown(p, at, zones)))),
        refusal() {
          return { reason: rule.reasonCode, inputs };
        },
        grounds() {
          return { inputs };
        },
      };
    };
  },
});

function triggerInstants(p: Params, facts: DialFacts): EpochMs[] {
  const counts = ({ purpose, debt, subject }: Pick<TriggerFact, 'purpose' | 'debt' | 'subject'>) =>
    (p.triggerPurposes.length === 0 || purpose === null || p.triggerPurposes.includes(purpose)) &&
    (p.key !== 'debt' || isSameReference(debt, facts.debt)) &&
    (p.key !== 'subject' || isSameReference(subject, facts.subject));
  const instants = facts.triggers
    .filter((trigger) => trigger.kind === p.trigger && counts(trigger))
    .map((trigger) => trigger.at);
  if (p.trigger !== 'conversation') return instants;
  for (const attempt of facts.attempts) {
    if (!attempt.conversation || !counts(attempt)) continue;
    // A talk over midnight cools down from the later day.
    instants.push(attempt.endedAt ?? attempt.connectedAt ?? attempt.at);
  }
  return instants;
}

/** The first instant free again after a trigger. */
function endOfCooldown(p: Params, at: EpochMs, zones: readonly string[]): EpochMs {
  const { duration } = p;
  if (!('calendarDays' in duration)) return lastInstantOf(at, duration, zones) + 1;
  const days = duration.calendarDays;
  const ends = zones.map((zone) => instantOfWall(zone, (localDayAt(zone, at) + days) * DAY_MS, 'later'));
  // Without a zone the guard denies; the widest reading keeps this rule's own answer on the safe side.
  return ends.length === 0 ? at + (days + 1) * DAY_MS : Math.max(...ends);
}
