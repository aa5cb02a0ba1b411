import { z } from '@hono/zod-openapi';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { toIso, type EpochMs } from '../domain/time.ts';

/** Schemas that several routes share. Instants are ISO 8601 with an offset in the API, epoch ms in code. */

const id = (description: string) =>
  z
    .guid('is not an id; expected a UUID')
    .transform((value) => value.toLowerCase())
    .openapi({ description });

export const campaignParams = z.object({ campaignId: id('Campaign id') });
export const contactParams = z.object({ contactId: id('Contact id') });
export const personParams = z.object({ personId: id('Person id') });
export const importParams = z.object({ importId: id('Import id') });
export const attestationParams = z.object({ attestationId: id('Attestation id') });
export const suppressionParams = z.object({ suppressionId: id('Suppression id') });

/** Before any campaign; the database has no year 0 either. */
const EARLIEST = Date.UTC(1900, 0);

export const instantSchema = z.iso
  .datetime({ offset: true })
  .refine((text) => !(Date.parse(text) < EARLIEST), 'lies before 1900; expected an instant that can be meant')
  .openapi({ example: '2026-03-02T09:00:00+08:00' });

export const inputIdSchema = z
  .guid('is not an id; expected a UUID')
  .transform((value) => value.toLowerCase());

/** Epoch ms of an instant that `instantSchema` accepted; null stays null. */
export function toMs(text: string | null | undefined): EpochMs | null {
  return text === null || text === undefined ? null : Date.parse(text);
}

export function isoOrNull(at: EpochMs | null): string | null {
  return at === null ? null : toIso(at);
}

/**
 * A telephone number in international form, spaces and punctuation allowed. Only its possible length is asked
 * for: a suppression must not be refused because a numbering plan is newer than our tables.
 */
export const numberSchema = z
  .string()
  .transform((text, context) => {
    const number = parsePhoneNumberFromString(text.normalize('NFKC').trim());
    if (number?.isPossible() === true) return number.number;
    context.addIssue({
      code: 'custom',
      message: 'is not a telephone number; expected international form such as +1 202 555 0100',
    });
    return z.NEVER;
  })
  .openapi({
    type: 'string',
    example: '+12025550100',
    description: 'International form; kept as a keyed hash.',
  });

/** How far lists of what is due look ahead. */
export const withinDaysSchema = z.coerce
  .number()
  .int()
  .min(1)
  .max(365)
  .default(30)
  .openapi({ description: 'Until so many times 24 h from now' });

export const stopSchema = z
  .object({
    stopId: z.string(),
    revoked: z.number().int().openapi({ description: 'Permits taken back before anything was sent' }),
    inFlight: z
      .number()
      .int()
      .openapi({ description: 'Requests already with the carrier when it became binding' }),
    hungUp: z.number().int().openapi({ description: 'Calls ended for it' }),
    acknowledgedAfterMs: z
      .number()
      .openapi({ description: 'Real ms from the request until nothing more is sent' }),
    complete: z.boolean(),
  })
  .openapi('StopAck', { description: 'Nothing in the scope is sent from this answer on (I3).' });

/** A union, because OpenAPI says of a reference that may be null that it is both. */
export const stopOrNull = z.union([stopSchema, z.null()]);

export function jsonBody<S extends z.ZodType>(schema: S) {
  return { content: { 'application/json': { schema } }, required: true as const };
}

export function jsonResponse<S extends z.ZodType>(schema: S, description: string) {
  return { content: { 'application/json': { schema } }, description };
}

/** The same object without the keys that hold undefined, as optional options want it. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as never;
}
