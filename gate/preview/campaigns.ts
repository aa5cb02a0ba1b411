import type { Tx } from '../../db/client.ts';
import type { EpochMs } from '../../domain/time.ts';
import { compilePolicySet, type PolicyDocument } from '../../policies/index.ts';
import { readCampaignNow, type CampaignNow } from '../campaign-now.ts';
import { campaignPack } from '../policy-source.ts';
import { pairOf, type SetPair } from './compare.ts';

/** What is compared: the set in force and the draft's, as documents. */
export interface DocumentPair {
  readonly base: readonly PolicyDocument[];
  readonly candidate: readonly PolicyDocument[];
}

/** Pairs of compiled sets for campaigns. Campaigns without hours of their own share one; of the others the latest is kept. */
export class PairSource {
  readonly #documents: DocumentPair;
  #shared: SetPair | null = null;
  #own: { readonly key: string; readonly pair: SetPair } | null = null;

  constructor(documents: DocumentPair) {
    this.#documents = documents;
  }

  forCampaign(campaign: CampaignNow): SetPair {
    const own = campaignPack(campaign);
    if (own === null) return (this.#shared ??= this.#compile([]));
    const key = `${campaign.id}@${campaign.revision}`;
    if (this.#own?.key !== key) this.#own = { key, pair: this.#compile([own]) };
    return this.#own.pair;
  }

  #compile(own: readonly PolicyDocument[]): SetPair {
    const { base, candidate } = this.#documents;
    return pairOf(compilePolicySet([...base, ...own]), compilePolicySet([...candidate, ...own]));
  }
}

/** A campaign whose contacts are looked at. */
export interface PreviewedCampaign {
  readonly id: string;
  /** Contacts that wait or were admitted. */
  readonly contacts: number;
}

/** States in which a decision is still to come. */
const OPEN = `('waiting', 'admitted')`;

/** Running and paused campaigns by id, or the one asked for, with how many contacts they hold open. */
export async function campaignsOf(tx: Tx, campaignId: string | null): Promise<PreviewedCampaign[]> {
  return tx.query<PreviewedCampaign>(
    `SELECT k.id, (SELECT count(*) FROM contacts c
                   WHERE c.tenant_id = $1 AND c.campaign_id = k.id AND c.state IN ${OPEN}) AS contacts
     FROM campaigns k
     WHERE k.tenant_id = $1 AND ($2::uuid IS NULL AND k.status IN ('running', 'paused') OR k.id = $2)
     ORDER BY k.id`,
    [tx.tenantId, campaignId],
  );
}

/** @throws Error where the campaign has gone, which campaigns do not */
export async function campaignNow(tx: Tx, campaignId: string, at: EpochMs): Promise<CampaignNow> {
  const campaign = await readCampaignNow(tx, campaignId, at);
  if (campaign === null) throw new Error('a campaign that was there has gone');
  return campaign;
}
