import { z } from 'zod';
import { calleeFactSchema, relationshipFactSchema, type DialFacts } from './facts.ts';
import { toIso, type EpochMs } from './time.ts';

/** A calendar day, `YYYY-MM-DD`. */
const daySchema = z.iso.date();

/**
 * Who a contact is and what the call to them is about, as far as rules look at it. Stored beside the contact and
 * readable without keys, so it holds days, kinds and keyed references, and nothing that names anybody.
 */
export const matterSchema = z.strictObject({
  kind: calleeFactSchema.shape.kind.default(null),
  relation: calleeFactSchema.shape.relation.default(null),
  debtorUnreachable: z.boolean().nullable().default(null),
  /** First day on which they are an adult (18), and on which they are no child any more (14); null: age not known. */
  adultFrom: daySchema.nullable().default(null),
  minorFrom: daySchema.nullable().default(null),
  /** Keyed references of the debt and the matter. */
  debt: z.string().nullable().default(null),
  subject: z.string().nullable().default(null),
  relationships: z.array(relationshipFactSchema).default([]),
});
export type Matter = z.infer<typeof matterSchema>;

type MatterFacts = Pick<DialFacts, 'callee' | 'debt' | 'subject' | 'relationships'>;

/** What a decision at `at` sees of a contact's matter; null: nothing is on record. */
export function matterFacts(matter: Matter | null, at: EpochMs): MatterFacts {
  if (matter === null) {
    const callee = { kind: null, age: null, relation: null, debtorUnreachable: null };
    return { callee, debt: null, subject: null, relationships: [] };
  }
  const { kind, relation, debtorUnreachable, debt, subject, relationships } = matter;
  return {
    callee: { kind, age: ageOn(matter, at), relation, debtorUnreachable },
    debt,
    subject,
    relationships,
  };
}

/**
 * The youngest that they may be at an instant: days begin first at UTC+14 and last at UTC−12, and where they are is not
 * asked here, so a birthday counts once it has begun everywhere.
 */
function ageOn({ adultFrom, minorFrom }: Matter, at: EpochMs): MatterFacts['callee']['age'] {
  if (adultFrom === null || minorFrom === null) return null;
  const day = toIso(at - LATEST_DAY_MS).slice(0, 10);
  return day >= adultFrom ? 'adult' : day >= minorFrom ? 'minor' : 'child';
}

/** UTC−12, where a day begins last. */
const LATEST_DAY_MS = 12 * 3_600_000;
/** UTC+14, where a day begins first. */
const EARLIEST_DAY_MS = 14 * 3_600_000;

/** PIPL 28 and 31: under 14 a child. Civil Code of China 17, and elsewhere: an adult from 18. Years. */
const MINOR_YEARS = 14;
const ADULT_YEARS = 18;

/**
 * Stands for a birthday that had come before it was put on record: that it has is all that rules ask, and the birth
 * date of an adult can then not be told from what is kept.
 */
const LONG_AGO = '1900-01-01';

/**
 * The days on which somebody turns 18 and 14, as a matter holds them; one born on 29 February does so on 1 March of a
 * common year. Null: no birth date, `YYYY-MM-DD`, of anybody alive at `at`.
 */
export function birthdaysOf(
  birthDate: string,
  at: EpochMs,
): { readonly adultFrom: string; readonly minorFrom: string } | null {
  if (!daySchema.safeParse(birthDate).success) return null;
  if (birthDate < LONG_AGO || birthDate > toIso(at + EARLIEST_DAY_MS).slice(0, 10)) return null;
  const [year, month, day] = birthDate.split('-').map(Number) as [number, number, number];
  const today = toIso(at - LATEST_DAY_MS).slice(0, 10);
  const turning = (years: number) => {
    // A day that a month does not have is carried over into the next one.
    const birthday = toIso(Date.UTC(year + years, month - 1, day)).slice(0, 10);
    return birthday <= today ? LONG_AGO : birthday;
  };
  return { adultFrom: turning(ADULT_YEARS), minorFrom: turning(MINOR_YEARS) };
}
