import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { contactById, type ContactRow } from '../../../db/repositories/contacts.ts';
import { evidenceParts, type EvidencePage, type EvidenceSubject } from '../../../db/repositories/evidence.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { exportRecords } from '../../../evidence/export.ts';
import { ENGINE_VERSION } from '../../../policies/index.ts';
import { streamOf } from '../../csv.ts';
import type { ApiDeps } from '../../deps.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonResponse } from '../../schemas.ts';

/** What the bundle is, so that who reads it in years knows how to. */
const FORMAT = 'rightcall.evidence/1';

const entries = z.array(z.record(z.string(), z.unknown()));

const bundleSchema = z
  .object({
    format: z.literal(FORMAT),
    readAt: z.string().openapi({ description: 'Real instant; what was recorded later is not in it' }),
    engine: z.string().openapi({ description: 'Version of the evaluator in this build' }),
    contact: z.object({
      id: z.string(),
      campaignId: z.string(),
      personId: z.string(),
      state: z.string(),
      stateReason: z.string().nullable(),
      createdAt: z.string(),
      updatedAt: z.string(),
    }),
    decisions: entries.openapi({
      description: 'With their facts, as they were hashed, and every rule’s result',
    }),
    attempts: entries,
    callEvents: entries,
    consents: entries,
    suppressions: entries,
    stops: entries,
    callbacks: entries.openapi({ description: 'With their moves, reminders and fallbacks in `steps`' }),
    campaignRevisions: entries,
    policySets: entries,
    policyDocuments: entries.openapi({ description: '`body`: the very bytes that hash (SHA-256) to `hash`' }),
    sealed: entries.openapi({
      description:
        'What proves the decisions: the same records as `rightcall audit export --contact` writes, with signed ' +
        'checkpoints and proofs (RFC 9162). `audit/standalone/verify-bundle.mjs` checks them without this engine',
    }),
    complete: z.literal(true).openapi({ description: 'Last: a bundle without it was cut off' }),
  })
  .openapi('EvidenceBundle', {
    description:
      'Everything on record about one contact, enough to evaluate each decision again without this engine: canonical ' +
      'JSON is RFC 8785, hashes are SHA-256.',
  });

const route = createRoute({
  method: 'get',
  path: '/v1/audit/evidence',
  tags: ['Audit'],
  summary: 'A contact’s evidence in one bundle, for a regulator',
  description:
    'Decisions with their facts and results, attempts, what the carrier said, consents, do-not-call entries, stops, ' +
    'promised calls, the campaign’s definitions, the documents of every policy set that decided, and the proofs that the ' +
    'decisions are as they were sealed. Numbers and names ' +
    'are in none of it: facts hold keyed pseudonyms, in full, since their hash is over them. Streamed; that it was ' +
    'taken, and by whom, is recorded.',
  operationId: 'exportEvidence',
  request: { query: z.object({ contactId: inputIdSchema }) },
  responses: {
    200: jsonResponse(bundleSchema, 'The bundle'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const exportEvidence = operation(route, 'audit.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { contactId } = c.req.valid('query');
  const contact = await deps.db.inTenant(tenantId, async (tx) => {
    const found = await contactById(tx, contactId);
    if (found === null) throw notFound('the contact');
    await recordChange(tx, {
      ...authorOf(c),
      action: 'exportEvidence',
      resource: 'contact',
      resourceId: contactId,
      before: null,
      after: null,
      at: deps.clock.now(),
    });
    return found;
  });
  const body = c.body(streamOf(bundle(deps, tenantId, contact)), 200, {
    'Content-Type': 'application/json',
    'Content-Disposition': `attachment; filename="evidence-${contactId}.json"`,
    'Cache-Control': 'no-store',
  });
  // The same JSON, but made as it is read.
  return body as never;
});

/** The bundle piece by piece, each a page of one part; between two of them no connection is held. */
async function* bundle(deps: ApiDeps, tenantId: string, contact: ContactRow): AsyncGenerator<string> {
  const readReal = Date.now();
  const { id, campaignId, personId, state, stateReason } = contact;
  const head = {
    format: FORMAT,
    readAt: toIso(readReal),
    engine: ENGINE_VERSION,
    contact: {
      id,
      campaignId,
      personId,
      state,
      stateReason,
      createdAt: toIso(contact.createdAt),
      updatedAt: toIso(contact.updatedAt),
    },
  };
  yield JSON.stringify(head).slice(0, -1);
  const subject: EvidenceSubject = { contactId: id, campaignId, personId, readReal };
  for (const part of evidenceParts(subject)) {
    yield `,${JSON.stringify(part.name)}:[`;
    let separator = '';
    for (let after: string | null = null; ;) {
      const at: string | null = after;
      const page: EvidencePage = await deps.db.inTenant(tenantId, (tx) => part.page(tx, at));
      for (const row of page.rows) {
        yield separator + JSON.stringify(row);
        separator = ',';
      }
      if (page.next === null) break;
      after = page.next;
    }
    yield ']';
  }
  yield ',"sealed":[';
  let separator = '';
  for await (const record of exportRecords(deps.db, tenantId, { kind: 'contact', contactId: id })) {
    yield separator + JSON.stringify(record);
    separator = ',';
  }
  yield ']';
  yield ',"complete":true}';
}
