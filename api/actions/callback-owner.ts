import type { Tx } from '../../db/client.ts';
import { agentById } from '../../db/repositories/agents.ts';
import { teamById, teamsNamed } from '../../db/repositories/teams.ts';
import { ownerOf } from '../../domain/callback.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import { invalidInput } from '../../domain/failures.ts';

/**
 * That a promise is somebody's who can keep it: an agent or a team there is, and one that takes the campaign's calls where
 * the campaign has any. An account that is neither keeps none, and is only on record.
 * @throws RightcallError `invalid_input` saying who could
 */
export async function requireOwner(
  tx: Tx,
  owner: string,
  { agents }: Partial<Pick<CampaignDefinition, 'agents'>>,
): Promise<void> {
  const said = ownerOf(owner);
  if (said.kind === 'account') return;
  const teams = agents?.teams ?? null;
  const team = said.kind === 'team' ? await teamNamed(tx, said.team) : await teamOfAgent(tx, said.agentId);
  if (team === null) {
    const expected = said.kind === 'team' ? 'team: and the name of a team' : 'agent: and the id of an agent';
    throw invalidInput([{ field: 'owner', fault: `names no ${said.kind} there is`, expected }]);
  }
  if (teams === null || teams.includes(team)) return;
  throw invalidInput([
    {
      field: 'owner',
      fault: `is of the team ${team}, which takes no calls of this campaign`,
      expected: `one of ${teams.map((name) => `team:${name}`).join(', ')}, or an agent of theirs`,
    },
  ]);
}

async function teamNamed(tx: Tx, name: string): Promise<string | null> {
  return (await teamsNamed(tx, [name])).has(name) ? name : null;
}

async function teamOfAgent(tx: Tx, agentId: string): Promise<string | null> {
  const agent = await agentById(tx, agentId);
  return agent === null ? null : ((await teamById(tx, agent.teamId))?.name ?? null);
}
