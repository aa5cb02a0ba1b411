import type { Statements } from '../client.ts';

/**
 * Whom a contact's call belongs to, first choice first: who promised the call that is due, then whose customer they are
 * (专属坐席). They are taken before all others where they are free and fit.
 */
export async function preferredAgents(tx: Statements, contactId: string): Promise<string[]> {
  const rows = await tx.prepared<{ owner: string | null; preferred: string | null }>(
    'preferred_agents',
    `SELECT (SELECT substring(b.owner FROM 7) FROM callbacks b
              WHERE b.tenant_id = $1 AND b.contact_id = $2 AND b.status = 'promised'
                AND b.owner ~ '^agent:[0-9a-f-]{36}$') AS owner,
            c.preferred_agent_id AS preferred
     FROM contacts c WHERE c.tenant_id = $1 AND c.id = $2`,
    [tx.tenantId, contactId],
  );
  const { owner = null, preferred = null } = rows[0] ?? {};
  return [...new Set([owner, preferred].filter((id) => id !== null))];
}
