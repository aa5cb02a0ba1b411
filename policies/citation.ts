import { z } from 'zod';

/** A date such as `2026-11-22` that exists. */
export const dateSchema = z.iso.date();

/** `CN`, `US`, `US-FL`, or `*` for everywhere. A country binds its subdivisions too, never the other way. */
export const jurisdictionSchema = z
  .string()
  .regex(/^(\*|[A-Z]{2}(-[A-Z0-9]{1,3})?)$/, 'is not an ISO 3166 code such as CN or US-FL, nor *');

export const citationSchema = z.strictObject({
  instrument: z.string().min(1),
  article: z.string().min(1).nullable(),
  url: z.url().nullable(),
  /** When someone last looked at the source. */
  checkedOn: dateSchema,
});
export type Citation = z.infer<typeof citationSchema>;

/**
 * How well the source is known. P: the law's own text was read; S: a secondary or official summary;
 * M: from memory; C: sources conflict. P and S count as verified, M and C do not.
 */
export const confidenceSchema = z.enum(['P', 'S', 'M', 'C']);
export type Confidence = z.infer<typeof confidenceSchema>;

export function isVerified(confidence: Confidence): boolean {
  return confidence === 'P' || confidence === 'S';
}
