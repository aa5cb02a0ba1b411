import type { CampaignDefinition } from '../../domain/campaign.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import { mixingState } from '../../db/repositories/campaign-rules.ts';
import { NO_TURNS, served, turnsOf, type MixState } from '../../pacing/mixing.ts';

export interface DueContact {
  readonly id: string;
  readonly cohort: string;
  readonly rank: number;
}

/** Lists by position, as contacts have them; the last one is all that are not named. Null: they are not mixed. */
export type Mixing = readonly { readonly name: string; readonly weight: number }[] | null;

export function mixingOf(definition: CampaignDefinition): Mixing {
  // Definitions of before there were rules have none.
  const mixing = (definition as Partial<CampaignDefinition>).rules?.mixing ?? null;
  if (mixing === null) return null;
  return [
    ...mixing.lists.map(({ list, weight }) => ({ name: list, weight })),
    // No file has this name.
    { name: '', weight: mixing.othersWeight },
  ];
}

/** The rank that is next; callbacks come before retries, retries before fresh contacts, and by priority among them. */
const NEXT_RANK_SQL = `
SELECT r.rank FROM generate_series($6::int, $7::int) AS r (rank)
CROSS JOIN unnest($3::text[]) AS o (cohort)
CROSS JOIN generate_series(0, $5::int) AS l (list)
CROSS JOIN LATERAL (
  SELECT FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND mix_list = l.list AND rank = r.rank
    AND cohort = o.cohort AND state = 'waiting' AND ready_at <= $4 LIMIT 1) c
LIMIT 1`;

/** Of one rank, the due contacts of each list: one index probe for each list and open cohort. */
const DUE_SQL = `
SELECT l.list, c.id, c.cohort, $6::int AS rank
FROM generate_series(0, $5::int) AS l (list)
CROSS JOIN LATERAL (
  SELECT d.id, d.cohort FROM unnest($3::text[]) AS o (cohort)
  CROSS JOIN LATERAL (
    SELECT id, cohort, ready_at FROM contacts
    WHERE tenant_id = $1 AND campaign_id = $2 AND mix_list = l.list AND rank = $6 AND cohort = o.cohort
      AND state = 'waiting' AND ready_at <= $4
    ORDER BY ready_at LIMIT $7 FOR NO KEY UPDATE SKIP LOCKED) d
  ORDER BY d.ready_at, d.id LIMIT $7) c`;

/**
 * Due contacts of the next rank, whose lists take turns by weight. Whose turn it is stands in the database, so that the
 * next pacer goes on with it; only those admitted use up a turn.
 */
export async function dueByTurns(
  tx: Tx,
  campaignId: string,
  lists: NonNullable<Mixing>,
  openCohorts: readonly string[],
  now: EpochMs,
  limit: number,
  ranks: readonly [number, number],
): Promise<{
  readonly due: readonly DueContact[];
  readonly served: (admitted: ReadonlySet<string>, at: EpochMs) => Promise<void>;
}> {
  const common = [tx.tenantId, campaignId, openCohorts, toIso(now), lists.length - 1];
  const [next] = await tx.prepared<{ rank: number }>('mixed_rank', NEXT_RANK_SQL, [...common, ...ranks]);
  if (next === undefined) return { due: [], served: () => Promise.resolve() };
  const rows = await tx.prepared<DueContact & { list: number }>('mixed_due', DUE_SQL, [
    ...common,
    next.rank,
    limit,
  ]);
  const state = (await mixingState<MixState>(tx, campaignId)) ?? NO_TURNS;
  const queues = lists.map((_, list) => rows.filter((row) => row.list === list));
  const turns = turnsOf(
    state,
    lists.map(({ name, weight }, list) => ({ name, weight, due: queues[list]!.length })),
    limit,
  );
  const due = turns.map((name) => queues[lists.findIndex((list) => list.name === name)]!.shift()!);
  return {
    due,
    served: async (admitted, at) => {
      const after = due
        .filter(({ id }) => admitted.has(id))
        .reduce((now_, { list }) => served(now_, lists[list]!.name, lists[list]!.weight), state);
      await tx.prepared(
        'mixing_served',
        `INSERT INTO campaign_rules (tenant_id, campaign_id, mixing, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, campaign_id) DO UPDATE SET mixing = $3, updated_at = $4`,
        [tx.tenantId, campaignId, JSON.stringify(after), toIso(at)],
      );
    },
  };
}
