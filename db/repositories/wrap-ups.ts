import { toIso, type EpochMs } from '../../domain/time.ts';
import type { DialMode, Disposition } from '../../domain/vocabulary.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Statements } from '../client.ts';
import type { AgentCallState } from '../schema/agents.ts';
import { newestFirst, type Page, type PagePlace } from './pages.ts';

/** What agents write down of their calls (话后小结), and what they see of them. */

/** A call as its agent writes it down. */
export interface AgentCall {
  readonly attemptId: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  readonly mode: DialMode;
  readonly state: AgentCallState;
  readonly agentId: string | null;
  readonly answeredAt: EpochMs | null;
  readonly assignedAt: EpochMs | null;
  readonly connectedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly wrapUpUntil: EpochMs | null;
  readonly disposedAt: EpochMs | null;
  readonly dispositionCode: string | null;
  readonly disposedBy: string | null;
  readonly sealedNotes: Buffer | null;
  readonly sealedForm: Buffer | null;
  readonly listeners: readonly string[];
  readonly reason: string | null;
}

/** With what it is written down by. */
export interface CallToWriteDown extends AgentCall {
  readonly definition: CampaignDefinition;
  readonly numberHash: Buffer;
}

const COLUMNS = `g.attempt_id AS "attemptId", g.campaign_id AS "campaignId", g.contact_id AS "contactId",
  g.person_id AS "personId", g.mode, g.state, g.agent_id AS "agentId", g.answered_at AS "answeredAt",
  g.assigned_at AS "assignedAt", g.connected_at AS "connectedAt", g.ended_at AS "endedAt",
  g.wrap_up_until AS "wrapUpUntil", g.disposed_at AS "disposedAt", g.disposition_code AS "dispositionCode",
  g.disposed_by AS "disposedBy", g.sealed_notes AS "sealedNotes", g.sealed_form AS "sealedForm", g.listeners, g.reason`;

/** @returns null where no agent has to do with the attempt. */
export async function agentCallOf(tx: Statements, attemptId: string): Promise<CallToWriteDown | null> {
  const rows = await tx.prepared<CallToWriteDown>(
    'agent_call_of',
    `SELECT ${COLUMNS}, k.definition, a.number_hash AS "numberHash"
     FROM agent_calls g
     JOIN attempts a ON a.tenant_id = g.tenant_id AND a.id = g.attempt_id
     JOIN campaigns k ON k.tenant_id = g.tenant_id AND k.id = g.campaign_id
     WHERE g.tenant_id = $1 AND g.attempt_id = $2`,
    [tx.tenantId, attemptId],
  );
  return rows[0] ?? null;
}

/** Nobody else changes the agent's side of the call before this transaction ends. The caller holds the person. */
export async function lockAgentCall(tx: Statements, attemptId: string): Promise<void> {
  await tx.prepared(
    'agent_call_lock',
    'SELECT 1 AS one FROM agent_calls WHERE tenant_id = $1 AND attempt_id = $2 FOR NO KEY UPDATE',
    [tx.tenantId, attemptId],
  );
}

/** What was written so far; the call stays to be written down. */
export async function saveDraft(
  tx: Statements,
  attemptId: string,
  written: {
    readonly dispositionCode: string | null;
    readonly sealedNotes: Buffer | null;
    readonly sealedForm: Buffer | null;
  },
): Promise<void> {
  await tx.prepared(
    'wrap_up_draft',
    `UPDATE agent_calls SET disposition_code = $3, sealed_notes = $4, sealed_form = $5
     WHERE tenant_id = $1 AND attempt_id = $2`,
    [tx.tenantId, attemptId, written.dispositionCode, written.sealedNotes, written.sealedForm],
  );
}

/** The call is written down; what it came to is the attempt's, whose consequence is drawn from it. */
export async function writeDown(
  tx: Statements,
  call: Pick<AgentCall, 'attemptId' | 'contactId' | 'personId'>,
  done: { readonly disposition: Disposition; readonly by: string; readonly at: EpochMs },
): Promise<void> {
  await tx.prepared(
    'wrap_up_done',
    `UPDATE agent_calls SET state = 'over', disposed_at = coalesce(disposed_at, $3), disposed_by = $4
     WHERE tenant_id = $1 AND attempt_id = $2`,
    [tx.tenantId, call.attemptId, toIso(done.at), done.by],
  );
  await tx.prepared(
    'wrap_up_disposition',
    `WITH said AS (
       INSERT INTO dispositions (tenant_id, attempt_id, contact_id, person_id, code, source, at)
       VALUES ($1, $2, $3, $4, $5, 'agent', $6)
       ON CONFLICT DO NOTHING)
     UPDATE attempts SET disposition = $5 WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, call.attemptId, call.contactId, call.personId, done.disposition, toIso(done.at)],
  );
}

/** Calls of an agent, those given to them last first. */
export async function pageOfAgentCalls(
  tx: Statements,
  query: {
    readonly agentId: string;
    readonly state: AgentCallState | null;
    readonly after: PagePlace | null;
    readonly limit: number;
  },
): Promise<Page<AgentCall>> {
  const { agentId, state, after, limit } = query;
  const values: unknown[] = [tx.tenantId, agentId];
  const filter = state === null ? [] : [`g.state = $${values.push(state)}`];
  return newestFirst<AgentCall>(tx, {
    columns: COLUMNS,
    table: 'agent_calls',
    alias: 'g',
    within: ['g.tenant_id = $1', 'g.agent_id = $2', 'g.assigned_at IS NOT NULL'],
    filter,
    order: { at: 'assigned_at', id: 'attempt_id', idType: 'text' },
    values,
    after,
    limit,
  });
}

/** A call that a contact had before. */
export interface EarlierCall {
  readonly attemptId: string;
  readonly at: EpochMs;
  readonly outcome: string | null;
  readonly disposition: string | null;
  readonly agentId: string | null;
  readonly sealedNotes: Buffer | null;
}

/** A contact's earlier calls, last first. @param except the one that is now */
export async function callsBefore(
  tx: Statements,
  contactId: string,
  except: string | null,
  limit: number,
): Promise<EarlierCall[]> {
  return tx.prepared<EarlierCall>(
    'calls_before',
    `SELECT a.id AS "attemptId", a.rang_at AS at, a.outcome, a.disposition, g.agent_id AS "agentId",
            g.sealed_notes AS "sealedNotes"
     FROM attempts a LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.contact_id = $2 AND a.state = 'ended' AND a.id IS DISTINCT FROM $3
     ORDER BY a.n DESC LIMIT $4`,
    [tx.tenantId, contactId, except, limit],
  );
}
