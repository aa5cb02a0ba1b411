import { z } from 'zod';
import { dispositionSchema, type Disposition } from './vocabulary.ts';

/**
 * What an agent may say that a call came to (话后小结): the campaign's own list, each entry standing for one of the
 * engine's dispositions, by which retries and rules go. So a list may be as long as a trade needs, and no entry can make
 * an opt-out mean something else.
 */

const code = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'is not a code; expected a letter, then up to 62 of a–z, 0–9 and _');

export const dispositionChoiceSchema = z.strictObject({
  code,
  /** As the agent reads it. */
  label: z.string().trim().min(1, 'is empty; expected what the agent reads').max(100),
  /** What it means to the engine. `callback` asks for a window, `opted_out` is a do-not-call entry. */
  disposition: dispositionSchema,
  /** Fields of the form that must be filled in with it. */
  requires: z.array(z.string()).max(100).default([]),
  /** The contact is put into another campaign as well, such as a visit's or a second stage's; null: it is not. */
  followUp: z
    .strictObject({
      /** Name of the campaign. */
      campaign: z.string().min(1, 'is empty; expected the name of a campaign'),
      /** Not before so many minutes later. */
      afterMinutes: z
        .number()
        .nonnegative('is negative; expected 0 or more minutes')
        .max(60 * 24 * 366)
        .default(0),
    })
    .nullable()
    .default(null),
});
export type DispositionChoice = z.infer<typeof dispositionChoiceSchema>;

/** The list of a campaign that names none: the engine's own words. */
export const STANDARD_CHOICES: readonly DispositionChoice[] = (
  [
    ['converted', '成交'],
    ['interested', '有意向'],
    ['not_interested', '无意向'],
    ['refused', '拒绝'],
    ['opted_out', '请勿再拨'],
    ['callback', '预约回拨'],
    ['wrong_number', '号码错误'],
    ['completed', '已完成'],
  ] as const
).map(([disposition, label]) => ({ code: disposition, label, disposition, requires: [], followUp: null }));

/** Whoever hears "do not call me again" must be able to write it down (PIPL art. 15, 47). */
const MUST_BE_SAYABLE: readonly Disposition[] = ['opted_out', 'wrong_number'];

export const dispositionChoicesSchema = z
  .array(dispositionChoiceSchema)
  .min(1, 'is empty; leave it out for the standard list')
  .max(100)
  .superRefine((choices, context) => {
    choices.forEach((choice, i) => {
      if (choices.findIndex((one) => one.code === choice.code) < i) {
        context.addIssue({
          code: 'custom',
          path: [i, 'code'],
          message: `names ${choice.code} again; expected a code of its own`,
        });
      }
    });
    for (const disposition of MUST_BE_SAYABLE) {
      if (choices.some((choice) => choice.disposition === disposition)) continue;
      context.addIssue({
        code: 'custom',
        path: [],
        message: `has no entry for ${disposition}; expected one, so that an agent who hears it can write it down`,
      });
    }
  });

export const NOTES_MAX = 4_000;
