import { z } from '@hono/zod-openapi';
import type { DiallingState } from '../../../db/repositories/dialling.ts';
import type { InstallationState } from '../../../db/repositories/installation.ts';
import { isoOrNull } from '../../schemas.ts';

export const everythingSchema = z
  .object({
    stopped: z.boolean(),
    stoppedAt: z.string().nullable(),
    reason: z.string().nullable().openapi({ description: 'Of those who run the installation' }),
  })
  .openapi('Everything', { description: 'Whether all dialling of the installation is stopped.' });

export function everythingJson(state: InstallationState): z.infer<typeof everythingSchema> {
  return {
    stopped: state.stoppedAt !== null,
    stoppedAt: isoOrNull(state.stoppedAt),
    reason: state.reason,
  };
}

export const diallingSchema = z
  .object({
    stopped: z.boolean(),
    stoppedAt: z.string().nullable(),
    stoppedBy: z.string().nullable(),
    reason: z.string().nullable(),
    everything: everythingSchema,
  })
  .openapi('Dialling', {
    description: 'Whether everything the tenant dials is stopped, and whether that of every tenant is.',
  });

export function diallingJson(
  state: DiallingState & { readonly everything: InstallationState },
): z.infer<typeof diallingSchema> {
  return {
    stopped: state.stoppedAt !== null,
    stoppedAt: isoOrNull(state.stoppedAt),
    stoppedBy: state.stoppedBy,
    reason: state.reason,
    everything: everythingJson(state.everything),
  };
}
