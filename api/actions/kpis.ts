import { allPriceLists, stretchesOf } from '../../db/repositories/prices.ts';
import { kpiSums, type KpiQuery, type KpiRow } from '../../db/repositories/report-kpis.ts';
import type { Tx } from '../../db/client.ts';
import { costOf, differenceOf, kpisOf, type Kpis } from '../../domain/kpi.ts';
import { sharesOf, type KpiDifferences, type KpiFigures } from '../routes/reports/kpi-model.ts';

/** Figures of a period by group, with what they cost by the lists that held meanwhile. */
export async function readKpis(tx: Tx, query: KpiQuery): Promise<KpiFigures[]> {
  const rows = await kpiSums(tx, query);
  const costs = await costsOf(tx, query, rows);
  const byCampaign = query.groupBy === 'campaign' || query.campaignId !== null;
  return rows.map(({ key, sums }) => {
    const kpis = kpisOf(sums, costs === null ? null : (costs.get(key) ?? 0));
    return { key, sums, kpis: byCampaign ? { ...kpis, utilisation: null } : kpis };
  });
}

/** By group; null: there is no price for some of the time. Each list prices what was counted while it held. */
async function costsOf(
  tx: Tx,
  query: KpiQuery,
  whole: readonly KpiRow[],
): Promise<Map<string | null, number> | null> {
  const stretches = stretchesOf(await allPriceLists(tx), query.from, query.to);
  if (stretches.some(({ list }) => list === null)) return null;
  const costs = new Map<string | null, number>();
  for (const { from, to, list } of stretches) {
    const rows = stretches.length === 1 ? whole : await kpiSums(tx, { ...query, from, to });
    for (const { key, sums } of rows) {
      costs.set(key, (costs.get(key) ?? 0) + costOf(sums, list!.prices));
    }
  }
  return costs;
}

export function differencesOf(before: Kpis, after: Kpis): KpiDifferences {
  const [was, is] = [sharesOf(before), sharesOf(after)];
  return Object.fromEntries(
    (Object.keys(is) as (keyof typeof is)[]).map((name) => [name, differenceOf(was[name], is[name])]),
  ) as KpiDifferences;
}
