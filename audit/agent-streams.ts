import type { Tx } from '../db/client.ts';
import type { StoredAgentCall, StoredSeat } from './records.ts';
import type { Scope } from './streams.ts';

const PAGE_ROWS = 1_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** Of each agent the calls on which they talked, in the order in which they were joined; agents in no order. */
export async function* talksByAgent(tx: Tx, scope: Scope): AsyncGenerator<StoredAgentCall[]> {
  let after = FIRST;
  for (;;) {
    const agents = await tx.query<{ id: string }>(
      'SELECT id FROM agents WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT 100',
      [tx.tenantId, after],
    );
    for (const { id } of agents) {
      // All campaigns: an agent may be at another's.
      const calls = await tx.query<StoredAgentCall>(
        `SELECT attempt_id AS "attemptId", agent_id AS "agentId", connected_real AS "connectedReal", ended_real AS "endedReal"
         FROM agent_calls
         WHERE tenant_id = $1 AND agent_id = $2 AND connected_real IS NOT NULL
           AND ($3::uuid IS NULL OR EXISTS (SELECT 1 FROM agent_calls o WHERE o.tenant_id = $1 AND o.agent_id = $2
                                              AND o.campaign_id = $3))
         ORDER BY connected_real, attempt_id`,
        [tx.tenantId, id, scope.campaignId],
      );
      if (calls.length > 0) yield calls;
    }
    if (agents.length < 100) return;
    after = agents.at(-1)!.id;
  }
}

/** Seats that hold a contact, with what they hold it for. */
export async function* engagedSeats(tx: Tx, scope: Scope): AsyncGenerator<StoredSeat> {
  let after = FIRST;
  for (;;) {
    const rows = await tx.query<StoredSeat>(
      `SELECT s.agent_id AS "agentId", s.state, s.attempt_id AS "attemptId", s.preview_id AS "previewId",
              s.lease_until_real AS "leaseUntilReal", g.state AS "callState",
              coalesce(v.acted_real IS NULL AND v.id IS NOT NULL, false) AS "previewOpen"
       FROM seats s
       LEFT JOIN agent_calls g ON g.tenant_id = s.tenant_id AND g.attempt_id = s.attempt_id AND g.agent_id = s.agent_id
       LEFT JOIN previews v ON v.tenant_id = s.tenant_id AND v.id = s.preview_id AND v.agent_id = s.agent_id
       WHERE s.tenant_id = $1 AND s.agent_id > $2 AND ($3::uuid IS NULL OR s.campaign_id = $3)
         AND s.state IN ('reserved', 'in_call', 'wrap_up')
       ORDER BY s.agent_id LIMIT ${PAGE_ROWS}`,
      [tx.tenantId, after, scope.campaignId],
    );
    yield* rows;
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.agentId;
  }
}
