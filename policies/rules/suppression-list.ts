import { z } from 'zod';
import type { DialFacts } from '../../domain/facts.ts';
import type { EpochMs, Interval } from '../../domain/time.ts';
import { DAY_MS } from '../../domain/time.ts';
import { suppressionScopeSchema } from '../../domain/vocabulary.ts';
import { allBut, intersection, listed } from '../intervals.ts';
import { defineRuleType } from '../rule.ts';
import { bindsCall } from '../suppressions.ts';
import { lower, moreBound, orNothing, same } from '../strictness.ts';

const params = z.strictObject({
  /** Name of the list, as its import names it. */
  list: z.string().min(1),
  /** Only entries of these scopes count; empty: all that bind the call. */
  scopes: z.array(suppressionScopeSchema).default([]),
  /** The copy held must be younger than this many times 24 h; null: it need not be held at all. */
  maxListAgeDays: z.number().int().positive().nullable(),
  /** An entry binds only this many times 24 h after its registration. */
  graceAfterRegistrationDays: z.number().int().min(0).default(0),
  /** Only entries of these categories bind, and those of none; empty: all. */
  categories: z.array(z.string().min(1)).default([]),
});

/** The rule type `suppression_list`: a do-not-call list (勿扰名单) kept by someone else, fresh enough to rely on. */
export const suppressionList = defineRuleType({
  type: 'suppression_list',
  params,
  strictness: {
    list: same,
    scopes: moreBound,
    maxListAgeDays: orNothing(lower),
    graceAfterRegistrationDays: lower,
    categories: moreBound,
  },
  prepare(p, rule) {
    const maxAgeMs = p.maxListAgeDays === null ? null : p.maxListAgeDays * DAY_MS;
    const graceMs = p.graceAfterRegistrationDays * DAY_MS;
    return ({ facts }) => {
      const asOf = latest(facts, p.list);
      const freshUntil = maxAgeMs === null ? Infinity : asOf === null ? -Infinity : asOf + maxAgeMs;
      const entries = facts.suppressions.filter(
        (entry) =>
          entry.list === p.list &&
          (p.scopes.length === 0 || p.scopes.includes(entry.scope)) &&
          (p.categories.length === 0 || entry.category === null || p.categories.includes(entry.category)) &&
          bindsCall(entry, facts),
      );
      const spans = entries.map((entry) => ({
        entryId: entry.entryId,
        from: entry.validFrom + graceMs,
        until: entry.validUntil ?? Infinity,
      }));
      const notListed = allBut(spans);
      return {
        next:
          freshUntil === Infinity
            ? notListed
            : intersection([listed([{ from: -Infinity, until: freshUntil }]), notListed]),
        refusal(t) {
          const reason = t < freshUntil ? rule.reasonCode : asOf === null ? 'list.missing' : 'list.stale';
          return { reason, inputs: { list: p.list, asOf, entries: bindingAt(spans, t) } };
        },
        grounds(t) {
          return { inputs: { list: p.list, asOf, entries: bindingAt(spans, t) } };
        },
      };
    };
  },
});

function bindingAt(spans: readonly (Interval & { readonly entryId: string })[], t: EpochMs): string[] {
  return spans
    .filter((span) => span.from <= t && t < span.until)
    .map((span) => span.entryId)
    .sort();
}

function latest(facts: DialFacts, list: string): EpochMs | null {
  const held = facts.lists.filter((fact) => fact.list === list).map((fact) => fact.asOf);
  return held.length === 0 ? null : Math.max(...held);
}
