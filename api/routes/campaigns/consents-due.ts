import { createRoute, z } from '@hono/zod-openapi';
import { notFound } from '../../../domain/failures.ts';
import { DAY_MS, toIso, type EpochMs } from '../../../domain/time.ts';
import {
  CONTACTS_READ,
  pageOfCampaignConsentsDue,
  type CampaignConsentDue,
} from '../../../gate/campaign-consents-due.ts';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse, withinDaysSchema } from '../../schemas.ts';

const dueSchema = z
  .object({
    contactId: z.string(),
    personId: z.string(),
    consentId: z.string().openapi({ description: 'The consent; a renewal names it in `renews`' }),
    dueAt: z.string().openapi({ description: 'The first of `asked`' }),
    daysLeft: z
      .number()
      .int()
      .openapi({ description: 'Whole times 24 h until then; below 0: a renewal is overdue' }),
    asked: z
      .array(
        z.object({
          pack: z.string(),
          rule: z.string(),
          what: z.enum(['ends', 'renew']).openapi({
            description:
              '`ends`: the rule denies from then on; `renew`: it wants it renewed until then and goes on to allow',
          }),
          dueAt: z.string(),
        }),
      )
      .openapi({ description: 'By each rule, the earliest first' }),
  })
  .openapi('CampaignConsentDue', {
    description: 'A consent that rules of a campaign go by, and until when.',
  });

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/consents/due',
  tags: ['Campaigns'],
  summary: 'Consents of waiting contacts that by the rules in force end, or are to be renewed, soon (待续期)',
  description:
    'The rules are asked as a decision would ask them now: their ages of consents count (`maxAgeDays`, ' +
    '`renewAfterDays`, `ownershipMaxAgeDays`), and the ends that consents name. Consents that no rule goes by are not ' +
    `listed. Order: by contact. A page looks through ${CONTACTS_READ} contacts at most: it may hold fewer than ` +
    '`limit`, or none, while `next` leads on.',
  operationId: 'listCampaignConsentsDue',
  request: { params: campaignParams, query: cursorQuery.extend({ withinDays: withinDaysSchema }) },
  responses: {
    200: jsonResponse(pageSchema(dueSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listCampaignConsentsDue = operation(route, 'consents.read', (deps) => {
  const policies = createPolicyReader(() => deps.defaultPolicySet());
  return async (c) => {
    const tenantId = c.get('tenantId');
    const { campaignId } = c.req.valid('param');
    const { limit, after, withinDays } = c.req.valid('query');
    const asked = { campaignId, withinDays };
    const place = readCursor<[string]>(deps.vault, tenantId, 'listCampaignConsentsDue', asked, after);
    const now = deps.clock.now();
    const page = await deps.db.inTenant(tenantId, (tx) =>
      pageOfCampaignConsentsDue(tx, policies, { ...asked, now, after: place?.[0] ?? null, limit }),
    );
    if (page === null) throw notFound('the campaign');
    const next =
      page.next === null
        ? null
        : writeCursor(deps.vault, tenantId, 'listCampaignConsentsDue', asked, [page.next]);
    return c.json({ items: page.rows.map((row) => dueJson(row, now)), next }, 200);
  };
});

function dueJson({ asked, ...row }: CampaignConsentDue, now: EpochMs): z.infer<typeof dueSchema> {
  const dueAt = asked[0]!.dueAt;
  return {
    ...row,
    dueAt: toIso(dueAt),
    daysLeft: Math.floor((dueAt - now) / DAY_MS),
    asked: asked.map((one) => ({ ...one, dueAt: toIso(one.dueAt) })),
  };
}
