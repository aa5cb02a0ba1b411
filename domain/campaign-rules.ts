import { z } from 'zod';
import { scriptReferenceSchema } from './script.ts';
import { isZone, weekdaysSchema } from './wall-clock.ts';

/**
 * Whom a campaign calls and in what order, up to which counts, when, and until what is reached (campaign rules). All of
 * them can only leave contacts out or put them off: what the law's rules say is asked on top, and never less of it (I9).
 */

/** What the columns of a campaign's lists hold. Declared, so that a filter is checked before anybody is called by it. */
export const ATTRIBUTE_TYPES = ['text', 'number', 'boolean', 'date'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** Expressions are read by people, and checked for every contact: nobody needs a longer one. */
export const EXPRESSION_MAX = 2_000;
const expression = z
  .string()
  .trim()
  .min(1, 'is empty; expected an expression such as contact.balance > 100')
  .max(EXPRESSION_MAX);

const name = z.string().trim().min(1, 'is empty; expected a name').max(100);
const weight = z
  .number()
  .positive('is not above 0; expected a weight such as 1')
  .max(1_000, 'is too much; expected up to 1000');

/** IANA names that the runtime knows. */
const zone = z
  .string()
  .refine(isZone, { message: 'is no time zone; expected an IANA name such as Asia/Shanghai' });

/** `calls`: sent to the carrier. `interviews`: calls that came to the disposition `completed`. */
export const COUNTED = ['calls', 'answers', 'conversions', 'interviews'] as const;
const countedSchema = z.enum(COUNTED);
export type Counted = z.infer<typeof countedSchema>;

/** At most so many of `counts` in a segment, a day or in all. Calls that are up count as if they came to it. */
export const quotaSchema = z.strictObject({
  name,
  /** Who belongs to the segment; null: everybody. */
  when: expression.nullable().default(null),
  counts: countedSchema,
  max: z.number().int().min(0, 'is negative; expected 0 or more').max(10_000_000),
  per: z.enum(['day', 'total']).default('total'),
});
export type Quota = z.infer<typeof quotaSchema>;

export const goalSchema = z.strictObject({
  counts: countedSchema,
  /** The campaign is completed once there are so many. */
  reach: z.number().int().min(1, 'is below 1; expected a count to reach').max(10_000_000),
  /** … or at this instant, whatever there is by then; null: it takes as long as it takes. */
  by: z.iso.datetime({ offset: true }).nullable().default(null),
});
export type Goal = z.infer<typeof goalSchema>;

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'is not a time of day; expected HH:MM, 00:00 to 24:00');
const date = z.iso.date('is not a date; expected YYYY-MM-DD');

export const activeHoursSchema = z.strictObject({
  windows: z
    .array(
      z
        .strictObject({
          days: weekdaysSchema,
          from: clockTime,
          until: clockTime,
        })
        .refine((w) => w.from < w.until, {
          message: 'is an impossible window; expected `until` later than `from`',
          path: ['until'],
        }),
    )
    .min(1, 'is empty; expected at least one window')
    .max(50),
  /** Days on which it calls, first and last included; empty: on all. */
  between: z
    .array(
      z.strictObject({ from: date, until: date }).refine((r) => r.from <= r.until, {
        message: 'ends before it starts; expected `until` not before `from`',
        path: ['until'],
      }),
    )
    .max(100)
    .default([]),
  /** Days on which it does not. */
  except: z.array(date).max(400).default([]),
});
export type ActiveHours = z.infer<typeof activeHoursSchema>;

const ARMS_MIN = 'has fewer than two arms; expected two or more';
/** Each arm has a name of its own. */
const namedApart = (arms: unknown) => {
  const names = (arms as readonly { readonly name: string }[]).map((arm) => arm.name);
  return new Set(names).size === names.length;
};
const NAMED_TWICE = { message: 'names an arm twice; expected different names' };

/** @param retry the schema of retry rules, of which each arm has its own */
export function campaignRulesSchema<R extends z.ZodType>(retry: R) {
  return z
    .strictObject({
      /** Time zone (IANA) of `activeHours`, and in which a quota's day begins. */
      zone: zone.default('UTC'),
      /** Attribute → what it holds: all that expressions may name. */
      attributes: z
        .record(
          z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'is not a name; expected letters, digits and _'),
          z.enum(ATTRIBUTE_TYPES),
        )
        .refine((all) => Object.keys(all).length <= 100, { message: 'has too many; expected up to 100' })
        .default({}),
      /** Who is called; null: everybody. Whoever it cannot be asked about is left out. */
      filter: expression.nullable().default(null),
      /** The first that holds gives the priority, 0 (last) to 9 (first); else the list's own. */
      priorities: z
        .array(z.strictObject({ when: expression, priority: z.number().int().min(0).max(9) }))
        .max(50)
        .default([]),
      /** Among equals, lists (by the names of their files) are drawn from by weight; null: by time alone. */
      mixing: z
        .strictObject({
          lists: z
            .array(z.strictObject({ list: z.string().trim().min(1, 'is empty').max(255), weight }))
            .min(1, 'is empty; expected at least one list')
            .max(50)
            .refine((lists) => new Set(lists.map(({ list }) => list)).size === lists.length, {
              message: 'names a list twice; expected each once',
            }),
          /** Of all lists that are not named, together. */
          othersWeight: weight.default(1),
        })
        .nullable()
        .default(null),
      quotas: z
        .array(quotaSchema)
        .max(50)
        .refine((quotas) => new Set(quotas.map((quota) => quota.name)).size === quotas.length, {
          message: 'names a quota twice; expected different names',
        })
        .default([]),
      /** Beside the hours of the law and of `callingHours`, on the clock of `zone`; null: always. */
      activeHours: activeHoursSchema.nullable().default(null),
      goals: z.array(goalSchema).max(10).default([]),
      /** Contacts go to an arm by a hash of their id, and stay there (A/B). */
      experiments: z
        .strictObject({
          script: z
            .array(z.strictObject({ name, weight: weight.default(1), script: scriptReferenceSchema }))
            .min(2, ARMS_MIN)
            .max(10)
            .refine(namedApart, NAMED_TWICE)
            .nullable()
            .default(null),
          retry: z
            .array(z.strictObject({ name, weight: weight.default(1), retry }))
            .min(2, ARMS_MIN)
            .max(10)
            .refine(namedApart, NAMED_TWICE)
            .nullable()
            .default(null),
        })
        .prefault({}),
    })
    .prefault({});
}
