import type { Disposition, Outcome } from '../../domain/vocabulary.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { campaignProgress, type CampaignProgress } from './progress.ts';

export { campaignProgress, type CampaignProgress } from './progress.ts';

/** Attempt states in which a phone rang or may have rung; the denominator of the answer rate. */
const RANG = `('sending', 'sent', 'ended', 'unknown')`;

export interface CampaignReport {
  readonly progress: CampaignProgress;
  readonly name: string;
  readonly startedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly deniedByReason: Readonly<Record<string, number>>;
  readonly deferredByReason: Readonly<Record<string, number>>;
  readonly decisions: { readonly allow: number; readonly defer: number; readonly deny: number };
  /** Attempts by what became of them; those not known yet are absent. */
  readonly attemptsByOutcome: Readonly<Partial<Record<Outcome, number>>>;
  readonly dispositions: Readonly<Partial<Record<Disposition, number>>>;
  /** Contacts that were tried n times, by n (attempts that may have rung; 0 for those never rung). */
  readonly contactsByAttempts: Readonly<Record<string, number>>;
  /** Mean attempts over the contacts tried at least once; null when none was. */
  readonly attemptsPerContact: number | null;
  /** Contacts a person answered for at least once. */
  readonly reached: number;
  /** 接听率: answered attempts per attempt that has an outcome; null when there is none. */
  readonly answerRate: number | null;
  /** 转化率: converted contacts per contact reached; null when none was. */
  readonly conversionRateOfReached: number | null;
  /** 转化率: converted contacts per contact imported; null when there are none. */
  readonly conversionRateOfImported: number | null;
  /** Seconds (engine clock) of conversation: in all, and the mean over answered attempts. */
  readonly talk: { readonly totalS: number; readonly meanS: number | null };
  /** By hour of day in `zone`. */
  readonly byHour: readonly HourRow[];
  readonly zone: string;
  /** Stops that touched the campaign: real ms from request to acknowledgement. */
  readonly stops: {
    readonly count: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  };
}

export interface HourRow {
  /** 0 to 23 */
  readonly hour: number;
  readonly attempts: number;
  readonly answered: number;
}

/**
 * The campaign's figures (KPI) as they stand now.
 * @param options.zone IANA zone of `byHour`, checked by the caller; UTC when left out.
 * @returns null when there is no such campaign.
 */
