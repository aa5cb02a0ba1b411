import { z } from 'zod';

/**
 * What a script says of itself: what its calls disclose, the ways out they offer, and how they mark an artificial voice.
 * Decisions take it for a fact (`dialogue`, docs/facts.md), so whoever declares anything declares all three: what were
 * left out by oversight would be taken for what the dialogue does not do. Seconds count from the answer.
 */

const seconds = z.number().nonnegative('is negative; expected seconds from 0 on').max(3_600);

export const scriptDeclarationSchema = z.strictObject({
  /** What is said of the caller and the call, and by when. Items are those that rules name (docs/rule-types.md). */
  discloses: z
    .array(
      z.strictObject({
        item: z
          .string()
          .regex(/^[a-z][a-z0-9_]{0,62}$/, 'is not a lower-case word; expected an item such as caller_name'),
        withinS: seconds,
      }),
    )
    .max(50),
  /** Ways to refuse, and the seconds after the refusal within which the call then ends. */
  optOut: z
    .array(z.strictObject({ means: z.enum(['keypress', 'speech', 'human']), endsWithinS: seconds }))
    .max(10),
  /** How an artificial voice is marked, and where; null: it is not. */
  aiLabel: z
    .strictObject({
      mode: z.enum(['prompt', 'rhythm']),
      at: z.array(z.enum(['start', 'middle', 'end'])).min(1, 'is empty; expected start, middle or end'),
    })
    .nullable(),
});
