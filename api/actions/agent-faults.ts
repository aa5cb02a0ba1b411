import type { Tx } from '../../db/client.ts';
import { someTeamNames, teamsNamed } from '../../db/repositories/teams.ts';
import type { NoAgentReason } from '../../domain/agent.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Fault } from '../../domain/failures.ts';

/** Names told to whoever named a team that is not. */
const NAMED_MAX = 20;

/** Teams that a definition names and that are not, each with those there are. */
export async function teamFaults(tx: Tx, definition: Pick<CampaignDefinition, 'agents'>): Promise<Fault[]> {
  const names = definition.agents?.teams ?? [];
  if (names.length === 0) return [];
  const known = await teamsNamed(tx, names);
  if (names.every((name) => known.has(name))) return [];
  const there = await someTeamNames(tx, NAMED_MAX);
  const expected =
    there.length === 0 ? 'a team that was made first (POST /v1/teams)' : `one of ${there.join(', ')}`;
  return names.flatMap((name, i) =>
    known.has(name) ? [] : [{ field: `agents.teams[${i}]`, fault: 'names no team there is', expected }],
  );
}

/** Why no agent can take a call, in words. */
export function noAgentText(reason: NoAgentReason): string {
  switch (reason.code) {
    case 'agents.none_in_team':
      return 'nobody is in the teams that take its calls';
    case 'agents.none_with_skill':
      return `nobody in its teams has the skills that it asks for: ${reason.skills.join(', ')}`;
    case 'agents.none_with_language':
      return `nobody in its teams who has the skills speaks ${reason.languages.join(' or ')}`;
    case 'agents.none_signed_in':
      return 'nobody who could take its calls is signed in';
    case 'agents.none_free':
      return 'everybody who could take its calls is busy, or on a break';
  }
}
