import { isTerminalContactState, type ContactState } from '../../domain/vocabulary.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';
import { recordChange } from './changes.ts';

/** Which contacts have a workflow, as their rows say it, to compare with those that Temporal has. */

export interface OpenContact {
  readonly id: string;
  readonly campaignId: string;
  readonly admissions: number;
}

/** Those that were admitted a moment ago are left out: their workflow is being started. `$2`: the end of that moment. */
const SETTLED = '(admitted_real IS NULL OR admitted_real <= $2)';

/** How many contacts are said to have a workflow since before an instant (real), and are not done with. */
export async function countOpen(tx: Statements, beforeReal: EpochMs): Promise<number> {
  const rows = await tx.prepared<{ n: number }>(
    'workflows_open',
    `SELECT count(*) AS n FROM contacts
     WHERE tenant_id = $1 AND workflow_open AND ${SETTLED} AND state IN ('waiting', 'admitted')`,
    [tx.tenantId, toIso(beforeReal)],
  );
  return rows[0]!.n;
}

/** The next contacts that are said to have a workflow since before an instant (real), in the order of their ids. */
export async function nextOpen(
  tx: Statements,
  after: string | null,
  limit: number,
  beforeReal: EpochMs,
): Promise<OpenContact[]> {
  return tx.prepared(
    'workflows_next_open',
    `SELECT id, campaign_id AS "campaignId", admissions FROM contacts
     WHERE tenant_id = $1 AND workflow_open AND ${SETTLED} AND state IN ('waiting', 'admitted')
       AND ($3::uuid IS NULL OR id > $3)
     ORDER BY id LIMIT $4`,
    [tx.tenantId, toIso(beforeReal), after, limit],
  );
}

/** What a row says of a contact whose workflow runs. `open`: that it has one, `new`: since a moment ago. */
export type SaidOfWorkflow =
  'open' | 'new' | 'not_open' | { readonly state: ContactState; readonly reason: string | null };

/** What the rows say of contacts whose workflow runs. One that is not among them has no row. */
export async function contactsOfWorkflows(
  tx: Statements,
  contactIds: readonly string[],
  beforeReal: EpochMs,
): Promise<Map<string, SaidOfWorkflow>> {
  const rows = await tx.prepared<{
    id: string;
    state: ContactState;
    state_reason: string | null;
    workflow_open: boolean;
    settled: boolean;
  }>(
    'workflows_contacts',
    `SELECT id, state, state_reason, workflow_open, ${SETTLED} AS settled FROM contacts
     WHERE tenant_id = $1 AND id = ANY ($3::uuid[])`,
    [tx.tenantId, toIso(beforeReal), contactIds],
  );
  const saidOf = (row: (typeof rows)[number]): SaidOfWorkflow => {
    if (isTerminalContactState(row.state)) return { state: row.state, reason: row.state_reason };
    if (!row.workflow_open) return 'not_open';
    return row.settled ? 'open' : 'new';
  };
  return new Map(rows.map((row) => [row.id, saidOf(row)]));
}

/** Of these campaigns, those that there are. */
export async function campaignsThatAre(
  tx: Statements,
  campaignIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await tx.prepared<{ id: string }>(
    'workflows_campaigns',
    'SELECT id FROM campaigns WHERE tenant_id = $1 AND id = ANY ($2::uuid[])',
    [tx.tenantId, campaignIds],
  );
  return new Set(rows.map((row) => row.id));
}

/** What was done about workflows that did not agree with the rows, as a change by the engine. */
export async function recordWorkflowRepair(
  tx: Statements,
  action: 'startWorkflows' | 'closeWorkflows' | 'endWorkflows',
  of: readonly string[],
  reason: string,
  at: EpochMs,
): Promise<void> {
  if (of.length === 0) return;
  await recordChange(tx, {
    by: 'engine',
    requestId: null,
    action,
    resource: 'workflow',
    resourceId: tx.tenantId,
    before: null,
    after: { of },
    reason,
    at,
  });
}
