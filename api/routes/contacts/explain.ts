import { createRoute, z } from '@hono/zod-openapi';
import type { Tx } from '../../../db/client.ts';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { contactsByNumber } from '../../../db/repositories/contact-lists.ts';
import { personOfNumber } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import type { EpochMs } from '../../../domain/time.ts';
import { maskNumber } from '../../../domain/mask.ts';
import { isTerminalContactState } from '../../../domain/vocabulary.ts';
import { askedOf, explain } from '../../../gate/explain.ts';
import type { AskedPerson } from '../../../gate/facts-at.ts';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { readContactStanding, readPrimaryNumber } from '../../../gate/standing.ts';
import { locateNumber } from '../../../policies/index.ts';
import { answerLanguage, languageHeader } from '../../language.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, jsonBody, jsonResponse, numberSchema, toMs } from '../../schemas.ts';
import { MESSAGES } from '../../story/messages/index.ts';
import { explanationJson, explanationSchema } from './explain-model.ts';
import { attributesFor, beforeCampaign } from './explanation.ts';
import { NOTHING, onRecord } from './on-record.ts';

/** Campaigns explained at once, at most. */
const EXPLAINED_MAX = 10;

const bodySchema = z.strictObject({
  number: numberSchema,
  campaignId: inputIdSchema.optional().openapi({
    description: 'Left out: the campaigns the person is in; of somebody who is in none, those that run',
  }),
  at: instantSchema.optional().openapi({ description: 'Left out: now' }),
});

const answerSchema = z.object({
  number: z.string().openapi({ description: 'Masked', example: '+86 138****5678' }),
  personId: z.string().nullable().openapi({ description: 'Null: nobody here has the number' }),
  explanations: z.array(explanationSchema),
});

const route = createRoute({
  method: 'post',
  path: '/v1/explain',
  tags: ['Decisions'],
  summary: 'Why this number is, was or would be called or not',
  description:
    `For each campaign asked about, at most ${EXPLAINED_MAX}, the open ones first, newest first: the explanation of the ` +
    'person’s contact, or, for somebody who is none, how one would be decided (`hypothetical`). A POST, because ' +
    'numbers never stand in an address. Nothing is stored.',
  operationId: 'explainNumber',
  request: { body: jsonBody(bodySchema), headers: languageHeader },
  responses: {
    200: jsonResponse(answerSchema, 'An explanation for each campaign'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'refused'),
  },
});

interface Target {
  readonly campaignId: string;
  readonly contactId: string | null;
}

export const explainNumber = operation(
  route,
  'contacts.read',
  (deps) => {
    const policies = createPolicyReader(() => deps.defaultPolicySet());
    return async (c) => {
      const tenantId = c.get('tenantId');
      const { number, campaignId, at: atText } = c.req.valid('json');
      const now = deps.clock.now();
      const asked = { at: toMs(atText) ?? now, now };
      const knownAt = asked.at < now ? asked.at : null;
      const say = MESSAGES[answerLanguage(c)];
      const numberHash = deps.vault.numberHash(tenantId, number);
      const answer = await deps.db.inTenant(tenantId, async (tx) => {
        await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const personId = await personOfNumber(tx, numberHash);
        const targets = await targetsOf(tx, numberHash, campaignId ?? null);
        const explanations = [];
        for (const target of targets) {
          const contact =
            target.contactId === null ? null : await readContactStanding(tx, target.contactId, knownAt);
          const person =
            contact === null ? await strangerOf(tx, personId, number, numberHash, knownAt) : askedOf(contact);
          const context = {
            clock: deps.clock,
            policies,
            attributes: attributesFor(c.get('principal'), deps.vault),
          };
          const explanation = await explain(tx, context, target.campaignId, person, contact, asked);
          if (explanation === null) {
            if (campaignId !== undefined) throw beforeCampaign('at');
            continue;
          }
          const recorded = contact === null ? NOTHING : await onRecord(tx, contact.id, asked.at);
          explanations.push(explanationJson(explanation, recorded, say));
        }
        return { personId, explanations };
      });
      return c.json({ number: maskNumber(number), ...answer }, 200);
    };
  },
  { idempotency: 'none' },
);

/** Newest first. */
async function runningCampaignIds(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM campaigns WHERE tenant_id = $1 AND status = 'running' ORDER BY id DESC LIMIT $2`,
    [tx.tenantId, limit],
  );
  return rows.map((row) => row.id);
}

async function targetsOf(tx: Tx, numberHash: Buffer, campaignId: string | null): Promise<Target[]> {
  const contacts = await contactsByNumber(tx, numberHash);
  if (campaignId !== null) {
    if ((await campaignById(tx, campaignId)) === null) throw notFound('the campaign');
    const contact = contacts.find((one) => one.campaignId === campaignId);
    return [{ campaignId, contactId: contact?.id ?? null }];
  }
  if (contacts.length === 0) {
    const running = await runningCampaignIds(tx, EXPLAINED_MAX);
    return running.map((id) => ({ campaignId: id, contactId: null }));
  }
  return contacts
    .toSorted((a, b) => Number(isTerminalContactState(a.state)) - Number(isTerminalContactState(b.state)))
    .slice(0, EXPLAINED_MAX)
    .map((contact) => ({ campaignId: contact.campaignId, contactId: contact.id }));
}

/** Somebody who is in no campaign asked about: a person we know, or a number of which only its prefix is known. */
async function strangerOf(
  tx: Tx,
  personId: string | null,
  number: string,
  numberHash: Buffer,
  knownAt: EpochMs | null,
): Promise<AskedPerson> {
  const known = personId === null ? null : await readPrimaryNumber(tx, personId, knownAt);
  if (known === null || known.numberHash === null) {
    const located = locateNumber(number);
    return {
      personId,
      contactId: null,
      numberHash,
      country: located.country,
      numberType: located.type,
      locations: [...located.locations],
    };
  }
  return {
    personId,
    contactId: null,
    numberHash: known.numberHash,
    country: known.country,
    numberType: (known.numberType ?? 'unknown') as AskedPerson['numberType'],
    locations: (known.locations ?? []) as AskedPerson['locations'],
  };
}
