import { z } from 'zod';
import {
  artefactSchema,
  consentQualitiesSchema,
  consentRecordPartSchema,
  noticeReferenceSchema,
  sha256Schema,
} from './consent-record.ts';
import { CHANNELS, PURPOSES, channelSchema, consentLevelSchema, purposeSchema } from './vocabulary.ts';

/**
 * A consent record as it is handed to others and taken from them, in the shape of ISO/IEC TS 27560:2023 (by way of the
 * W3C's DPV guide): header, processing, parties, events. What calls need beside stands under `calls`. A record is one
 * grant with what became of it; docs/consents.md has it field by field. Pure.
 */
export const RECORD_SCHEMA = 'ISO-27560:2023/rightcall.1';

const idSchema = z.string().min(1, 'is empty').max(200);
const instantSchema = z.iso.datetime({
  offset: true,
  error: 'is not an instant; expected ISO 8601 with an offset',
});
const rulesSchema = z.array(z.string().min(1).max(200)).max(50);
const wordsSchema = (max: number) => z.string().regex(/\S/, 'is empty').max(max);
const someOf = <S extends z.ZodType>(item: S, what: string) =>
  z.array(item).min(1, `names no ${what}; expected at least one`);

/** In full: what is masked names nobody. E.164 has 15 digits at most; no number has less than 5. */
const fullNumberSchema = z.string().superRefine((text, context) => {
  if (text.includes('*')) {
    context.addIssue({ code: 'custom', message: 'is masked; expected the number in full, or the person' });
  } else if (!/^\+[1-9]\d{4,14}$/.test(text)) {
    context.addIssue({ code: 'custom', message: 'is not a number in E.164 form such as +12025550100' });
  }
});

/** A person by our id, or, as others know them, by number. */
const personSchema = z
  .strictObject({
    personId: z.guid('is not an id; expected a UUID').optional(),
    number: fullNumberSchema.optional(),
  })
  .refine((who) => (who.personId === undefined) !== (who.number === undefined), {
    message: 'names nobody, or twice; expected either personId or number',
  });

const numberOfPersonSchema = z
  .strictObject({ keyedHash: sha256Schema.optional(), number: fullNumberSchema.optional() })
  .refine((which) => (which.keyedHash === undefined) !== (which.number === undefined), {
    message: 'names no number, or two; expected either keyedHash or number',
  });

const eventFields = {
  /** Null: whoever sent it keeps none. */
  id: idSchema.nullable().default(null),
  /** When the person said it. */
  time: instantSchema,
  /** When it was put on record; null: not known. */
  recordedAt: instantSchema.nullable().default(null),
};

const givenSchema = z.strictObject({
  ...eventFields,
  type: z.enum(['consent', 'renewal'], 'does not go with state given; expected consent or renewal'),
  state: z.literal('given'),
  /** It ends here (exclusive); null: no end was stated. */
  validUntil: instantSchema.nullable().default(null),
  entity: z.enum(['data_subject', 'guardian']).default('data_subject'),
});

const withdrawnSchema = z.strictObject({
  ...eventFields,
  /** The id under which it was first kept elsewhere, if it came from there. */
  originId: idSchema.nullable().default(null),
  type: z.literal('withdrawal', 'does not go with state withdrawn; expected withdrawal'),
  state: z.literal('withdrawn'),
  /** What was withdrawn, which may be more or less than what this record grants. */
  purposes: someOf(purposeSchema, 'purpose').max(PURPOSES.length),
  channels: someOf(channelSchema, 'channel').max(CHANNELS.length),
  source: wordsSchema(200),
  evidenceSha256: sha256Schema.nullable().default(null),
});

const renewedSchema = z.strictObject({
  ...eventFields,
  type: z.literal('renewal', 'does not go with state renewed; expected renewal'),
  state: z.literal('renewed'),
  /** The record that renewed this one. For information: that record says so itself, by `renews`. */
  renewedBy: idSchema,
});

const { dataKinds, parties, storagePlaces, retention, jurisdictions, withdrawalMethod, declaredZone } =
  consentRecordPartSchema.shape;

