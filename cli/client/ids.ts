import { RightcallError, invalidInput, notFound } from '../../domain/failures.ts';
import type { ApiClient } from './http.ts';
import { STDIN, secretOf } from './input.ts';
import type { Shell } from './shell.ts';

/** People know campaigns and teams by name and persons by number: the ids of what they name. */

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** What starts like a number in international form, and is no id. */
const NUMBER = /^[+＋(]?[\d(][\d\s().-]*$/;

export function isId(text: string): boolean {
  return ID.test(text);
}

/** It is to be looked up by number: it reads as one, or is to be read from standard input. */
export function isNumber(text: string): boolean {
  return text === STDIN || (!isId(text) && NUMBER.test(text));
}

type Resolver = (api: ApiClient, given: string, shell: Shell) => Promise<string>;

/** How an id of this parameter is found from what people give; others are taken as they are. */
const RESOLVERS: Readonly<Record<string, Resolver>> = {
  campaignId: (api, given) => campaignIdOf(api, given),
  teamId: (api, given) => teamIdOf(api, given),
  contactId: (api, given, shell) => contactIdOf(api, given, shell),
  personId: (api, given, shell) => personIdOf(api, given, shell),
};

/** @param name of the parameter, as the API has it */
export async function idFor(api: ApiClient, name: string, given: string, shell: Shell): Promise<string> {
  const resolver = Object.hasOwn(RESOLVERS, name) ? RESOLVERS[name] : undefined;
  return resolver === undefined ? given : await resolver(api, given, shell);
}

interface NamedPage {
  readonly items: readonly { readonly id: string; readonly name: string }[];
  readonly next: string | null;
}

/** The id of the one campaign of this name, or the id itself. */
export async function campaignIdOf(api: ApiClient, given: string): Promise<string> {
  if (isId(given)) return given;
  const found: string[] = [];
  let after: string | undefined;
  do {
    // The filter takes names that contain the text; only the whole name is meant.
    const page: NamedPage = await api.send('GET', '/v1/campaigns', {
      query: { name: given, limit: 500, after },
    });
    found.push(...page.items.filter((campaign) => campaign.name === given).map((campaign) => campaign.id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return oneOf(found, `a campaign named ${given}`, 'campaigns have this name');
}

/** The id of the team of this name, or the id itself. */
async function teamIdOf(api: ApiClient, given: string): Promise<string> {
  if (isId(given)) return given;
  let after: string | undefined;
  do {
    const page: NamedPage = await api.send('GET', '/v1/teams', { query: { limit: 500, after } });
    const found = page.items.find((team) => team.name === given);
    if (found !== undefined) return found.id;
    after = page.next ?? undefined;
  } while (after !== undefined);
  throw notFound(`a team named ${given}`);
}

/** The person of this number, or the id itself. */
export async function personIdOf(api: ApiClient, given: string, shell: Shell): Promise<string> {
  if (!isNumber(given)) return given;
  const json = { number: await secretOf(given, shell.stdin) };
  return (await api.send<{ id: string }>('POST', '/v1/persons/search', { json })).id;
}

/** The contact of this number where it is in one campaign alone, or the id itself. */
export async function contactIdOf(api: ApiClient, given: string, shell: Shell): Promise<string> {
  if (!isNumber(given)) return given;
  const json = { number: await secretOf(given, shell.stdin) };
  const { items } = await api.send<{ items: { id: string }[] }>('POST', '/v1/contacts/search', { json });
  return oneOf(
    items.map((contact) => contact.id),
    'a contact of this number',
    'contacts have this number',
  );
}

function oneOf(found: readonly string[], what: string, many: string): string {
  if (found.length === 0) throw notFound(what);
  if (found.length === 1) return found[0]!;
  throw new RightcallError('conflict', `${found.length} ${many}; name one by id: ${found.join(', ')}`);
}

/** @throws RightcallError `invalid_input` where neither or both were given */
export function exactlyOne(
  options: Readonly<Record<string, unknown>>,
  names: readonly [string, string],
): 0 | 1 {
  const given = names.map((name) => options[name] !== undefined);
  if (given[0] !== given[1]) return given[0] === true ? 0 : 1;
  const flags = names.map((name) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`).join(' or ');
  throw invalidInput([
    { field: 'options', fault: 'do not say what to find', expected: `${flags}, and not both` },
  ]);
}
