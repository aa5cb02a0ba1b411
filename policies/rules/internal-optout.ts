import { z } from 'zod';
import type { SuppressionFact } from '../../domain/facts.ts';
import type { EpochMs, Interval } from '../../domain/time.ts';
import { DAY_MS } from '../../domain/time.ts';
import { suppressionScopeSchema } from '../../domain/vocabulary.ts';
import type { CompiledCalendar } from '../calendar.ts';
import { isBusinessDay } from '../calendar.ts';
import { allBut } from '../intervals.ts';
import { defineRuleType } from '../rule.ts';
import { bindsCall, INTERNAL_LIST, noEntries } from '../suppressions.ts';
import { localDayAt, spanOfLocalDays } from '../zones.ts';
import { higher, moreBound, on, orNothing } from '../strictness.ts';

const params = z.strictObject({
  effect: z.union([
    z.literal('immediate'),
    /**
     * In force at the latest at the start of the local day that is this many business days after the request.
     * Business days are Monday to Friday, by the calendar where one is named; beyond its coverage: at once.
     */
    z.strictObject({
      businessDays: z.number().int().positive(),
      calendar: z.string().nullable().default(null),
    }),
  ]),
  /** An entry lasts at least this many times 24 h, even if it was recorded with an earlier end. */
  minDurationDays: z.number().int().positive().nullable().default(null),
  /** Only entries of these scopes count; empty: all that bind the call. */
  scopes: z.array(suppressionScopeSchema).default([]),
  /** True: a request made for one channel binds all; false: only those that the entry names. */
  acrossChannels: z.boolean().default(true),
});
type Params = z.output<typeof params>;

/** The rule type `internal_optout`: the person, or the tenant's own list, said no more calls. */
export const internalOptout = defineRuleType({
  type: 'internal_optout',
  params,
  calendars: (p) => (p.effect === 'immediate' || p.effect.calendar === null ? [] : [p.effect.calendar]),
  strictness: {
    effect: (before, after) =>
      after === 'immediate' ||
      (before !== 'immediate' &&
        before.calendar === after.calendar &&
        after.businessDays <= before.businessDays),
    minDurationDays: orNothing(higher),
    scopes: moreBound,
    acrossChannels: on,
  },
  prepare(p, rule, { calendars }) {
    const named = p.effect === 'immediate' ? null : p.effect.calendar;
    const calendar = named === null ? null : calendars.get(named)!;
    return ({ facts, zones }) => {
      const entries = facts.suppressions.filter(
        (entry) =>
          (entry.requestedByPerson || entry.list === INTERNAL_LIST) &&
          (p.scopes.length === 0 || p.scopes.includes(entry.scope)) &&
          (p.acrossChannels || entry.channels.length === 0 || entry.channels.includes(facts.channel)) &&
          bindsCall(entry, facts),
      );
      if (entries.length === 0) return noEntries;
      const spans = entries.map((entry) => ({ entry, ...spanOf(entry, p, calendar, zones) }));
      return {
        next: allBut(spans),
        refusal(t) {
          return { reason: rule.reasonCode, inputs: { entries: bindingAt(spans, t) } };
        },
        grounds(t) {
          return { inputs: { entries: bindingAt(spans, t) } };
        },
      };
    };
  },
});

type Span = Interval & { readonly entry: SuppressionFact };

function bindingAt(spans: readonly Span[], t: EpochMs): string[] {
  return spans
    .filter((span) => span.from <= t && t < span.until)
    .map((span) => span.entry.entryId)
    .sort();
}

function spanOf(
  entry: SuppressionFact,
  p: Params,
  calendar: CompiledCalendar | null,
  zones: readonly string[],
): Interval {
  const asked = entry.requestedByPerson ? Math.min(entry.recordedAt, entry.validFrom) : entry.validFrom;
  // What is known now binds now, even if the clock that stamped it ran ahead of ours; only an entry that the
  // tenant dated forward on purpose waits for its day.
  const known = entry.requestedByPerson || entry.validFrom <= entry.recordedAt;
  const immediate = known ? -Infinity : entry.validFrom;
  const from =
    p.effect === 'immediate' ? immediate : afterBusinessDays(asked, p.effect.businessDays, calendar, zones);
  const least = p.minDurationDays === null ? -Infinity : asked + p.minDurationDays * DAY_MS;
  return { from, until: entry.validUntil === null ? Infinity : Math.max(entry.validUntil, least) };
}

/** Start of the earliest local day, over all zones, by which so many business days have followed the request. */
function afterBusinessDays(
  asked: EpochMs,
  businessDays: number,
  calendar: CompiledCalendar | null,
  zones: readonly string[],
): EpochMs {
  const starts = zones.map((zone) => {
    let day = localDayAt(zone, asked);
    let passed = 0;
    while (passed < businessDays) {
      day += 1;
      const business = isBusinessDay(calendar, day);
      if (business === null) return asked;
      if (business) passed += 1;
    }
    return spanOfLocalDays(zone, day, day).from;
  });
  return Math.min(...starts, starts.length === 0 ? asked : Infinity);
}
