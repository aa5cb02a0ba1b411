import type { Context } from 'hono';
import type { Tx } from '../../../db/client.ts';
import { agentOfAccount, type AgentRow } from '../../../db/repositories/agents.ts';
import { someTeamNames, teamById } from '../../../db/repositories/teams.ts';
import { RightcallError, conflict, invalidInput, notFound } from '../../../domain/failures.ts';
import type { ApiEnv } from '../../env.ts';

/** Names told to whoever named none that there is. */
const NAMED_MAX = 20;

/** @throws RightcallError `invalid_input` saying which teams there are */
export async function mustBeTeam(tx: Tx, teamId: string): Promise<void> {
  if ((await teamById(tx, teamId)) !== null) return;
  const names = await someTeamNames(tx, NAMED_MAX);
  const expected =
    names.length === 0 ? 'a team that was made first (POST /v1/teams)' : `the id of ${names.join(', ')}`;
  throw invalidInput([{ field: 'teamId', fault: 'names no team there is', expected }]);
}

/** @throws RightcallError `conflict` where the account is another agent's */
export async function mustBeFree(tx: Tx, account: string | null): Promise<void> {
  if (account === null) return;
  const other = await agentOfAccount(tx, account);
  if (other !== null) throw conflict(`account: is that of agent ${other.id} already`);
}

/** The agent who asks. @throws RightcallError `not_found` where no agent has the account */
export async function me(tx: Tx, c: Context<ApiEnv>): Promise<AgentRow> {
  const account = c.get('actor');
  const agent = await agentOfAccount(tx, account);
  if (agent === null) throw notFound(`an agent of the account ${account}`);
  if (!agent.enabled) {
    throw new RightcallError('refused', 'the agent is disabled; whoever manages agents can enable them');
  }
  return agent;
}
