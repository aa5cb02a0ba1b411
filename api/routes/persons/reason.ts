import { z } from '@hono/zod-openapi';

/** Shorter says nothing to whoever asks later why. */
const REASON_MIN = 10;

/** Why something is done to a person's data, where that has to be said. */
export const statedReasonSchema = z
  .string()
  .trim()
  .min(REASON_MIN, `is too short; expected at least ${REASON_MIN} characters`)
  .max(500)
  // What is recorded is read by others: it must not hold what is revealed.
  .refine((text) => !/\d[\d\s()+.-]{5,}\d/.test(text.normalize('NFKC')), {
    message: 'looks as if it holds a telephone number; expected words, or a ticket’s number of fewer digits',
  });
