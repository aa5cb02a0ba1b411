import type { CampaignDefinitionInput } from '../../../domain/campaign.ts';
import type { Seeded } from '../seeded.ts';
import { contactList, makePeople, type Somebody } from './people.ts';
import type { ApiClient } from './client.ts';

export interface ChaosCampaign {
  readonly id: string;
  readonly name: string;
  readonly contacts: readonly ChaosContact[];
}
export interface ChaosContact {
  readonly id: string;
  readonly personId: string;
  readonly somebody: Somebody;
}
export interface World {
  readonly tenantId: string;
  readonly carrierId: string;
  /** Those of later waves are added. */
  readonly campaigns: ChaosCampaign[];
}

/** Minutes (engine clock) until the next try: short, so that caps are met within the run. */
const RETRY: CampaignDefinitionInput['retry'] = {
  maxAttempts: 8,
  maxAttemptsPerDay: 8,
  byOutcome: {
    busy: { delayMinutes: [15] },
    no_answer: { delayMinutes: [30] },
    voicemail: { delayMinutes: [60] },
    unreachable: { delayMinutes: [45] },
    congestion: { delayMinutes: [5] },
    carrier_error: { delayMinutes: [5] },
    cancelled: { delayMinutes: [10] },
    unknown: { delayMinutes: [20] },
  },
};

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** An hour and a half open, half an hour closed, all around the clock: windows open and close in every run. */
const MANY_WINDOWS = Array.from({ length: 12 }, (_, n) => {
  const hour = String(n * 2).padStart(2, '0');
  const end = String(n * 2 + 1).padStart(2, '0');
  return { days: [...DAYS], from: `${hour}:00`, until: `${end}:30` };
});

const CALLER = '+12025550100';
const DEFINITIONS: readonly CampaignDefinitionInput[] = [
  { name: 'Spring plan', purpose: 'marketing', carrier: 'simulator', callerId: CALLER, retry: RETRY },
  {
    name: 'Summer plan',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: CALLER,
    callsPerSecond: 3,
    retry: RETRY,
  },
  {
    name: 'Care',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: CALLER,
    callingHours: MANY_WINDOWS,
    retry: RETRY,
  },
  { name: 'Debts', purpose: 'collection', carrier: 'simulator', callerId: CALLER, retry: RETRY },
];
export const CAMPAIGNS_A_WAVE = DEFINITIONS.length;
/** Share of the people whom each campaign calls: they overlap, so that caps count over campaigns. */
const SHARES = [0.7, 0.7, 0.6, 0.4];

/** Four campaigns over the same people, started. By the API alone, as their manager would. */
export async function makeWorld(client: ApiClient, draw: Seeded, contacts: number): Promise<World> {
  const campaigns: ChaosCampaign[] = [];
  await addWave(client, draw, contacts, 0, (campaign) => campaigns.push(campaign));
  const carriers = await client.made('GET', '/v1/carriers');
  const [carrier] = carriers['items'] as { id: string }[];
  const me = await client.made('GET', '/v1/access/me');
  return { tenantId: String(me['tenantId']), carrierId: carrier!.id, campaigns };
}

/**
 * The same campaigns again over people who were in none before. While everything fails that can, any of it may take its
 * time or be given up: what was made by then is there.
 * @param add called with each campaign that has its contacts, before it is started
 */
export async function addWave(
  client: ApiClient,
  draw: Seeded,
  contacts: number,
  wave: number,
  add: (campaign: ChaosCampaign) => void,
): Promise<void> {
  const people = makePeople(draw, Math.ceil(contacts / SHARES.reduce((sum, share) => sum + share)), wave);
  const made: string[] = [];
  for (const [n, definition] of DEFINITIONS.entries()) {
    const name = wave === 0 ? definition.name : `${definition.name}, wave ${wave}`;
    const campaign = await client.made('POST', '/v1/campaigns', { ...definition, name });
    const id = String(campaign['id']);
    const theirs = draw.shuffled(people).slice(0, Math.ceil(people.length * SHARES[n]!));
    const path = `/v1/campaigns/${id}/imports?name=people.csv`;
    await client.made('POST', path, contactList(theirs, 'first'));
    const movers = theirs.filter((somebody) => somebody.otherNumber !== null);
    // A later list knows them by another number: the same person, with both.
    if (n % 2 === 0 && movers.length > 0) {
      await client.made('POST', path.replace('people', 'moved'), contactList(movers, 'other'));
    }
    add({ id, name, contacts: await contactsOf(client, id, theirs) });
    made.push(id);
  }
  for (const id of made) await client.made('POST', `/v1/campaigns/${id}/start`, {});
}

async function contactsOf(
  client: ApiClient,
  campaignId: string,
  people: readonly Somebody[],
): Promise<ChaosContact[]> {
  const byId = new Map(people.map((somebody) => [somebody.externalId, somebody]));
  const found: ChaosContact[] = [];
  for (let after = ''; ;) {
    const page = await client.made('GET', `/v1/campaigns/${campaignId}/contacts?limit=200${after}`);
    for (const item of page['items'] as { id: string; personId: string; externalId: string }[]) {
      found.push({ id: item.id, personId: item.personId, somebody: byId.get(item.externalId)! });
    }
    if (typeof page['next'] !== 'string') return found;
    after = `&after=${encodeURIComponent(page['next'])}`;
  }
}
