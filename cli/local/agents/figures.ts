import { campaignById } from '../../../db/repositories/campaigns.ts';
import { denominatorOf } from '../../../api/actions/abandonment-rules.ts';
import type { Tx } from '../../../db/client.ts';
import { kpiSums, type KpiQuery } from '../../../db/repositories/report-kpis.ts';
import { needsAgents } from '../../../domain/campaign.ts';
import { kpisOf, type Kpis, type KpiSums, type Share } from '../../../domain/kpi.ts';
import { HOUR_MS, type EpochMs } from '../../../domain/time.ts';
import { isAbove, USUAL_CAP, type CountedByCap } from '../../../gate/abandonment.ts';
import { abandonmentCaps, type AbandonmentCap } from '../../../policies/index.ts';
import type { LocalEngine } from '../engine.ts';
import { policiesOf } from '../clock-start.ts';
import { columns, count, share } from '../format.ts';
import { stagedOf, type Run } from '../runs.ts';
import { TEAM } from './modes.ts';

export interface CampaignFigures {
  readonly campaignId: string;
  readonly title: string;
  readonly counts: KpiSums;
  readonly kpis: Kpis;
  /** By the caps on abandoned calls that bind it, each by its own formula, the tightest first; none: no agent is called for. */
  readonly abandonment: readonly HeldCap[];
}

/** A cap on abandoned calls, and what there was. */
export interface HeldCap extends CountedByCap {
  /** Of the policies in force; null: no rule binds calls of this mode, and what the pacer keeps to all the same is shown. */
  readonly rule: string | null;
  readonly ratePercent: number;
  readonly of: AbandonmentCap['denominator'];
  readonly held: boolean;
}

export function isHeld({ abandonment }: Pick<CampaignFigures, 'abandonment'>): boolean {
  return abandonment.every(({ held }) => held);
}

/** What a rehearsal with agents came to: figures by campaign and of all agents, and who holds what at the end. */
export interface AgentFigures {
  readonly agents: number;
  readonly campaigns: readonly CampaignFigures[];
  readonly all: { readonly counts: KpiSums; readonly kpis: Kpis };
  /** Agents who still hold a contact: none should. */
  readonly engaged: number;
}

/** @param endedAt of the campaign without agents; some hours more cover all of the others, whenever it is read again */
export async function readAgentFigures(
  engine: LocalEngine,
  run: Run,
  endedAt: EpochMs | null,
): Promise<AgentFigures> {
  const startAt = run.startAt!;
  const query: Omit<KpiQuery, 'groupBy' | 'campaignId'> = {
    teamId: null,
    agentId: null,
    zone: 'UTC',
    from: startAt,
    to: Math.max(startAt, endedAt ?? startAt) + 4 * HOUR_MS,
    serviceS: 2,
  };
  return engine.db.inTenant(engine.tenantId, async (tx) => {
    const campaigns: CampaignFigures[] = [];
    const [all] = await kpiSums(tx, { ...query, groupBy: null, campaignId: null });
    for (const { campaignId, title } of stagedOf(run)) {
      const [row] = await kpiSums(tx, { ...query, groupBy: null, campaignId });
      const counts = row!.sums;
      const abandonment = heldCaps(await capsOf(tx, campaignId, startAt), counts, all!.sums);
      campaigns.push({ campaignId, title, counts, kpis: kpisOf(counts, null), abandonment });
    }
    const [seats] = await tx.query<{ engaged: number }>(
      `SELECT count(*) AS engaged FROM seats s JOIN teams t ON t.tenant_id = s.tenant_id AND t.id = s.team_id
       WHERE s.tenant_id = $1 AND t.name = $2 AND s.contact_id IS NOT NULL`,
      [tx.tenantId, TEAM],
    );
    return {
      agents: run.agents!,
      campaigns,
      all: { counts: all!.sums, kpis: kpisOf(all!.sums, null) },
      engaged: seats!.engaged,
    };
  });
}

/** The caps that bind a campaign, as its pacer and the gate keep to them. */
async function capsOf(tx: Tx, campaignId: string, at: EpochMs): Promise<readonly ShownCap[]> {
  const { definition } = (await campaignById(tx, campaignId))!;
  if (!needsAgents(definition.mode)) return [];
  const caps = abandonmentCaps(await policiesOf(tx, { id: campaignId, definition }, at), definition, at);
  return caps.length === 0 ? [USUAL_CAP] : caps;
}

type ShownCap = Pick<AbandonmentCap, 'ratePercent' | 'denominator' | 'scope'> & { readonly rule?: string };

/** Pure. @param all of the tenant, for rules that count by it */
export function heldCaps(caps: readonly ShownCap[], counts: KpiSums, all: KpiSums): HeldCap[] {
  return caps.map((cap) => {
    const sums = cap.scope === 'tenant' ? all : counts;
    const counted = { abandoned: sums.abandoned, denominator: denominatorOf(cap, sums) };
    const { rule = null, ratePercent, denominator: of } = cap;
    return { rule, ratePercent, of, ...counted, held: !isAbove(cap, counted) };
  });
}

const OF_WORDS: Record<HeldCap['of'], string> = {
  live_answers: 'answers by a person',
  answers: 'answers',
  calls: 'calls',
};

/** A line for each mode that has agents: how many were abandoned, and whether the cap was held. */
function abandonmentLines({ campaigns }: AgentFigures): string[] {
  const rows = campaigns.flatMap(({ title, abandonment }) => {
    const shown = abandonment.find(({ held }) => !held) ?? abandonment[0];
    if (shown === undefined) return [];
    const { abandoned, denominator, ratePercent, of, rule, held } = shown;
    return [
      [
        `  ${held ? '✓' : '✗'} ${title}`,
        `${count(abandoned)} of ${count(denominator)} ${OF_WORDS[of]}`,
        share(abandoned, denominator),
        `cap ${ratePercent} % (${rule ?? 'no rule in force binds this mode'})`,
        held ? 'held' : 'NOT HELD',
      ],
    ];
  });
  return ['  Abandoned: answered, and no agent in time', ...columns(rows)];
}

/** The figures as a page for people. */
export function agentFigureLines(figures: AgentFigures): string[] {
  const { all } = figures;
  const part = (share: Share | null) => (share === null ? '–' : `${(100 * share.value).toFixed(1)} %`);
  const seconds = (s: number | null) => (s === null ? '–' : `${s.toFixed(0)} s`);
  return [
    '',
    `Campaigns with ${count(figures.agents)} agents`,
    ...columns([
      ['', 'attempts', 'answered', 'with agents', 'abandoned', 'converted', 'handling'],
      ...figures.campaigns.map(({ title, counts, kpis }) => [
        `  ${title}`,
        count(counts.attempts),
        `${count(counts.liveAnswers)}, ${part(kpis.answerRate)}`,
        count(counts.handled),
        `${count(counts.abandoned)}, ${part(kpis.abandonment.perLiveAnswer)}`,
        `${count(counts.conversions)}, ${part(kpis.conversionRate)}`,
        seconds(kpis.handleS),
      ]),
    ]),
    ...abandonmentLines(figures),
    ...columns([
      ['  agents in calls or writing them down, of their time without breaks', percent(all.kpis.utilisation)],
      [
        '  mean handling time, of which writing down',
        `${seconds(all.kpis.handleS)}, ${seconds(all.kpis.wrapUpS)}`,
      ],
      ['  agents who still hold a contact', count(figures.engaged)],
    ]),
  ];
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`;
}
