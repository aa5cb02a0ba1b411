import type { CampaignDefinitionInput } from '../../../domain/campaign.ts';
import { hireTeam, type Team } from '../../../cli/local/agents/hire.ts';
import type { Seeded } from '../seeded.ts';
import { contactList, makePeople, type Somebody } from './people.ts';
import type { ApiClient } from './client.ts';

export interface ChaosCampaign {
  /** From 0: those of later waves are over people who were in none before. */
  readonly wave: number;
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
  /** Who takes the calls of campaigns with agents; null: there are none. */
  readonly team: Team | null;
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

const TEAM = 'Floor';
const AGENTS = 6;
/**
 * Of campaigns whose calls agents take; both have the same ones. For debts, each campaign its own: no rule of the United
 * States caps what is abandoned of such calls, so that a run in which much fails goes on all the same.
 */
const WITH_AGENTS: readonly CampaignDefinitionInput[] = [
  {
    name: 'Advice',
    purpose: 'collection',
    mode: 'progressive',
    carrier: 'simulator',
    callerId: CALLER,
    retry: RETRY,
    // The longest there is: some real seconds on a run's clock.
    agents: { teams: [TEAM], wrapUp: { limitS: 3_600 } },
  },
  {
    name: 'Settlements',
    purpose: 'collection',
    mode: 'predictive',
    carrier: 'simulator',
    callerId: CALLER,
    retry: RETRY,
    // Now and then too short, so that calls are put down for their agents.
    agents: { teams: [TEAM], wrapUp: { limitS: 900, onLimit: 'ready', disposition: 'completed' } },
  },
];
const SHARE_WITH_AGENTS = 0.4;
/** All of them, with the share of the people whom each calls, and what the references of its debts begin with. */
const PLANNED = [
  ...DEFINITIONS.map((definition, n) => ({ definition, share: SHARES[n]!, debts: 'D' })),
  ...WITH_AGENTS.map((definition, n) => ({ definition, share: SHARE_WITH_AGENTS, debts: `D${n}` })),
];

/** Which campaigns a world has. */
export type Which = 'all' | 'without agents' | 'with agents';

/**
 * Campaigns over the same people, started. By the API alone, as their manager would.
 * @param of.agents how many there are, where campaigns have some; left out: as many as in any run
 */
export async function makeWorld(
  client: ApiClient,
  draw: Seeded,
  of: { readonly contacts: number; readonly which: Which; readonly agents?: number | undefined },
): Promise<World> {
  const { contacts, which } = of;
  const campaigns: ChaosCampaign[] = [];
  const floor = { name: TEAM, agents: of.agents ?? AGENTS, zone: 'America/New_York' };
  const team = which === 'without agents' ? null : await hireTeam(client, floor);
  await addWave(client, draw, { contacts, wave: 0, which }, (campaign) => campaigns.push(campaign));
  const carriers = await client.made('GET', '/v1/carriers');
  const [carrier] = carriers['items'] as { id: string }[];
  const me = await client.made('GET', '/v1/access/me');
  return { tenantId: String(me['tenantId']), carrierId: carrier!.id, campaigns, team };
}

/**
 * The same campaigns again over people who were in none before. While everything fails that can, any of it may take its
 * time or be given up: what was made by then is there.
 * @param add called with each campaign that has its contacts, before it is started
 */
export async function addWave(
  client: ApiClient,
  draw: Seeded,
  of: { readonly contacts: number; readonly wave: number; readonly which: Which },
  add: (campaign: ChaosCampaign) => void,
): Promise<void> {
  const { wave } = of;
  const made: string[] = [];
  const planned = PLANNED.filter(
    ({ definition: { agents = null } }) =>
      of.which === 'all' || (of.which === 'with agents') === (agents !== null),
  );
  const shares = planned.reduce((sum, { share }) => sum + share, 0);
  const people = makePeople(draw, Math.ceil(of.contacts / shares), wave);
  for (const [n, { definition, share, debts }] of planned.entries()) {
    const name = wave === 0 ? definition.name : `${definition.name}, wave ${wave}`;
    const campaign = await client.made('POST', '/v1/campaigns', { ...definition, name });
    const id = String(campaign['id']);
    const theirs = draw.shuffled(people).slice(0, Math.ceil(people.length * share));
    const path = `/v1/campaigns/${id}/imports?name=people.csv`;
    await client.made('POST', path, contactList(theirs, 'first', debts));
    const movers = theirs.filter((somebody) => somebody.otherNumber !== null);
    // A later list knows them by another number: the same person, with both.
    if (n % 2 === 0 && movers.length > 0) {
      await client.made('POST', path.replace('people', 'moved'), contactList(movers, 'other', debts));
    }
    add({ wave, id, name, contacts: await contactsOf(client, id, theirs) });
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
