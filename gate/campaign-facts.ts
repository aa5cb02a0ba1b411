import { usesBudget, type CampaignDefinition } from '../domain/campaign.ts';
import { modeOfNext } from '../domain/escalation.ts';
import { FACTS_SCHEMA, type AttemptFact, type DialFacts } from '../domain/facts.ts';
import type { DialMode } from '../domain/vocabulary.ts';
import type { StandingFacts } from './fact-sql.ts';

/** What is on record where nothing is. */
export const NOTHING_STANDING: StandingFacts = {
  vendor: null,
  callerId: null,
  dialogue: null,
  armDialogues: null,
  attestations: null,
  abandonment: null,
};

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
  | 'ringTimeoutS'
  | 'callerId'
  | 'line'
  | 'dialogue'
  | 'attestations'
  | 'abandonment'
>;

/**
 * The part of a decision's facts that a campaign gives: one wording for the gate, for dry runs and for explanations.
 * @param campaign.definition as it holds for the contact, which may be in an arm of an experiment
 * @param campaign.carrierId of the line; null: none of the name that the definition gives.
 * @param standing what is on record of its line, the number shown, its dialogue, and what the tenant attests.
 */
export function campaignFacts(
  tenantId: string,
  campaign: {
    readonly id: string;
    readonly definition: CampaignDefinition;
    readonly carrierId: string | null;
  },
  standing: StandingFacts,
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
    ringTimeoutS: definition.ringTimeoutS,
    callerId: standing.callerId,
    line: { vendor: standing.vendor },
    dialogue: dialogueOf(definition, standing),
    attestations: standing.attestations ?? [],
    abandonment: standing.abandonment ?? [],
  };
}

/** What the definition's script declares: the campaign's own or, of a contact in an arm of an experiment, that arm's. */
function dialogueOf(
  { script }: CampaignDefinition,
  { dialogue, armDialogues }: StandingFacts,
): DialFacts['dialogue'] {
  const isIt = (one: DialFacts['dialogue']) =>
    one?.scriptId === script?.id && one?.version === script?.version;
  return [dialogue, ...(armDialogues ?? [])].find(isIt) ?? null;
}

/**
 * In which mode a contact of the campaign is called next, by the attempts that were made in it: after so many, an agent
 * makes the call (retry.escalate).
 */
export function modeOfContact(
  campaign: { readonly id: string; readonly definition: CampaignDefinition },
  attempts: readonly AttemptFact[],
): DialMode {
  const counted = attempts.filter(
    ({ campaignId, outcome }) => campaignId === campaign.id && outcome !== null && usesBudget(outcome),
  );
  return modeOfNext(campaign.definition, counted.length);
}
