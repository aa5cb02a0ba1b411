import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { AgentDemand } from '../../domain/agent.ts';
import type { CampaignAgents } from '../../domain/campaign-agents.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { teams } from '../schema/index.ts';

export type TeamRow = typeof teams.$inferSelect;

/** @throws SQLSTATE 23505 where there is a team of this name */
export async function insertTeam(
  tx: Tx,
  team: { readonly id: string; readonly name: string },
  at: EpochMs,
): Promise<TeamRow> {
  const rows = await tx.orm
    .insert(teams)
    .values({ tenantId: tx.tenantId, ...team, revision: 1, createdAt: at, updatedAt: at })
    .returning();
  return rows[0]!;
}

export async function teamById(tx: Tx, id: string): Promise<TeamRow | null> {
  const rows = await tx.orm.select().from(teams).where(isTeam(tx, id));
  return rows[0] ?? null;
}

/** The team, for whoever is about to change it. */
export async function lockTeam(tx: Tx, id: string): Promise<TeamRow | null> {
  const rows = await tx.orm.select().from(teams).where(isTeam(tx, id)).for('no key update');
  return rows[0] ?? null;
}

/** By name. @param page.after name of the last one seen */
export async function listTeams(
  tx: Tx,
  page: { readonly after: string | null; readonly limit: number },
): Promise<TeamRow[]> {
  return tx.orm
    .select()
    .from(teams)
    .where(and(eq(teams.tenantId, tx.tenantId), page.after === null ? undefined : gt(teams.name, page.after)))
    .orderBy(asc(teams.name))
    .limit(page.limit);
}

/** @throws SQLSTATE 23505 where another team has the name */
export async function renameTeam(tx: Tx, id: string, name: string, at: EpochMs): Promise<TeamRow> {
  const rows = await tx.orm
    .update(teams)
    .set({ name, revision: sql`${teams.revision} + 1`, updatedAt: at })
    .where(isTeam(tx, id))
    .returning();
  return rows[0]!;
}

/** Campaigns that name the team and are not over: they would lose it with its name. */
export async function campaignsNaming(tx: Tx, name: string): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `SELECT name FROM campaigns WHERE tenant_id = $1 AND status NOT IN ('stopped', 'completed')
       AND definition->'agents'->'teams' ? $2 ORDER BY name LIMIT 20`,
    [tx.tenantId, name],
  );
  return rows.map((row) => row.name);
}

/** Of these names, those that are teams, with their ids. */
export async function teamsNamed(
  tx: Statements,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.prepared<{ id: string; name: string }>(
    'teams_named',
    'SELECT id, name FROM teams WHERE tenant_id = $1 AND name = ANY ($2::text[])',
    [tx.tenantId, names],
  );
  return new Map(rows.map(({ id, name }) => [name, id]));
}

/** Names of the teams there are, for whoever named one that is not. */
export async function someTeamNames(tx: Statements, limit: number): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    'SELECT name FROM teams WHERE tenant_id = $1 ORDER BY name LIMIT $2',
    [tx.tenantId, limit],
  );
  return rows.map((row) => row.name);
}

/** What a campaign's calls ask of an agent, whomever its contacts belong to. */
export async function demandOf(
  tx: Statements,
  { teams: names, skills, languages }: Pick<CampaignAgents, 'teams' | 'skills' | 'languages'>,
): Promise<Omit<AgentDemand, 'preferredAgentIds'>> {
  return { teamIds: [...(await teamsNamed(tx, names)).values()], skills, languages };
}

function isTeam(tx: Tx, id: string) {
  return and(eq(teams.tenantId, tx.tenantId), eq(teams.id, id));
}