export async function campaignReport(
  tx: Tx,
  campaignId: string,
  options: { zone?: string } = {},
): Promise<CampaignReport | null> {
  const progress = await campaignProgress(tx, campaignId);
  if (progress === null) return null;
  const zone = options.zone ?? 'UTC';
  const [campaign] = await tx.query<{ name: string; started_at: number | null; ended_at: number | null }>(
    'SELECT name, started_at, ended_at FROM campaigns WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, campaignId],
  );
  const reasons = await contactReasons(tx, campaignId);
  const attempts = await attemptFigures(tx, campaignId);
  const ended = Object.values(attempts.byOutcome).reduce((sum, n) => sum + n, 0);
  return {
    progress,
    name: campaign!.name,
    startedAt: campaign!.started_at,
    endedAt: campaign!.ended_at,
    ...reasons,
    decisions: await decisionCounts(tx, campaignId),
    attemptsByOutcome: attempts.byOutcome,
    dispositions: await dispositionCounts(tx, campaignId),
    ...(await attemptsPerContact(tx, campaignId)),
    reached: attempts.reached,
    answerRate: ratio(progress.answered, ended),
    conversionRateOfReached: ratio(progress.converted, attempts.reached),
    conversionRateOfImported: ratio(progress.converted, progress.imported),
    talk: { totalS: attempts.talkS, meanS: ratio(attempts.talkS, progress.answered) },
    byHour: await attemptsByHour(tx, campaignId, zone),
    zone,
    stops: await stopLatency(tx, campaignId),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

async function contactReasons(
  tx: Tx,
  campaignId: string,
): Promise<Pick<CampaignReport, 'deniedByReason' | 'deferredByReason'>> {
  const rows = await tx.query<{ state: string; reason: string; n: number }>(
    `SELECT state, coalesce(state_reason, 'not stated') AS reason, count(*) AS n FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2
       AND (state = 'denied' OR (state = 'waiting' AND state_reason IS NOT NULL))
     GROUP BY 1, 2 ORDER BY n DESC, reason`,
    [tx.tenantId, campaignId],
  );
  const of = (state: string) =>
    Object.fromEntries(rows.filter((row) => row.state === state).map((row) => [row.reason, row.n]));
  return { deniedByReason: of('denied'), deferredByReason: of('waiting') };
}

async function attemptFigures(
  tx: Tx,
  campaignId: string,
): Promise<{ byOutcome: Partial<Record<Outcome, number>>; reached: number; talkS: number }> {
  const rows = await tx.query<{ outcome: Outcome; n: number; reached: number; talk_s: number }>(
    `SELECT a.outcome, count(*) AS n, count(DISTINCT a.contact_id) AS reached,
            coalesce(sum(k.talk_s), 0)::float8 AS talk_s
     FROM attempts a LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.outcome IS NOT NULL AND a.state IN ${RANG}
     GROUP BY a.outcome ORDER BY n DESC`,
    [tx.tenantId, campaignId],
  );
  const answered = rows.find((row) => row.outcome === 'answered');
  return {
    byOutcome: Object.fromEntries(rows.map((row) => [row.outcome, row.n])),
    reached: answered?.reached ?? 0,
    talkS: Math.round((answered?.talk_s ?? 0) * 10) / 10,
  };
}

async function attemptsPerContact(
  tx: Tx,
  campaignId: string,
): Promise<Pick<CampaignReport, 'contactsByAttempts' | 'attemptsPerContact'>> {
  const rows = await tx.query<{ attempts: number; n: number }>(
    `SELECT counted_attempts AS attempts, count(*) AS n FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY 1 ORDER BY 1`,
    [tx.tenantId, campaignId],
  );
  const tried = rows.filter((row) => row.attempts > 0);
  const total = tried.reduce((sum, row) => sum + row.attempts * row.n, 0);
  return {
    contactsByAttempts: Object.fromEntries(rows.map((row) => [String(row.attempts), row.n])),
    attemptsPerContact: ratio(
      total,
      tried.reduce((sum, row) => sum + row.n, 0),
    ),
  };
}

async function decisionCounts(tx: Tx, campaignId: string): Promise<CampaignReport['decisions']> {
  const rows = await tx.query<{ verdict: 'allow' | 'defer' | 'deny'; n: number }>(
    'SELECT verdict, count(*) AS n FROM decisions WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY verdict',
    [tx.tenantId, campaignId],
  );
  const of = (verdict: string) => rows.find((row) => row.verdict === verdict)?.n ?? 0;
  return { allow: of('allow'), defer: of('defer'), deny: of('deny') };
}

async function dispositionCounts(tx: Tx, campaignId: string): Promise<CampaignReport['dispositions']> {
  const rows = await tx.query<{ disposition: Disposition; n: number }>(
    `SELECT disposition, count(*) AS n FROM attempts
     WHERE tenant_id = $1 AND campaign_id = $2 AND disposition IS NOT NULL GROUP BY 1 ORDER BY n DESC`,
    [tx.tenantId, campaignId],
  );
  return Object.fromEntries(rows.map((row) => [row.disposition, row.n]));
}

async function attemptsByHour(tx: Tx, campaignId: string, zone: string): Promise<HourRow[]> {
  return tx.query<HourRow>(
    `SELECT extract(hour FROM rang_at AT TIME ZONE $3)::int AS hour, count(*) AS attempts,
            count(*) FILTER (WHERE outcome = 'answered') AS answered
     FROM attempts WHERE tenant_id = $1 AND campaign_id = $2 AND state IN ${RANG}
     GROUP BY 1 ORDER BY 1`,
    [tx.tenantId, campaignId, zone],
  );
}

async function stopLatency(tx: Tx, campaignId: string): Promise<CampaignReport['stops']> {
  const rows = await tx.query<{ count: number; p50: number | null; p99: number | null }>(
    `SELECT count(*) AS count, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
            percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99
     FROM (
       SELECT extract(epoch FROM s.acknowledged_real - s.requested_real)::float8 * 1000 AS ms
       FROM stop_requests s
       WHERE s.tenant_id = $1 AND s.acknowledged_real IS NOT NULL
         AND (s.scope IN ('tenant', 'all') OR s.target_id = $2
              OR s.scope = 'carrier' AND s.target_id = (SELECT carrier_id FROM campaigns WHERE tenant_id = $1 AND id = $2)
              OR EXISTS (SELECT FROM contacts c WHERE c.tenant_id = s.tenant_id AND c.campaign_id = $2
                         AND (c.person_id = s.target_id OR c.id = s.target_id)))) latencies`,
    [tx.tenantId, campaignId],
  );
  const row = rows[0]!;
  return { count: row.count, p50Ms: row.p50, p99Ms: row.p99 };
}
