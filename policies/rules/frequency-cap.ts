import { z } from 'zod';
import type { AttemptFact, DialFacts } from '../../domain/facts.ts';
import type { EpochMs } from '../../domain/time.ts';
import { purposeSchema } from '../../domain/vocabulary.ts';
import { countInPeriods, countRolling, fullPeriods, rolling } from '../counting.ts';
import { durationSchema } from '../durations.ts';
import { allBut, always } from '../intervals.ts';
import { isSameReference } from '../references.ts';
import type { Inputs } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import { longer, lower, moreBound, rising, same, strictest } from '../strictness.ts';

const params = z.strictObject({
  /** At most this many within any window, the call asked about included. */
  count: z.number().int().positive(),
  window: z.union([
    /** Any stretch of this length, closed on both ends: what lies exactly that far back still counts. */
    z.strictObject({ rolling: durationSchema }),
    /** Local days, weeks (from Monday) or months, in every candidate zone. */
    z.strictObject({ calendar: z.enum(['day', 'week', 'month']) }),
  ]),
  /** What counts: each attempt, each one that was picked up, or each in which a person was talked to. */
  unit: z.enum(['attempt', 'connect', 'conversation']),
  /**
   * Over what it is counted, always within the person. An earlier call whose debt or subject is not known counts for
   * each; where this call's is not known, all count (I6).
   */
  key: z.enum(['number', 'person', 'debt', 'subject']),
  /** Only earlier calls for these purposes count; empty: all. */
  countPurposes: z.array(purposeSchema).default([]),
});
type Params = z.output<typeof params>;

/** The rule type `frequency_cap` (I5): how often a person may be called, over campaigns, numbers and channels. */
export const frequencyCap = defineRuleType({
  type: 'frequency_cap',
  params,
  strictness: {
    count: lower,
    window: (before, after) =>
      same(before, after) ||
      ('rolling' in before && 'rolling' in after && longer(before.rolling, after.rolling)),
    unit: rising('conversation', 'connect', 'attempt'),
    key: strictest('person'),
    countPurposes: moreBound,
  },
  prepare(p, rule) {
    return ({ facts, zones }) => {
      const instants = countedInstants(p, facts);
      // Whatever the windows, fewer events than the cap leave every instant open.
      const next =
        instants.length < p.count
          ? always
          : 'rolling' in p.window
            ? rolling(p.window.rolling, p.count, instants, zones)
            : allBut(fullPeriods(p.window.calendar, p.count, instants, zones));
      return {
        next,
        refusal(t) {
          return { reason: rule.reasonCode, inputs: inputsAt(p, instants, zones, t) };
        },
        grounds(t) {
          return { inputs: inputsAt(p, instants, zones, t) };
        },
      };
    };
  },
});

function inputsAt(p: Params, instants: readonly EpochMs[], zones: readonly string[], t: EpochMs): Inputs {
  const counted =
    'rolling' in p.window
      ? countRolling(p.window.rolling, instants, zones, t)
      : countInPeriods(p.window.calendar, instants, zones, t);
  return { count: p.count, counted, unit: p.unit, window: p.window };
}

/** When each earlier call that counts happened. One whose outcome is open may yet be a conversation: it counts. */
function countedInstants(p: Params, facts: DialFacts): EpochMs[] {
  const instants: EpochMs[] = [];
  for (const attempt of facts.attempts) {
    if (!isSameKey(p.key, attempt, facts)) continue;
    if (p.countPurposes.length > 0 && !p.countPurposes.includes(attempt.purpose)) continue;
    const at = instantOf(p.unit, attempt);
    if (at !== null) instants.push(at);
  }
  return instants;
}

function isSameKey(key: Params['key'], attempt: AttemptFact, facts: DialFacts): boolean {
  switch (key) {
    case 'number':
      return attempt.number === facts.number.pseudonym;
    case 'person':
      return true;
    case 'debt':
      return isSameReference(attempt.debt, facts.debt);
    case 'subject':
      return isSameReference(attempt.subject, facts.subject);
  }
}

function instantOf(unit: Params['unit'], attempt: AttemptFact): EpochMs | null {
  const open = attempt.outcome === 'unknown' || (attempt.outcome === null && attempt.endedAt === null);
  switch (unit) {
    case 'attempt':
      return attempt.at;
    case 'connect':
      return attempt.connectedAt ?? (open ? attempt.at : null);
    case 'conversation':
      return attempt.conversation || open ? (attempt.connectedAt ?? attempt.at) : null;
  }
}
