import { z } from 'zod';
import type { Case, DecisionRecord } from './records.ts';

/** As little of the stored documents as the judge counts by; the evaluator's own reading of them is not asked. */
const packSchema = z.object({
  kind: z.literal('pack'),
  id: z.string(),
  rules: z.array(z.object({ id: z.string(), type: z.string(), params: z.unknown() })),
});

const calendarSchema = z.object({
  kind: z.literal('calendar'),
  id: z.string(),
  coverage: z.object({ from: z.string(), to: z.string() }),
  daysOff: z.array(z.object({ from: z.string(), to: z.string().optional() })),
  workdays: z.array(z.string()),
});
export type Calendar = z.infer<typeof calendarSchema>;

export interface BindingRule {
  readonly name: string;
  readonly params: unknown;
}

/**
 * The rules of a type that bound a decision by its own trace, with what the stored documents say of them. Those that an
 * exemption freed the call from are left out. Null: the documents are not there.
 */
export function rulesOf(
  records: Case['records'],
  decision: DecisionRecord,
  type: string,
): BindingRule[] | null {
  const documents = records.documents.get(decision.policySetHash);
  if (documents === undefined) return null;
  const params = new Map(
    documents.flatMap((document) => {
      const pack = packSchema.safeParse(document).data;
      return pack === undefined
        ? []
        : pack.rules.map((rule) => [`${pack.id}/${rule.id}`, rule.params] as const);
    }),
  );
  return decision.results
    .filter((result) => result.type === type && result.outcome !== 'exempt')
    .map(({ pack, rule }) => ({ name: `${pack}/${rule}`, params: params.get(`${pack}/${rule}`) }));
}

export function calendarsOf(records: Case['records'], decision: DecisionRecord): Map<string, Calendar> {
  const documents = records.documents.get(decision.policySetHash) ?? [];
  return new Map(
    documents.flatMap((document) => {
      const calendar = calendarSchema.safeParse(document).data;
      return calendar === undefined ? [] : [[calendar.id, calendar] as const];
    }),
  );
}
