import { createRoute, z } from '@hono/zod-openapi';
import { lockPerson } from '../../../db/locks.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { contactById, setContactMatter } from '../../../db/repositories/contacts.ts';
import { conflict, invalidInput, notFound } from '../../../domain/failures.ts';
import { birthdaysOf, matterFacts, type Matter } from '../../../domain/matter.ts';
import {
  REFERENCE_CHARS_MAX,
  referenceText,
  withStated,
  type ReferenceKind,
  type StatedMatter,
} from '../../../domain/stated-matter.ts';
import { toIso, type EpochMs } from '../../../domain/time.ts';
import { isTerminalContactState } from '../../../domain/vocabulary.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { contactParams, instantSchema, isoOrNull, jsonBody, jsonResponse, toMs } from '../../schemas.ts';

const referenceSchema = z.string().trim().min(1).max(REFERENCE_CHARS_MAX).nullable().optional();
const atSchema = instantSchema.nullable().optional();

const bodySchema = z.strictObject({
  kind: z.enum(['consumer', 'business']).nullable().optional(),
  birthDate: z.iso.date().nullable().optional().openapi({
    description: 'Not kept: only the days on which they turn 14 and 18, while these are to come',
    example: '1990-12-31',
  }),
  relation: z
    .enum(['self', 'third_party'])
    .nullable()
    .optional()
    .openapi({ description: 'To the matter: the debtor or customer, or somebody else' }),
  debtorUnreachable: z.boolean().nullable().optional(),
  debtRef: referenceSchema.openapi({ description: 'Your own reference of the debt; kept as a keyed hash' }),
  subjectRef: referenceSchema.openapi({
    description: 'Your own reference of what it is about; kept as a keyed hash',
  }),
  contractSince: atSchema.openapi({ description: 'null: no contract is on record' }),
  contractUntil: atSchema.openapi({ description: 'null: it goes on' }),
  lastPurchaseAt: atSchema,
  lastInquiryAt: atSchema,
});
type Body = z.output<typeof bodySchema>;

const matterSchema = z
  .object({
    contactId: z.string(),
    kind: z.enum(['consumer', 'business']).nullable(),
    age: z
      .enum(['adult', 'minor', 'child'])
      .nullable()
      .openapi({ description: 'Now; `child`: under 14, `minor`: 14 to 17' }),
    relation: z.enum(['self', 'third_party']).nullable(),
    debtorUnreachable: z.boolean().nullable(),
    debt: z.string().nullable().openapi({ description: 'Keyed hash of the reference, as facts have it' }),
    subject: z.string().nullable(),
    relationships: z.array(
      z.object({
        kind: z.enum(['contract', 'purchase', 'inquiry']),
        at: z.string(),
        endedAt: z.string().nullable(),
      }),
    ),
  })
  .openapi('Matter', { description: 'Who is called and about what, as rules see it. Null: not known.' });

const route = createRoute({
  method: 'patch',
  path: '/v1/contacts/{contactId}/matter',
  tags: ['Contacts'],
  summary: 'Record or correct who a contact is and what the call is about',
  description:
    'What is left out stays; null makes it unknown, which rules that ask for it deny on. Decisions see it from the ' +
    'next one on; those made keep what they saw. Refused (409) for a contact that has ended.',
  operationId: 'changeMatter',
  request: { params: contactParams, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(matterSchema, 'As it is on record now'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const changeMatter = operation(route, 'contacts.write', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { contactId } = c.req.valid('param');
  const at = deps.clock.now();
  const reference = (kind: ReferenceKind, text: string) =>
    deps.vault.mac(tenantId, referenceText(kind, text)).toString('hex');
  const stated = statedOf(c.req.valid('json'), reference, at);
  const after = await deps.db.inTenant(tenantId, async (tx) => {
    const found = await contactById(tx, contactId);
    if (found === null) throw notFound('the contact');
    // The gate's own lock: no decision is made between what is read here and what is written.
    await lockPerson(tx, found.personId);
    const contact = await contactById(tx, contactId);
    if (contact === null) throw notFound('the contact');
    if (isTerminalContactState(contact.state)) throw conflict(`the contact has ended as ${contact.state}`);
    const matter = withStated(contact.matter, stated);
    if (matter === contact.matter) return matter;
    await setContactMatter(tx, contactId, matter, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'changeMatter',
      resource: 'contact',
      resourceId: contactId,
      before: recorded(contact.matter),
      after: recorded(matter),
      at,
    });
    return matter;
  });
  return c.json(matterJson(contactId, after, at), 200);
});

/** @throws RightcallError `invalid_input` */
function statedOf(
  body: Body,
  reference: (kind: ReferenceKind, text: string) => string,
  at: EpochMs,
): StatedMatter {
  const { kind, relation, debtorUnreachable, birthDate, debtRef, subjectRef } = body;
  const birthdays = typeof birthDate === 'string' ? birthdaysOf(birthDate, at) : null;
  if (birthdays === null && typeof birthDate === 'string') {
    throw fault('birthDate', 'is no birth date of anybody alive', 'a day from 1900 on and not in the future');
  }
  for (const field of ['contractSince', 'lastPurchaseAt', 'lastInquiryAt'] as const) {
    if ((toMs(body[field]) ?? at) > at) throw fault(field, 'lies in the future', 'when it happened, or null');
  }
  const [since, until] = [toMs(body.contractSince), toMs(body.contractUntil)];
  if (since !== null && until !== null && until < since) {
    throw fault('contractUntil', 'lies before contractSince', 'a later instant, or null');
  }
  const refer = (which: ReferenceKind, text: string | null) =>
    text === null ? null : reference(which, text);
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(relation === undefined ? {} : { relation }),
    ...(debtorUnreachable === undefined ? {} : { debtorUnreachable }),
    ...(birthDate === undefined ? {} : { birthdays }),
    ...(debtRef === undefined ? {} : { debt: refer('debt', debtRef) }),
    ...(subjectRef === undefined ? {} : { subject: refer('subject', subjectRef) }),
    ...(body.contractSince === undefined ? {} : { contractSince: since }),
    ...(body.contractUntil === undefined ? {} : { contractUntil: until }),
    ...(body.lastPurchaseAt === undefined ? {} : { lastPurchaseAt: toMs(body.lastPurchaseAt) }),
    ...(body.lastInquiryAt === undefined ? {} : { lastInquiryAt: toMs(body.lastInquiryAt) }),
  };
}

function fault(field: string, what: string, expected: string) {
  return invalidInput([{ field, fault: what, expected }]);
}

/** For the change log, which outlives the person's data: without birthdays and dates of dealings. */
function recorded(matter: Matter | null) {
  if (matter === null) return null;
  const { adultFrom, minorFrom, relationships, ...rest } = matter;
  return {
    ...rest,
    ageKnown: adultFrom !== null && minorFrom !== null,
    relationships: relationships.map(({ kind, endedAt }) => ({ kind, ended: endedAt !== null })),
  };
}

function matterJson(contactId: string, matter: Matter | null, at: EpochMs): z.infer<typeof matterSchema> {
  const { callee, debt, subject, relationships } = matterFacts(matter, at);
  return {
    contactId,
    kind: callee.kind,
    age: callee.age,
    relation: callee.relation,
    debtorUnreachable: callee.debtorUnreachable,
    debt,
    subject,
    relationships: relationships.map((one) => ({
      kind: one.kind,
      at: toIso(one.at),
      endedAt: isoOrNull(one.endedAt),
    })),
  };
}
