import type { CampaignDefinition } from '../domain/campaign.ts';
import { FACTS_SCHEMA, type DialFacts } from '../domain/facts.ts';

/** What is the same for all contacts of a campaign. */
type CampaignFacts = Pick<
  DialFacts,
  | 'schema'
  | 'tenantId'
  | 'campaignId'
  | 'purpose'
  | 'channel'
  | 'mode'
  | 'sector'
  | 'technology'
  | 'carrierId'
  | 'seller'
  | 'debt'
  | 'subject'
  | 'ringTimeoutS'
  | 'callee'
  | 'callerId'
  | 'line'
  | 'dialogue'
  | 'relationships'
  | 'attestations'
  | 'abandonment'
>;

/**
 * The part of a decision's facts that a campaign gives: one wording for the gate, for dry runs and for explanations.
 * @param campaign with its line's carrier and that carrier's kind; null: none of the name that the definition gives.
 */
export function campaignFacts(
  tenantId: string,
  campaign: {
    readonly id: string;
    readonly definition: CampaignDefinition;
    readonly carrierId: string | null;
    readonly carrierKind: string | null;
  },
): CampaignFacts {
  const { definition } = campaign;
  return {
    schema: FACTS_SCHEMA,
    tenantId,
    campaignId: campaign.id,
    purpose: definition.purpose,
    channel: definition.channel,
    mode: definition.mode,
    sector: definition.sector,
    technology: definition.technology,
    carrierId: campaign.carrierId ?? '',
    seller: definition.seller,
    debt: null,
    subject: null,
    ringTimeoutS: definition.ringTimeoutS,
    callee: { kind: null, age: null, relation: null, debtorUnreachable: null },
    callerId: null,
    // An adapter dials over one vendor's lines, so its kind says whose they are.
    line: { vendor: campaign.carrierKind },
    dialogue: null,
    relationships: [],
    attestations: [],
    abandonment: [],
  };
}
