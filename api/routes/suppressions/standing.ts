import { z } from 'zod';
import { DAY_MS, type EpochMs } from '../../../domain/time.ts';

/** A list as the tenant holds it. */
export interface HeldList {
  readonly list: string;
  /** When its content was true at its source; null: no whole list was taken in. */
  readonly asOf: EpochMs | null;
  readonly entries: number;
}

export interface ListStanding extends HeldList {
  readonly standing: 'held' | 'fresh' | 'stale' | 'missing';
  readonly staleFrom: EpochMs | null;
  readonly rules: readonly ListRule[];
}

interface ListRule {
  readonly pack: string;
  readonly rule: string;
  readonly maxListAgeDays: number | null;
}

/** The parts of a pack that name lists (policies/rules/suppression-list.ts). */
const packSchema = z.object({
  kind: z.literal('pack'),
  id: z.string(),
  rules: z.array(z.object({ id: z.string(), type: z.string(), params: z.unknown() })),
});
const paramsSchema = z.object({ list: z.string(), maxListAgeDays: z.number().nullable() });

/**
 * How the rules of these documents see the lists a tenant holds, at `at` (engine clock): those it holds and those that
 * a rule asks for, by name. The age is judged as the rule does: fresh while younger than so many times 24 h.
 */
export function listStandings(
  documents: readonly { readonly body: string }[],
  held: readonly HeldList[],
  at: EpochMs,
): ListStanding[] {
  const rules = rulesByList(documents);
  const lists = new Map<string, HeldList>(held.map((one) => [one.list, one]));
  const names = [...new Set([...lists.keys(), ...rules.keys()])].sort();
  return names.map((list) => {
    const { asOf, entries } = lists.get(list) ?? { asOf: null, entries: 0 };
    const naming = rules.get(list) ?? [];
    const ages = naming.flatMap((rule) => (rule.maxListAgeDays === null ? [] : [rule.maxListAgeDays]));
    const staleFrom = asOf === null || ages.length === 0 ? null : asOf + Math.min(...ages) * DAY_MS;
    return { list, asOf, entries, rules: naming, staleFrom, standing: standingOf(asOf, ages, staleFrom, at) };
  });
}

function standingOf(
  asOf: EpochMs | null,
  ages: readonly number[],
  staleFrom: EpochMs | null,
  at: EpochMs,
): ListStanding['standing'] {
  if (ages.length === 0) return 'held';
  if (asOf === null || staleFrom === null) return 'missing';
  return at < staleFrom ? 'fresh' : 'stale';
}

function rulesByList(documents: readonly { readonly body: string }[]): Map<string, ListRule[]> {
  const rules = new Map<string, ListRule[]>();
  for (const { body } of documents) {
    const pack = packSchema.safeParse(JSON.parse(body));
    if (!pack.success) continue;
    for (const { id: rule, type, params } of pack.data.rules) {
      const named = type === 'suppression_list' ? paramsSchema.safeParse(params) : null;
      if (named?.success !== true) continue;
      const { list, maxListAgeDays } = named.data;
      rules.set(list, [...(rules.get(list) ?? []), { pack: pack.data.id, rule, maxListAgeDays }]);
    }
  }
  return rules;
}
