import { z } from 'zod';
import type { AttestationFact } from './facts.ts';

/**
 * What each kind of attestation says in `detail`. Rule types read these fields by name; what none of them reads may
 * stand beside them as a note, so that nothing is refused that a regulator may ask for.
 */
const text = z.string().trim().min(1).max(500);
const notes = z.union([
  z.string().max(2_000),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.string().max(200)).max(100),
]);

/** Mechanisms by which personal data may leave a country (PIPL 38, 39, 40), as rules of type `transfer` name them. */
export const TRANSFER_MECHANISMS = [
  'separate_consent',
  'assessment',
  'standard_contract',
  'certification',
  'security_assessment',
] as const;

const DETAILS = {
  /** A register entry; `templateId`: the registered template, where the register has them. */
  registration: z.object({ reference: text.optional(), templateId: text.optional() }),
  /** A licence with the uses it is for; none: any. */
  licence: z.object({ reference: text.optional(), uses: z.array(text).max(100).optional() }),
  /** That an assessment was made: the document that shows it. */
  assessment: z.object({ document: text.optional(), approvedBy: text.optional() }),
  /** That the tenant may show a number; `proof`: what shows it. */
  caller_id: z.object({ proof: text.optional() }),
  /** A declared emergency. */
  emergency: z.object({ declaredBy: text.optional(), reference: text.optional() }),
  emergency_feed: z.object({ source: text.optional() }),
  transfer: z.object({
    exports: z.boolean('is not stated; expected true where personal data leaves the country, else false'),
    destination: text.optional(),
    mechanism: z.enum(TRANSFER_MECHANISMS).optional(),
    persons: z.number().int().nonnegative().optional(),
  }),
  agreement: z.object({ reference: text.optional(), party: text.optional() }),
} as const satisfies Record<AttestationFact['kind'], z.ZodObject>;

/** The `detail` of a kind: its own fields checked, others kept as notes. */
export function attestationDetailSchema(kind: AttestationFact['kind']): z.ZodType<AttestationFact['detail']> {
  return DETAILS[kind].catchall(notes);
}
