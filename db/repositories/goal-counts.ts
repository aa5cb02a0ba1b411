import type { Counted } from '../../domain/campaign-rules.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** How many of a campaign's attempts came to what goals count. */
export type GoalCounts = Readonly<Record<Counted, number>>;

export const NOTHING_COUNTED: GoalCounts = { calls: 0, answers: 0, conversions: 0, interviews: 0 };

const ANSWERED = `a.outcome = 'answered'`;
const COUNTED_SQL: Readonly<Record<Counted, string>> = {
  calls: 'true',
  answers: ANSWERED,
  conversions: `${ANSWERED} AND a.disposition = 'converted'`,
  interviews: `${ANSWERED} AND a.disposition = 'completed'`,
};
const SUMS = Object.entries(COUNTED_SQL)
  .map(([name, sql]) => `(count(*) FILTER (WHERE ${sql}))::int AS ${name}`)
  .join(', ');

/**
 * Attempts that were claimed before `until` (engine clock), and those since.
 * @param from those claimed before it are left out; null: none are
 */
export async function goalCounts(
  tx: Statements,
  campaignId: string,
  from: EpochMs | null,
  until: EpochMs,
): Promise<{ readonly before: GoalCounts; readonly since: GoalCounts }> {
  const rows = await tx.prepared<GoalCounts & { before: boolean }>(
    from === null ? 'goal_counts_all' : 'goal_counts',
    `SELECT a.claimed_at < $3 AS before, ${SUMS}
     FROM attempts a
     WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.state = 'ended'
       ${from === null ? '' : 'AND a.claimed_at >= $4'} GROUP BY 1`,
    [tx.tenantId, campaignId, toIso(until), ...(from === null ? [] : [toIso(from)])],
  );
  const of = (before: boolean): GoalCounts => {
    const { before: _before, ...counts } = rows.find((row) => row.before === before) ?? NOTHING_COUNTED_ROW;
    return counts;
  };
  return { before: of(true), since: of(false) };
}

const NOTHING_COUNTED_ROW = { ...NOTHING_COUNTED, before: true };

/** When the oldest attempt was claimed of which it is not known yet what it came to; null: of all it is. */
export async function oldestUndecided(tx: Statements, campaignId: string): Promise<EpochMs | null> {
  const [row] = await tx.prepared<{ at: EpochMs | null }>(
    'goal_undecided',
    `SELECT min(claimed_at) AS at FROM attempts
     WHERE tenant_id = $1 AND campaign_id = $2 AND reported_real IS NULL`,
    [tx.tenantId, campaignId],
  );
  return row!.at;
}
