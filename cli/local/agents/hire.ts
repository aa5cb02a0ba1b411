import { itemsOf, told, type AgentsApi, type ApiAnswer } from './api.ts';

/** A simulated agent, and the key by which they sign in. */
export interface HiredAgent {
  readonly id: string;
  readonly key: string;
}

export interface Team {
  readonly id: string;
  readonly agents: readonly HiredAgent[];
}

/**
 * A team of so many agents, each with an API key of their own, made where they are not there yet: run again after a crash
 * it finds them, and gives them new keys, since a key is told once.
 * @throws Error with what was answered
 */
export async function hireTeam(
  api: AgentsApi,
  team: { readonly name: string; readonly agents: number; readonly zone: string },
): Promise<Team> {
  const teamId = await made(api, '/v1/teams', { name: team.name }, (it) => it['name'] === team.name);
  const agents: HiredAgent[] = [];
  for (let n = 1; n <= team.agents; n += 1) {
    const name = `${team.name} ${n}`;
    const keyName = `agent-${slug(team.name)}-${n}`;
    const key = await keyOf(api, keyName);
    const account = `key:${keyName}`;
    const body = { name, account, teamId, languages: ['zh-CN', 'en'], zone: team.zone };
    agents.push({ id: await made(api, '/v1/agents', body, (it) => it['account'] === account), key });
  }
  return { id: teamId, agents };
}

/** The id of what was made, or was there. */
async function made(
  api: AgentsApi,
  path: string,
  body: unknown,
  isIt: (item: Readonly<Record<string, unknown>>) => boolean,
): Promise<string> {
  const answer = await api.call(null, 'POST', path, body);
  if (answer?.status === 201) return String(answer.body['id']);
  const there = answer?.status === 409 ? (await itemsOf(api, path)).find(isIt) : undefined;
  if (there === undefined) throw new Error(`POST ${path}: ${told(answer)}`);
  return String(there['id']);
}

async function keyOf(api: AgentsApi, name: string): Promise<string> {
  const path = '/v1/access/keys';
  let answer: ApiAnswer | null = await api.call(null, 'POST', path, { name, roles: ['agent'] });
  if (answer?.status === 409) {
    const known = (await itemsOf(api, path)).find(isUsable(name));
    answer = await api.call(null, 'POST', `${path}/${String(known?.['id'])}/rotate`, { overlapHours: 0 });
  }
  if (answer === null || answer.status >= 300) throw new Error(`POST ${path}: ${told(answer)}`);
  return String(answer.body['key']);
}

const isUsable = (name: string) => (it: Readonly<Record<string, unknown>>) =>
  it['name'] === name && it['state'] === 'usable' && it['successor'] === null;

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
