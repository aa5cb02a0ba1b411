import type { EpochMs } from '../../domain/time.ts';
import type { ContactState, Disposition, Outcome } from '../../domain/vocabulary.ts';
import type { Statements } from '../client.ts';

/** What became of a contact, for the system it came from: no number, no name. */
export interface ContactResult {
  readonly contactId: string;
  readonly externalId: string | null;
  readonly state: ContactState;
  readonly reason: string | null;
  /** Attempts that rang or may have rung. */
  readonly attempts: number;
  /** Of the latest attempt. */
  readonly lastOutcome: Outcome | null;
  readonly disposition: Disposition | null;
  readonly lastAttemptAt: EpochMs | null;
  readonly updatedAt: EpochMs;
}

/** Some contacts of a campaign by id, each with its latest attempt. @param after id of the last one read */
export async function contactResults(
  tx: Statements,
  query: {
    readonly campaignId: string;
    readonly state: ContactState | null;
    readonly after: string | null;
    readonly limit: number;
  },
): Promise<ContactResult[]> {
  const { campaignId, state, after, limit } = query;
  return state === null
    ? tx.prepared<ContactResult>('results_all', resultsSql('true', '$4'), [
        tx.tenantId,
        campaignId,
        after,
        limit,
      ])
    : tx.prepared<ContactResult>('results_of_state', resultsSql('state = $5', '$4'), [
        tx.tenantId,
        campaignId,
        after,
        limit,
        state,
      ]);
}

function resultsSql(which: string, limit: string): string {
  return `
SELECT c.id AS "contactId", c.external_id AS "externalId", c.state, c.state_reason AS reason,
       c.counted_attempts AS attempts, a.outcome AS "lastOutcome", a.disposition,
       a.rang_at AS "lastAttemptAt", c.updated_at AS "updatedAt"
FROM (SELECT * FROM contacts
       WHERE tenant_id = $1 AND campaign_id = $2 AND ($3::uuid IS NULL OR id > $3) AND ${which}
       ORDER BY id LIMIT ${limit}) c
LEFT JOIN attempts a ON a.tenant_id = $1 AND a.id = c.id::text || '/' || c.attempts
ORDER BY c.id`;
}
