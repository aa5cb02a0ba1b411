import { z } from '@hono/zod-openapi';
import { PROBLEMS, faultSchema, problemOf, type ProblemCode } from './problems.ts';

/** Why one item of a bulk request was not done; the others are not touched by it. */
export const itemProblemSchema = z
  .object({
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    faults: z.array(faultSchema),
  })
  .openapi('ItemProblem', { description: 'Why one item of a bulk request was not done; the others are.' });
export type ItemProblem = z.infer<typeof itemProblemSchema>;

/**
 * A thrown refusal of one item as its result.
 * @throws the error again where it is not a refusal but a fault of ours, or passes: then the whole request failed, and
 * may be repeated.
 */
export function itemProblemOf(error: unknown): ItemProblem {
  const { code, detail, faults } = problemOf(error);
  if (PROBLEMS[code].status >= 500) throw error;
  return { code, detail, faults: [...faults] };
}
