import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Shift, Skills } from '../../domain/agent.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { agents, seats } from '../schema/index.ts';

export type AgentRow = typeof agents.$inferSelect;

/** What of an agent can be said and changed. */
export interface AgentParts {
  readonly name: string;
  readonly account: string | null;
  readonly teamId: string;
  readonly skills: Skills;
  readonly languages: readonly string[];
  readonly zone: string;
  readonly shifts: readonly Shift[] | null;
  readonly enabled: boolean;
}

/** An agent with a seat that nobody has taken. @throws SQLSTATE 23505 where the account is another agent's */
export async function insertAgent(
  tx: Tx,
  agent: AgentParts & { readonly id: string },
  at: EpochMs,
): Promise<AgentRow> {
  const rows = await tx.orm
    .insert(agents)
    .values({
      ...agent,
      tenantId: tx.tenantId,
      languages: [...agent.languages],
      revision: 1,
      createdAt: at,
      updatedAt: at,
    })
    .returning();
  await tx.orm.insert(seats).values({
    tenantId: tx.tenantId,
    agentId: agent.id,
    teamId: agent.teamId,
    state: 'offline',
    since: at,
    idleSince: at,
    fence: 1,
  });
  return rows[0]!;
}

export async function agentById(tx: Tx, id: string): Promise<AgentRow | null> {
  const rows = await tx.orm.select().from(agents).where(isAgent(tx, id));
  return rows[0] ?? null;
}

/** Who signs in under this account, such as `key:anna`. */
export async function agentOfAccount(tx: Tx, account: string): Promise<AgentRow | null> {
  const rows = await tx.orm
    .select()
    .from(agents)
    .where(and(eq(agents.tenantId, tx.tenantId), eq(agents.account, account)));
  return rows[0] ?? null;
}

/** The agent, for whoever is about to change them. */
export async function lockAgent(tx: Tx, id: string): Promise<AgentRow | null> {
  const rows = await tx.orm.select().from(agents).where(isAgent(tx, id)).for('no key update');
  return rows[0] ?? null;
}

/** In the order in which they were made. @param page.after id of the last one seen */
export async function listAgents(
  tx: Tx,
  page: {
    readonly teamId: string | null;
    readonly enabled: boolean | null;
    readonly after: string | null;
    readonly limit: number;
  },
): Promise<AgentRow[]> {
  return tx.orm
    .select()
    .from(agents)
    .where(
      and(
        eq(agents.tenantId, tx.tenantId),
        page.teamId === null ? undefined : eq(agents.teamId, page.teamId),
        page.enabled === null ? undefined : eq(agents.enabled, page.enabled),
        page.after === null ? undefined : gt(agents.id, page.after),
      ),
    )
    .orderBy(asc(agents.id))
    .limit(page.limit);
}

/** Change a locked agent; their seat goes with them into another team. */
export async function changeAgent(
  tx: Tx,
  id: string,
  change: Partial<AgentParts>,
  at: EpochMs,
): Promise<AgentRow> {
  const { languages, ...rest } = change;
  const rows = await tx.orm
    .update(agents)
    .set({
      ...rest,
      ...(languages === undefined ? {} : { languages: [...languages] }),
      revision: sql`${agents.revision} + 1`,
      updatedAt: at,
    })
    .where(isAgent(tx, id))
    .returning();
  if (change.teamId !== undefined) {
    await tx.orm
      .update(seats)
      .set({ teamId: change.teamId })
      .where(and(eq(seats.tenantId, tx.tenantId), eq(seats.agentId, id)));
  }
  return rows[0]!;
}

function isAgent(tx: Tx, id: string) {
  return and(eq(agents.tenantId, tx.tenantId), eq(agents.id, id));
}
