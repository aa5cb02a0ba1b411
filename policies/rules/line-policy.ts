import { z } from 'zod';
import type { DialFacts } from '../../domain/facts.ts';
import type { EpochMs } from '../../domain/time.ts';
import { purposeSchema } from '../../domain/vocabulary.ts';
import { attested, idsOf, whileAttested } from '../attestations.ts';
import { jurisdictionSchema } from '../citation.ts';
import { countRolling, rolling } from '../counting.ts';
import { durationSchema } from '../durations.ts';
import { intersection, never } from '../intervals.ts';
import type { Condition, Subject } from '../judgement.ts';
import { condition, judgeAll } from '../judgement.ts';
import { isWithin } from '../jurisdictions.ts';
import { defineRuleType } from '../rule.ts';
import { scheduleIn, scheduleSchema } from '../schedule.ts';
import { localText } from '../zones.ts';
import { fewerAllowed, longer, more, narrower, orNothing, same } from '../strictness.ts';

const params = z.strictObject({
  /** Whose lines it binds, as carriers name their vendor; `*`: every line, whoever's. */
  vendor: z.string().min(1),
  /** How often one callee may be called over the vendor's lines, whatever number is shown. */
  caps: z
    .array(
      z.strictObject({
        count: z.number().int().positive(),
        window: durationSchema,
        /** One number, or all numbers of one person. */
        over: z.enum(['number', 'person']).default('number'),
      }),
    )
    .default([]),
  /** Local hours in which the line works; left out: always. */
  openWindows: scheduleSchema.nullable().default(null),
  /** Where the line does not call: no candidate jurisdiction may lie there. */
  blockedJurisdictions: z.array(jurisdictionSchema).default([]),
  /** What the line may be used for; empty: everything. */
  allowedPurposes: z.array(purposeSchema).default([]),
  /** A licence that must be on record (an attestation `licence`), and what it must allow; null: none. */
  licence: z
    .strictObject({ name: z.string().min(1), uses: z.array(purposeSchema).default([]) })
    .nullable()
    .default(null),
});
type Params = z.output<typeof params>;

const ANY_VENDOR = '*';

/**
 * The rule type `line_policy`: what a vendor's contract, or a licence, asks of those who dial over lines. Where it
 * binds one vendor's, a line whose vendor is not known is denied with `line.unknown`. Its reason is the rule's code with
 * `.cap`, `.hours`, `.region`, `.use` or `.licence` after it.
 */
export const linePolicy = defineRuleType({
  type: 'line_policy',
  params: params.refine(
    (p) =>
      p.caps.length > 0 ||
      p.openWindows !== null ||
      p.blockedJurisdictions.length > 0 ||
      p.allowedPurposes.length > 0 ||
      p.licence !== null,
    {
      message: 'sets no condition',
      params: {
        expected: 'at least one of caps, openWindows, blockedJurisdictions, allowedPurposes, licence',
      },
    },
  ),
  strictness: {
    vendor: same,
    caps: (before, after) =>
      before.every((cap) =>
        after.some(
          (other) =>
            other.count <= cap.count &&
            longer(cap.window, other.window) &&
            (other.over === cap.over || other.over === 'person'),
        ),
      ),
    openWindows: orNothing(narrower),
    blockedJurisdictions: more,
    allowedPurposes: fewerAllowed,
    licence: orNothing(same),
  },
  prepare(p, rule) {
    const open = p.openWindows === null ? null : scheduleIn(p.openWindows);
    const code = (fault: string) => `${rule.reasonCode}.${fault}`;
    return (subject) => {
      const { facts, zones, jurisdictions } = subject;
      const { vendor } = facts.line;
      if (p.vendor !== ANY_VENDOR && vendor !== p.vendor) {
        return judgeAll([condition(vendor !== null, 'line.unknown', { vendor })], () => ({ vendor }));
      }
      const conditions: Condition[] = [
        condition(p.allowedPurposes.length === 0 || p.allowedPurposes.includes(facts.purpose), code('use'), {
          purpose: facts.purpose,
          allowed: p.allowedPurposes,
        }),
        condition(
          !jurisdictions.some((one) => p.blockedJurisdictions.some((bound) => isWithin(one, bound))),
          code('region'),
          { jurisdictions, blocked: p.blockedJurisdictions },
        ),
        ...licenceCondition(p, subject, code('licence')),
        ...p.caps.map((cap) => capCondition(p, cap, facts, zones, code('cap'))),
      ];
      if (open !== null) {
        conditions.push({
          next: zones.length === 0 ? never : intersection(zones.map((zone) => open(zone, 0))),
          reason: code('hours'),
          inputs: { zones },
        });
      }
      return judgeAll(conditions, (t) => ({ vendor, ...groundsOf(p, facts, zones, t) }));
    };
  },
});

function licenceCondition(p: Params, { facts }: Subject, reason: string): Condition[] {
  if (p.licence === null) return [];
  const { name, uses } = p.licence;
  const held = attested(facts, 'licence', name).filter(({ detail }) => {
    const allowed = detail['uses'];
    return uses.every((use) => Array.isArray(allowed) && allowed.includes(use));
  });
  return [{ next: whileAttested(held), reason, inputs: { licence: name, held: idsOf(held) } }];
}

function capCondition(
  p: Params,
  cap: Params['caps'][number],
  facts: DialFacts,
  zones: readonly string[],
  reason: string,
): Condition {
  return {
    next: rolling(cap.window, cap.count, countedOn(p, facts, cap.over), zones),
    reason,
    inputs: { count: cap.count, window: cap.window },
  };
}

/** Earlier calls that count on the line: the vendor's own, and those over a line whose vendor is not known. */
function countedOn(p: Params, facts: DialFacts, over: 'number' | 'person'): EpochMs[] {
  return facts.attempts
    .filter(
      (attempt) =>
        (p.vendor === ANY_VENDOR || attempt.vendor === null || attempt.vendor === p.vendor) &&
        (over === 'person' || attempt.number === facts.number.pseudonym),
    )
    .map((attempt) => attempt.at);
}

function groundsOf(p: Params, facts: DialFacts, zones: readonly string[], t: EpochMs) {
  return {
    ...(p.caps.length === 0
      ? {}
      : {
          caps: p.caps.map((cap) => ({
            count: cap.count,
            window: cap.window,
            counted: countRolling(cap.window, countedOn(p, facts, cap.over), zones, t),
          })),
        }),
    ...(p.openWindows === null
      ? {}
      : { localTimes: Object.fromEntries(zones.map((zone) => [zone, localText(zone, t)])) }),
  };
}
