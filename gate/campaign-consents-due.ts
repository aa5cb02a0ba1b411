import { NIL } from 'uuid';
import type { Tx } from '../db/client.ts';
import type { RuleResult } from '../domain/decision.ts';
import { DAY_MS, type EpochMs } from '../domain/time.ts';
import { evaluate, type CompiledPolicySet } from '../policies/index.ts';
import { readCampaignNow } from './campaign-now.ts';
import { readFactsOf, readLists, type BatchedContact } from './facts-batch.ts';
import type { PolicyReader } from './policy-source.ts';

/** What a rule that goes by a consent asks of it by an instant. */
export interface ConsentAsked {
  readonly pack: string;
  readonly rule: string;
  /** `ends`: from then on the rule does not go by it any more; `renew`: the rule wants it renewed until then. */
  readonly what: 'ends' | 'renew';
  readonly dueAt: EpochMs;
}

/** A consent that rules go by for a waiting contact, with what they ask of it. */
export interface CampaignConsentDue {
  readonly contactId: string;
  readonly personId: string;
  readonly consentId: string;
  /** The earliest first. */
  readonly asked: readonly ConsentAsked[];
}

/** Waiting contacts that a page looks through at most: some 20 ms, with their facts. */
export const CONTACTS_READ = 200;

/**
 * One page of the consents that the rules in force go by for a campaign's waiting contacts, and that by these rules end,
 * or are to be renewed, within so many times 24 h. It is the rules that are asked: their ages (`maxAgeDays`,
 * `renewAfterDays`, `ownershipMaxAgeDays`) as well as the ends that consents name. By contact; a page may hold fewer than
 * `limit`, or none, while `next` leads on.
 * @param query.after the contact looked at last; null: from the beginning
 * @returns null when there is no such campaign.
 */
export async function pageOfCampaignConsentsDue(
  tx: Tx,
  policies: PolicyReader,
  query: {
    readonly campaignId: string;
    readonly now: EpochMs;
    readonly withinDays: number;
    readonly after: string | null;
    readonly limit: number;
  },
): Promise<{ rows: CampaignConsentDue[]; next: string | null } | null> {
  const { campaignId, now, limit } = query;
  const campaign = await readCampaignNow(tx, campaignId, now);
  if (campaign === null) return null;
  const policySet = await policies.forCampaign(tx, campaign.policySetHash, campaign);
  const found = await tx.query<{ id: string }>(
    `SELECT id FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting' AND id > $3
     ORDER BY id LIMIT ${CONTACTS_READ + 1}`,
    [tx.tenantId, campaignId, query.after ?? NIL],
  );
  const ids = found.slice(0, CONTACTS_READ).map((row) => row.id);
  const contacts = await readFactsOf(tx, campaign, await readLists(tx), ids, now);
  const byId = new Map(contacts.map((contact) => [contact.contactId, contact]));
  const rows: CampaignConsentDue[] = [];
  let last = query.after;
  for (const id of ids) {
    const contact = byId.get(id);
    const due =
      contact === undefined ? [] : consentsDue(contact, policySet, now, now + query.withinDays * DAY_MS);
    // A contact's consents stand on one page: the cursor names contacts.
    if (rows.length > 0 && rows.length + due.length > limit) return { rows, next: last };
    rows.push(...due);
    last = id;
  }
  return { rows, next: found.length > CONTACTS_READ ? last : null };
}

function consentsDue(
  { contactId, facts }: BatchedContact,
  policySet: CompiledPolicySet,
  now: EpochMs,
  until: EpochMs,
): CampaignConsentDue[] {
  if (facts === null) return [];
  const { results } = evaluate({ policySet, facts, at: now, horizonMs: 0 });
  const asked = new Map<string, ConsentAsked[]>();
  for (const result of results) {
    const consentId = result.outcome === 'pass' ? result.inputs['event'] : null;
    if (typeof consentId !== 'string') continue;
    const due = askedBy(result).filter((one) => one.dueAt <= until);
    if (due.length > 0) asked.set(consentId, [...(asked.get(consentId) ?? []), ...due]);
  }
  return [...asked].map(([consentId, all]) => ({
    contactId,
    personId: facts.personId,
    consentId,
    asked: all.sort((a, b) => a.dueAt - b.dueAt),
  }));
}

/** What the rule lets pass until, and the duty to renew that it comes with. */
function askedBy({ pack, rule, until, duties }: RuleResult): ConsentAsked[] {
  const renewals = (duties ?? []).filter(({ kind }) => kind === 'renew_consent');
  return [
    ...(until === null ? [] : [{ pack, rule, what: 'ends' as const, dueAt: until }]),
    ...renewals.flatMap(({ dueAt }) =>
      dueAt === null ? [] : [{ pack, rule, what: 'renew' as const, dueAt }],
    ),
  ];
}
