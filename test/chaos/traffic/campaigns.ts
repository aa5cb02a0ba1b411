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
  readonly campaigns: readonly ChaosCampaign[];
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
/** Share of the people whom each campaign calls: they overlap, so that caps count over campaigns. */
const SHARES = [0.7, 0.7, 0.6, 0.4];

/** Four campaigns over the same people, started. By the API alone, as their manager would. */
export async function makeWorld(client: ApiClient, draw: Seeded, contacts: number): Promise<World> {
  const people = makePeople(draw, Math.ceil(contacts / SHARES.reduce((sum, share) => sum + share)));
  const campaigns: ChaosCampaign[] = [];
  for (const [n, definition] of DEFINITIONS.entries()) {
    const campaign = await client.made('POST', '/v1/campaigns', definition);
    const id = String(campaign['id']);
    const theirs = draw.shuffled(people).slice(0, Math.ceil(people.length * SHARES[n]!));
    const path = `/v1/campaigns/${id}/imports?name=people.csv`;
    await client.made('POST', path, contactList(theirs, 'first'));
    const movers = theirs.filter((somebody) => somebody.otherNumber !== null);
    // A later list knows them by another number: the same person, with both.
    if (n % 2 === 0 && movers.length > 0) {
      await client.made('POST', path.replace('people', 'moved'), contactList(movers, 'other'));
    }
    campaigns.push({ id, name: String(definition.name), contacts: await contactsOf(client, id, theirs) });
  }
  for (const { id } of campaigns) await client.made('POST', `/v1/campaigns/${id}/start`, {});
  const carriers = await client.made('GET', '/v1/carriers');
  const [carrier] = carriers['items'] as { id: string }[];
  const me = await client.made('GET', '/v1/access/me');
  return { tenantId: String(me['tenantId']), carrierId: carrier!.id, campaigns };
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
