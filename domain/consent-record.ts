import { z } from 'zod';
import { separateConsentSchema, technologySchema } from './facts.ts';

/**
 * What is on record about a consent beside the event itself (同意记录), after ISO/IEC TS 27560:2023 as the W3C's DPV
 * guide tells it, with what the law of calls adds. Everything may be wanting, because older records are what they are:
 * null and empty lists mean "not on record", never a default.
 */

const text = (max: number) => z.string().trim().min(1, 'is empty').max(max);
const code = text(100);
/** SHA-256 as hexadecimal digits. */
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256; expected 64 hexadecimal digits')
  .transform((hex) => hex.toLowerCase());

/** Something that shows that the consent was given: its content is kept elsewhere, its hash here. */
export const artefactSchema = z.strictObject({
  /** What it is: the exact text shown, a page as it was, a recording, a signed document. */
  kind: z.enum(['text', 'page', 'recording', 'document', 'message']),
  mediaType: z
    .string()
    .regex(/^[a-zA-Z]+\/[a-zA-Z0-9.+-]+$/, 'is not a media type such as audio/wav')
    .default('application/octet-stream'),
  sha256: sha256Schema,
});
export type Artefact = z.infer<typeof artefactSchema>;

/** One that handles the data, or gets them (TS 27560 "party"). Organisations, never the person. */
export const partySchema = z.strictObject({
  id: code,
  name: text(200),
  /** How it is reached: a page, an address of a department. */
  contact: text(300),
  type: z.enum(['controller', 'joint_controller', 'processor', 'recipient', 'third_party', 'authority']),
});
export type Party = z.infer<typeof partySchema>;

/** Parts of the record that rules do not look at. */
export const consentRecordPartSchema = z.strictObject({
  /** Kinds of personal data: `telephone_number`, `name`, `purchase_history`, … */
  dataKinds: z.array(code).max(50).default([]),
  parties: z.array(partySchema).max(50).default([]),
  storagePlaces: z.array(code).max(50).default([]),
  /** How long the data are kept, in words or as ISO 8601 (`P3Y`). */
  retention: text(200).nullable().default(null),
  /** ISO 3166 jurisdictions whose law it was given under. */
  jurisdictions: z
    .array(z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'is not an ISO 3166 code such as CN or US-FL'))
    .max(20)
    .default([]),
  /** How the person may withdraw, as they were told. */
  withdrawalMethod: text(500).nullable().default(null),
  artefacts: z.array(artefactSchema).max(20).default([]),
  /** Zone that the person named, an IANA name; evidence of where they are. */
  declaredZone: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)+$/, 'is not an IANA zone such as Asia/Shanghai')
    .nullable()
    .default(null),
  /** Of a record that came from elsewhere: the id under which it was first kept there. It states nothing. */
  originId: z.string().min(1).max(200).nullable().default(null),
});
export type ConsentRecordPart = z.infer<typeof consentRecordPartSchema>;

/** Only what says something, in the schema's order: nothing on record is not an empty list on record. Pure. */
export function saidParts(part: Partial<ConsentRecordPart>): Partial<ConsentRecordPart> {
  const whole = consentRecordPartSchema.parse(part);
  return Object.fromEntries(
    Object.entries(whole).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== null)),
  );
}

/** Parts that rules look at (domain/facts.ts). */
export const consentQualitiesSchema = z.strictObject({
  /** Whom it allows to sell; null: it names nobody. */
  seller: text(200).nullable().default(null),
  /** Kinds of call that it names. */
  technologies: z.array(technologySchema).max(10).default([]),
  /** Matters that were asked for and granted by themselves (PIPL 23, 25, 29, 39). */
  separate: z.array(separateConsentSchema).max(4).default([]),
});
export type ConsentQualities = z.infer<typeof consentQualitiesSchema>;

/** The exact text that was shown, as a version of a notice that was published (PIPL 17). */
export const noticeReferenceSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'is not lower-case words joined by hyphens'),
  version: z.number().int().positive(),
});
export type NoticeReference = z.infer<typeof noticeReferenceSchema>;

/** What PIPL art. 17 has a notice say; each true where the text says it. */
export const NOTICE_ITEMS = [
  'handler_name_and_contact',
  'purpose_and_method',
  'kinds_of_data_and_retention',
  'how_to_use_rights',
] as const;

export const noticeSchema = z.strictObject({
  ...noticeReferenceSchema.shape,
  /** BCP 47. */
  language: z
    .string()
    .regex(
      /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/,
      'is not a language; expected BCP 47 such as zh-CN',
    ),
  title: text(200),
  text: z.string().min(1, 'is empty').max(50_000),
  /** What of PIPL 17 the text says, by whoever publishes it. */
  items: z.array(z.enum(NOTICE_ITEMS)).max(NOTICE_ITEMS.length).default([]),
});
