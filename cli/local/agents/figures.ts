import { abandonmentRules, type AbandonmentRule } from '../../../api/actions/abandonment-rules.ts';
import { kpiSums, type KpiQuery } from '../../../db/repositories/report-kpis.ts';
import { kpisOf, type Kpis, type KpiSums, type Share } from '../../../domain/kpi.ts';
import type { EpochMs } from '../../../domain/time.ts';
import type { LocalEngine } from '../engine.ts';
import { columns, count } from '../format.ts';
import type { Staged } from '../runs.ts';
import { SHIFT_MS, TEAM } from './modes.ts';

export interface CampaignFigures {
  readonly campaignId: string;
  readonly title: string;
  readonly counts: KpiSums;
  readonly kpis: Kpis;
}

/** What a rehearsal with agents came to: figures by campaign and of all agents, and who holds what at the end. */
export interface AgentFigures {
  readonly agents: number;
  readonly campaigns: readonly CampaignFigures[];
  readonly all: { readonly counts: KpiSums; readonly kpis: Kpis };
  /** Agents who still hold a contact: none should. */
  readonly engaged: number;
  readonly abandonmentRules: readonly AbandonmentRule[];
}

/** @param startAt simulated start of the shift: a few hours cover all of it, whenever it is read again */
export async function readAgentFigures(
  engine: LocalEngine,
  of: { readonly campaigns: readonly Staged[]; readonly agents: number; readonly startAt: EpochMs },
): Promise<AgentFigures> {
  const query: Omit<KpiQuery, 'groupBy' | 'campaignId'> = {
    teamId: null,
    agentId: null,
    zone: 'UTC',
    from: of.startAt,
    to: of.startAt + 4 * SHIFT_MS,
    serviceS: 2,
  };
  return engine.db.inTenant(engine.tenantId, async (tx) => {
    const campaigns: CampaignFigures[] = [];
    for (const { campaignId, title } of of.campaigns) {
      const [row] = await kpiSums(tx, { ...query, groupBy: null, campaignId });
      campaigns.push({ campaignId, title, counts: row!.sums, kpis: kpisOf(row!.sums, null) });
    }
    const [all] = await kpiSums(tx, { ...query, groupBy: null, campaignId: null });
    const [seats] = await tx.query<{ engaged: number }>(
      `SELECT count(*) AS engaged FROM seats s JOIN teams t ON t.tenant_id = s.tenant_id AND t.id = s.team_id
       WHERE s.tenant_id = $1 AND t.name = $2 AND s.contact_id IS NOT NULL`,
      [tx.tenantId, TEAM],
    );
    return {
      agents: of.agents,
      campaigns,
      all: { counts: all!.sums, kpis: kpisOf(all!.sums, null) },
      engaged: seats!.engaged,
      abandonmentRules: await abandonmentRules(tx, of.startAt),
    };
  });
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
