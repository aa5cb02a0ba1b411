import { z } from '@hono/zod-openapi';
import type { StoredDutyCheck } from '../../../db/repositories/duty-checks.ts';
import { CALL_DUTIES, DUTY_OUTCOMES } from '../../../domain/duty.ts';
import { toIso } from '../../../domain/time.ts';

export const dutyCheckSchema = z
  .object({
    pack: z.string(),
    rule: z.string(),
    kind: z.enum(CALL_DUTIES),
    outcome: z.enum(DUTY_OUTCOMES).openapi({ description: '`unknown`: what the call did cannot be known' }),
    why: z
      .looseObject({ code: z.string() })
      .openapi({ description: 'A code and the figures that it rests on; codes are in docs/duties.md' }),
    at: z.string(),
  })
  .openapi('DutyCheck', { description: 'Whether a call did what a rule that allowed it laid on it.' });

export function dutyCheckJson({
  pack,
  rule,
  kind,
  outcome,
  why,
  at,
}: StoredDutyCheck): z.infer<typeof dutyCheckSchema> {
  return { pack, rule, kind, outcome, why, at: toIso(at) };
}
