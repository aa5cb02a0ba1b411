import { createRoute } from '@hono/zod-openapi';
import type { Tx } from '../../../db/client.ts';
import { grantsRecorded } from '../../../db/repositories/consent-grants.ts';
import { noticeLanguages } from '../../../db/repositories/consent-notices.ts';
import { lastUseOf } from '../../../db/repositories/consent-use.ts';
import { consentEventsOfPersons } from '../../../db/repositories/consents.ts';
import { toExchanged } from '../../../domain/consent-exchange.ts';
import type { ExchangedRecord } from '../../../domain/exchanged-record.ts';
import { purposeSchema } from '../../../domain/vocabulary.ts';
import { recordedGrant } from '../../actions/recorded-grant.ts';
import { cursorQuery, pageSchema } from '../../cursor.ts';
import { instantCursor } from '../../instant-cursor.ts';
import { groupedBy } from '../../in-turn.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { consentRecordSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/consent-records',
  tags: ['Persons'],
  summary: 'Consent records (同意记录) to hand on, after ISO/IEC TS 27560, in the order recorded',
  description:
    'One record for each consent, with what became of it: withdrawals, renewals, when it was last used. Persons by id, ' +
    'numbers by keyed hash; no name, no number. Filters: `personId`, `purpose`, `from` (inclusive) and `to` ' +
    '(exclusive) by when the consent was recorded. A page with a `next` may hold fewer than asked for.',
  operationId: 'exportConsentRecords',
  request: {
    query: cursorQuery.extend({
      personId: inputIdSchema.optional(),
      purpose: purposeSchema.optional().openapi({ description: 'Consents for this purpose' }),
      from: instantSchema.optional().openapi({ description: 'Recorded at this instant or later' }),
      to: instantSchema.optional().openapi({ description: 'Recorded before this instant' }),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(consentRecordSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const exportConsentRecords = operation(route, 'consents.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, personId, purpose, from, to } = c.req.valid('query');
  const asked = {
    personId: personId ?? null,
    purpose: purpose ?? null,
    recordedFrom: toMs(from),
    recordedTo: toMs(to),
  };
  const cursor = instantCursor(deps.vault, tenantId, 'exportConsentRecords', asked);
  const place = cursor.read(after);
  const { items, next } = await deps.db.inTenant(tenantId, async (tx) => {
    const page = await grantsRecorded(tx, { ...asked, after: place, limit });
    return { items: await recordsOf(tx, page.rows), next: page.next };
  });
  return c.json({ items, next: cursor.write(next) }, 200);
});

/** Of a page: what else is on record of its persons, and when its consents were last used, in one query each. */
async function recordsOf(
  tx: Tx,
  grants: readonly { readonly id: string; readonly personId: string }[],
): Promise<ExchangedRecord[]> {
  const all = await consentEventsOfPersons(tx, [...new Set(grants.map(({ personId }) => personId))]);
  const ofPerson = groupedBy(all, ({ personId }) => personId);
  const byId = new Map(all.map((event) => [event.id, event]));
  const lastUse = await lastUseOf(tx, grants);
  const languages = await noticeLanguages(tx);
  return grants.map(({ id, personId }) =>
    toExchanged(recordedGrant(byId.get(id)!, { events: ofPerson.get(personId) ?? [], lastUse, languages })),
  );
}
