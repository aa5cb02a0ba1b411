import { z } from '@hono/zod-openapi';
import type { DiallingState } from '../../../db/repositories/dialling.ts';
import { isoOrNull } from '../../schemas.ts';

export const diallingSchema = z
  .object({
    stopped: z.boolean(),
    stoppedAt: z.string().nullable(),
    stoppedBy: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .openapi('Dialling', { description: 'Whether everything the tenant dials is stopped.' });

export function diallingJson(state: DiallingState): z.infer<typeof diallingSchema> {
  return {
    stopped: state.stoppedAt !== null,
    stoppedAt: isoOrNull(state.stoppedAt),
    stoppedBy: state.stoppedBy,
    reason: state.reason,
  };
}
