import type { Tx } from '../db/client.ts';
import { CONDUCT, conductOf, type ConductRow } from '../db/repositories/duty-checks.ts';
import type { RuleResult } from '../domain/decision.ts';
import type { EpochMs } from '../domain/time.ts';
import { checkDutyRecord, type StoredConduct } from './checks/duties.ts';
import type { Scope } from './streams.ts';
import type { Tally } from './verdict.ts';

const PAGE_ROWS = 500;

interface Row extends ConductRow {
  contact_id: string;
  admission: number;
  id: string;
  decision_id: string;
  results: RuleResult[];
  facts: unknown;
  news_real: EpochMs | null;
  checks: (Omit<StoredConduct['checks'][number], 'recordedReal'> & { recordedReal: number })[] | null;
}

/**
 * Hold every check of a duty against the decision and the carrier's events, page by page. Calls whose end was known
 * before the first check of the tenant were made by a version that had none.
 */
export async function auditDuties(tx: Tx, tally: Tally, scope: Scope): Promise<void> {
  let after: [string, number] = ['00000000-0000-0000-0000-000000000000', 0];
  for (;;) {
    const rows = await tx.query<Row>(
      `SELECT a.contact_id, a.admission, a.id, a.decision_id, d.results, d.facts, ${CONDUCT},
              (SELECT max(e.received_real) FROM call_events e, duty_checks c
               WHERE e.tenant_id = $1 AND e.attempt_id = a.id AND c.tenant_id = $1 AND c.attempt_id = a.id AND c.n = 0
                 AND (e.type IN ('dtmf', 'answered') OR e.type = 'ended' AND e.received_real > c.recorded_real)) AS news_real,
              (SELECT jsonb_agg(jsonb_build_object('n', c.n, 'decisionId', c.decision_id, 'pack', c.pack, 'rule', c.rule,
                        'kind', c.kind, 'outcome', c.outcome, 'why', c.why, 'conduct', c.conduct,
                        'recordedReal', round(extract(epoch FROM c.recorded_real) * 1000)) ORDER BY c.n)
               FROM duty_checks c WHERE c.tenant_id = $1 AND c.attempt_id = a.id) AS checks
       FROM attempts a
       JOIN decisions d ON d.tenant_id = a.tenant_id AND d.id = a.decision_id
       LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
       WHERE a.tenant_id = $1 AND (a.contact_id, a.admission) > ($2, $3) AND ($4::uuid IS NULL OR a.campaign_id = $4)
         AND a.state = 'ended' AND a.result IS NOT NULL
         AND a.end_known_at >= (SELECT min(c.at) FROM duty_checks c WHERE c.tenant_id = $1)
       ORDER BY a.contact_id, a.admission LIMIT ${PAGE_ROWS}`,
      [tx.tenantId, ...after, scope.campaignId],
    );
    for (const row of rows) {
      const { violations, late } = checkDutyRecord({
        attemptId: row.id,
        decisionId: row.decision_id,
        results: row.results,
        facts: row.facts,
        conduct: conductOf(row),
        newsReal: row.news_real,
        checks: row.checks ?? [],
      });
      tally.add(0, violations);
      if (late) tally.notChecked('what checks of duties knew of calls of which news came later');
    }
    if (rows.length < PAGE_ROWS) return;
    after = [rows.at(-1)!.contact_id, rows.at(-1)!.admission];
  }
}
