import { z } from 'zod';
import { dispositionSchema, outcomeSchema, type Disposition } from './vocabulary.ts';

/** How a campaign keeps promised callbacks (预约回拨; domain/callback.ts). */

const MINUTES_PER_DAY = 24 * 60;
/** Dispositions that no promise may follow: the person said no, or it was not theirs to answer. */
const FINAL_NOS: readonly Disposition[] = ['refused', 'opted_out', 'wrong_number'];

/** From a call's end on: after so many minutes, for so many minutes. */
const ahead = {
  /** Minutes after the end of the call; a window that the rules have no room for is moved to the next one that they have. */
  afterMinutes: z
    .number()
    .int('is no whole number; expected minutes')
    .min(0, 'is negative; expected 0 or more minutes')
    .max(MINUTES_PER_DAY * 90, 'is more than 90 days; expected fewer minutes'),
  windowMinutes: z
    .number()
    .int('is no whole number; expected minutes')
    .min(1, 'is below 1; expected a window of a minute or more')
    .max(MINUTES_PER_DAY * 31, 'is more than 31 days; expected fewer minutes'),
};

/** When somebody who asks for a callback by a key, or whom a rule promises one, is called. */
export const callbackAheadSchema = z.strictObject(ahead);
export type CallbackAhead = z.infer<typeof callbackAheadSchema>;

export const callbackRuleSchema = z
  .strictObject({
    /** What a call came to; with both, both. */
    on: z
      .strictObject({
        outcome: outcomeSchema.nullable().default(null),
        disposition: dispositionSchema.nullable().default(null),
      })
      .refine((on) => on.outcome !== null || on.disposition !== null, {
        message: 'names nothing; expected an outcome or a disposition',
      })
      .refine((on) => on.disposition === null || !FINAL_NOS.includes(on.disposition), {
        message: 'is a final no; expected a disposition after which somebody may be called',
        path: ['disposition'],
      }),
    ...ahead,
    /** Whose it is: the agent's who had the call, or their team's. A call of the script alone is the campaign's. */
    owner: z.enum(['agent', 'team']).default('team'),
    /** Times that a contact is promised a call by this rule; it would go on for ever otherwise. */
    atMost: z.number().int().min(1, 'is below 1; expected 1 to 10').max(10).default(1),
  })
  .readonly();
export type CallbackRule = z.infer<typeof callbackRuleSchema>;

export const campaignCallbacksSchema = z.strictObject({
  /** Minutes before its window in which the agent who owns a callback is reminded. */
  remindBeforeMinutes: z
    .number()
    .int()
    .min(0, 'is negative; expected 0 or more minutes')
    .max(1_440)
    .default(5),
  /** An exact time is kept within so many minutes. */
  exactMinutes: z.number().int().min(1, 'is below 1; expected 1 or more minutes').max(1_440).default(15),
  /** What becomes of one whose owner is not free when it is due. */
  fallback: z
    .strictObject({
      /** Minutes of its window for which it waits for its owner. */
      afterMinutes: z.number().int().min(0, 'is negative; expected 0 or more minutes').max(1_440).default(5),
      /** Who takes it then: the owner's team, anybody of the campaign's, or nobody: it waits until its window is over. */
      to: z.enum(['team', 'anybody', 'nobody']).default('anybody'),
    })
    .prefault({}),
  /** One that the rules do not allow in its window is moved within so many hours after it; later ones are breached. */
  moveWithinHours: z.number().int().min(0, 'is negative; expected 0 or more hours').max(744).default(72),
  /** Callbacks that nobody asked for by name: after an outcome or a disposition. */
  rules: z.array(callbackRuleSchema).max(20).default([]),
});
export type CampaignCallbacks = z.infer<typeof campaignCallbacksSchema>;

const DEFAULTS: CampaignCallbacks = campaignCallbacksSchema.parse({});

/** Of definitions stored before campaigns said it: as one that says nothing. */
export function callbacksOf(definition: {
  readonly callbacks?: CampaignCallbacks | undefined;
}): CampaignCallbacks {
  return definition.callbacks ?? DEFAULTS;
}