const recordFields = {
  schemaVersion: z.literal(RECORD_SCHEMA, `is not a version that is read here; expected ${RECORD_SCHEMA}`),
  /** The grant's id, as whoever sends the record keeps it. */
  recordId: idSchema,
  /** The id under which it was first kept elsewhere, if it came from there. */
  originId: idSchema.nullable().default(null),
  /** Exports name the person by id, never by name or number. */
  subject: personSchema,
  notice: z
    .strictObject({
      ...noticeReferenceSchema.shape,
      language: z.string().min(1).max(35).nullable().default(null),
      textSha256: sha256Schema.nullable().default(null),
    })
    .nullable()
    .default(null),
  processing: z.strictObject({
    purposes: someOf(purposeSchema, 'purpose').max(PURPOSES.length),
    lawfulBasis: z.literal('consent').default('consent'),
    level: consentLevelSchema,
    dataKinds,
    storagePlaces,
    retention,
    jurisdictions,
    withdrawalMethod,
  }),
  parties,
  /** The record of the same person that this one renews. */
  renews: z
    .strictObject({ recordId: idSchema, originId: idSchema.nullable().default(null) })
    .nullable()
    .default(null),
  /** The consent itself first, then what became of it. */
  events: z
    .array(
      z.discriminatedUnion(
        'state',
        [givenSchema, withdrawnSchema, renewedSchema],
        'is not a state of an event; expected given, withdrawn or renewed',
      ),
    )
    .min(1, 'is empty; expected at least the consent itself')
    .max(200),
  calls: z.strictObject({
    channels: someOf(channelSchema, 'channel').max(CHANNELS.length),
    /** Where it was said. */
    source: wordsSchema(200),
    /** The basis as the source named it. */
    basis: wordsSchema(100).default('explicit'),
    ...consentQualitiesSchema.shape,
    /** Rules that it widens. */
    widens: rulesSchema.default([]),
    guardian: personSchema.nullable().default(null),
    /** The number that it is for; null: whatever the number. The hash is keyed: nobody else's means anything here. */
    forNumber: numberOfPersonSchema.nullable().default(null),
    ownershipVerifiedAt: instantSchema.nullable().default(null),
    evidenceSha256: sha256Schema.nullable().default(null),
    artefacts: z.array(artefactSchema).max(20).default([]),
    declaredZone,
    /** When a call last relied on it; for information, never taken in. */
    lastUsedAt: instantSchema.nullable().default(null),
  }),
};
const wholeSchema = z.strictObject(recordFields);
export type ExchangedRecord = z.output<typeof wholeSchema>;
export type ExchangedEvent = ExchangedRecord['events'][number];

/** Its parts, each right by itself, held against each other. */
export const exchangedRecordSchema = wholeSchema.superRefine((record, context) => {
  for (const { path, message } of contradictions(record)) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
});

interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function contradictions(record: ExchangedRecord): Contradiction[] {
  const { events, renews, calls, notice, recordId } = record;
  const [first] = events;
  if (first?.state !== 'given') {
    return [{ path: ['events', 0, 'state'], message: 'is not given; expected the consent itself first' }];
  }
  const found: Contradiction[] = [];
  const fail = (path: Contradiction['path'], message: string) => found.push({ path, message });
  if (first.id !== null && first.id !== recordId) {
    fail(['events', 0, 'id'], 'is not the recordId; expected the same id, or null');
  }
  if ((first.type === 'renewal') !== (renews !== null)) {
    fail(['renews'], 'contradicts the first event; expected a record where its type is renewal, else null');
  }
  if ((first.entity === 'guardian') !== (calls.guardian !== null)) {
    fail(
      ['calls', 'guardian'],
      'contradicts events[0].entity; expected a guardian where one gave it, else null',
    );
  }
  if (first.validUntil !== null && Date.parse(first.validUntil) <= Date.parse(first.time)) {
    fail(
      ['events', 0, 'validUntil'],
      'is not after the consent was given; expected a later instant, or null',
    );
  }
  if (
    notice !== null &&
    notice.textSha256 !== null &&
    calls.evidenceSha256 !== null &&
    notice.textSha256 !== calls.evidenceSha256
  ) {
    fail(
      ['notice', 'textSha256'],
      'is not calls.evidenceSha256; expected one hash of the text that was shown',
    );
  }
  for (const [i, event] of events.entries())
    if (i > 0) found.push(...laterFaults(record, first.time, event, i));
  return found;
}

function laterFaults(
  { processing, calls, events }: ExchangedRecord,
  givenAt: string,
  event: ExchangedEvent,
  i: number,
): Contradiction[] {
  const fault = (field: string, message: string) => ({ path: ['events', i, field], message });
  const faults: Contradiction[] = [];
  if (event.id !== null && events.slice(0, i).some((earlier) => earlier.id === event.id)) {
    faults.push(fault('id', 'stands in the record twice; expected an id of its own, or null'));
  }
  if (event.state === 'given') return [fault('state', 'is given again; expected one grant in a record')];
  if (Date.parse(event.time) < Date.parse(givenAt)) {
    faults.push(fault('time', 'lies before the consent was given; expected its instant or a later one'));
  }
  if (event.state === 'withdrawn') {
    if (!event.purposes.some((purpose) => processing.purposes.includes(purpose))) {
      faults.push(fault('purposes', 'names nothing that was granted; expected a purpose of the record'));
    }
    if (!event.channels.some((channel) => calls.channels.includes(channel))) {
      faults.push(fault('channels', 'names nothing that was granted; expected a channel of the record'));
    }
  }
  return faults;
}
