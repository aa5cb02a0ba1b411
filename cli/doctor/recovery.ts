import { toIso } from '../../domain/time.ts';
import { ok, warn, type Finding } from './finding.ts';
import type { TenantView } from './tenants.ts';

/** Real seconds after which what was begun shows that it does not get done. */
const LATE_S = 60;
/** Real seconds within which a carrier that took a call sends some event of it. */
const SILENT_S = 300;
/** Real seconds that what was repaired is told of. */
const RECENT_S = 86_400;

interface Question {
  readonly what: string;
  readonly count: string;
  /** What `$2` is: so many real seconds, or the engine's instant so many real seconds ago. */
  readonly by: 'seconds' | 'since';
  readonly seconds: number;
  readonly mend: string;
}

const QUESTIONS: readonly Question[] = [
  {
    what: 'restore is not finished: nothing is dialled until it is',
    count: `SELECT count(*) AS n FROM restores WHERE tenant_id = $1 AND finished_real IS NULL
              AND began_real < clock_timestamp() - make_interval(secs => $2)`,
    by: 'seconds',
    seconds: 0,
    mend: 'rightcall restore status says what is missing; docs/restore.md',
  },
  {
    what: 'calls that a carrier has and that are nobody’s are not down',
    count: `SELECT count(*) AS n FROM orphaned_calls WHERE tenant_id = $1 AND gone_real IS NULL
              AND found_real < clock_timestamp() - make_interval(secs => $2)`,
    by: 'seconds',
    seconds: LATE_S,
    mend: 'hang them up at the carrier: rightcall changes list --action hangUpOrphan says which',
  },
  {
    what: 'calls of the last day were nobody’s and were hung up',
    count: `SELECT count(*) AS n FROM orphaned_calls WHERE tenant_id = $1
              AND found_real > clock_timestamp() - make_interval(secs => $2)`,
    by: 'seconds',
    seconds: RECENT_S,
    mend: 'was the database restored to an older point, or does another installation use the account? docs/recovery.md',
  },
  {
    what: 'attempts are unknown: the carrier has not said for a minute what became of them',
    count: `SELECT count(*) AS n FROM attempts WHERE tenant_id = $1 AND reported_real IS NULL AND state = 'unknown'
              AND coalesce(sending_real, claimed_real) < clock_timestamp() - make_interval(secs => $2)`,
    by: 'seconds',
    seconds: LATE_S,
    mend: 'does the carrier answer? each counts as one that rang at the end of its quarantine',
  },
  {
    what: 'attempts of the last day count as rung because the carrier never said what became of them',
    count: `SELECT count(*) AS n FROM attempts a JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
            WHERE a.tenant_id = $1 AND a.claimed_at > $2 AND a.state = 'ended' AND a.outcome = 'unknown'
              AND k.synthesized`,
    by: 'since',
    seconds: RECENT_S,
    mend: 'ask the carrier for its records of them',
  },
  {
    what: 'calls are silent: taken minutes ago, and the carrier has sent no event of them',
    count: `SELECT count(*) AS n FROM attempts a WHERE a.tenant_id = $1 AND a.reported_real IS NULL AND a.state = 'sent'
              AND a.sending_real < clock_timestamp() - make_interval(secs => $2)
              AND NOT EXISTS (SELECT FROM calls k WHERE k.tenant_id = a.tenant_id AND k.attempt_id = a.id)`,
    by: 'seconds',
    seconds: SILENT_S,
    mend: 'do its events reach the API? see what it was given as the address and secret of its webhook',
  },
  {
    what: 'workflows of the last day were started again, told or ended, because Temporal and the database did not agree',
    count: `SELECT coalesce(sum(jsonb_array_length(after->'of')), 0)::int8 AS n FROM changes
            WHERE tenant_id = $1 AND actor = 'engine' AND at > $2 AND resource = 'workflow'`,
    by: 'since',
    seconds: RECENT_S,
    mend: 'was Temporal lost, restored or changed by hand? rightcall changes list --resource workflow says which',
  },
];

/** What was found stuck and could not be brought on, and what was brought on lately that should not have been stuck. */
export async function checkRecoveryOf(view: TenantView): Promise<Finding[]> {
  const check = `recovery.${view.slug}`;
  const found = await view.db.inTenant(view.tenantId, async (tx) => {
    const findings: Finding[] = [];
    for (const { what, count, by, seconds, mend } of QUESTIONS) {
      const since = toIso(view.clock.now() - seconds * 1_000 * view.clock.speed);
      const rows = await tx.query<{ n: number }>(count, [tx.tenantId, by === 'seconds' ? seconds : since]);
      if (rows[0]!.n > 0) findings.push(warn(check, `${rows[0]!.n} ${what}`, mend));
    }
    return findings;
  });
  return found.length > 0 ? found : [ok(check, 'every call has its attempt, and every attempt its answer')];
}
