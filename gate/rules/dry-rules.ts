import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import { leftOutByReason } from '../../db/repositories/rule-figures.ts';
import { contactsOfRules, mixingState } from '../../db/repositories/campaign-rules.ts';
import { isPromised } from '../../db/repositories/hopper.ts';
import type { Vault } from '../../db/vault/index.ts';
import { estimate, type Estimate } from '../estimate.ts';
import { judgedBy, judgeOf, rulesToJudge, type ContactJudgement } from './judge.ts';
import { countQuotas, holdsOf, quotasAt, roomIn, type CountedQuota, type QuotaHold } from './quotas.ts';

/** What a campaign's own rules would do with the contacts that the law's let be called. */
export interface DryRules {
  /** Contacts that do not wait, since rules have left them out. */
  readonly leftOut: readonly { readonly reason: string; readonly count: number }[];
  readonly quotas: readonly {
    readonly of: CountedQuota;
    /** Contacts that could be called and count towards it. */
    readonly now: Estimate;
    /** Of these, how many calls there is room for. */
    readonly letsThrough: number;
  }[];
  /** Empty: they are not mixed. */
  readonly lists: readonly {
    /** Null: all that are not named. */
    readonly list: string | null;
    readonly weight: number;
    readonly now: Estimate;
    /** The same by rank (db/repositories/hopper.ts), of those that were looked at. */
    readonly byRank: ReadonlyMap<number, number>;
  }[];
  /** Whose turn it is among the lists, as the pacer keeps it; null: nobody had one yet. */
  readonly mixing: unknown;
}

/** A waiting contact as its campaign's rules have it. */
export interface RuledContact extends Pick<ContactJudgement, 'leftOut' | 'quotas' | 'list'> {
  readonly rank: number;
}

/** Asks a campaign's rules about waiting contacts, and counts what they say. */
export interface RulesAsked {
  /** Judged anew where the rules in force have not judged them yet. */
  ruled(ids: readonly string[]): Promise<ReadonlyMap<string, RuledContact>>;
  /** What quota holds the contact back, the longest; null: none. */
  holdOn(contact: RuledContact): QuotaHold | null;
  /** One that could be called, as far as everything else goes. */
  add(contact: RuledContact): void;
  result(evaluated: number, total: number): Promise<DryRules>;
}

export async function askRules(
  tx: Tx,
  vault: Pick<Vault, 'sealersOf'>,
  campaign: { readonly id: string; readonly definition: CampaignDefinition },
  at: EpochMs,
): Promise<RulesAsked> {
  const { id, definition } = campaign;
  const rules = rulesToJudge(definition);
  const hash = judgedBy(definition);
  const judge = rules === null ? null : judgeOf(rules);
  const quotas = await countQuotas(tx, id, quotasAt(definition, at));
  const inQuota = quotas.map(() => 0);
  const mixing = rules?.mixing ?? null;
  const lists =
    mixing === null
      ? []
      : [
          ...mixing.lists.map(({ list, weight }) => ({ list: list, weight })),
          { list: null, weight: mixing.othersWeight },
        ].map((one) => ({ ...one, byRank: new Map<number, number>() }));
  return {
    ruled: async (ids) => {
      if (judge === null) return new Map();
      const rows = await contactsOfRules(tx, ids, hash);
      const pending = rows.filter((row) => row.judgedBy !== hash);
      const sealers = await vault.sealersOf(tx.tenantId, [...new Set(pending.map((row) => row.personId))]);
      try {
        return new Map(
          rows.map((row): [string, RuledContact] => {
            if (row.judgedBy === hash) {
              return [row.id, { leftOut: null, quotas: row.quotas ?? [], list: row.mixList, rank: row.rank }];
            }
            const opened =
              row.attributes === null
                ? {}
                : (sealers.get(row.personId)?.openAttributes(row.id, row.attributes) ?? {});
            const found = judge(opened, row.list);
            const rank = row.rank - (row.rank % 10) + 9 - (found.priority ?? row.ownPriority ?? row.priority);
            // Who was promised a call keeps the promise.
            return [row.id, { ...found, leftOut: isPromised(row.rank) ? null : found.leftOut, rank }];
          }),
        );
      } finally {
        for (const sealer of sealers.values()) sealer.dispose();
      }
    },
    holdOn: (contact) =>
      holdsOf(
        quotas.filter(({ quota }) => contact.quotas.includes(quota.name)),
        at,
      )[0] ?? null,
    add: (contact) => {
      for (const [i, { quota }] of quotas.entries()) {
        if (contact.quotas.includes(quota.name)) inQuota[i]! += 1;
      }
      const byRank = contact.list === null ? undefined : lists[contact.list]?.byRank;
      byRank?.set(contact.rank, (byRank.get(contact.rank) ?? 0) + 1);
    },
    result: async (evaluated, total) => {
      const scaled = (found: number): Estimate =>
        evaluated === 0
          ? { count: 0, low: 0, high: 0 }
          : estimate(Math.round((found * total) / evaluated), found, evaluated, total);
      return {
        leftOut: (await leftOutByReason(tx, id)).filter(({ state }) => state === 'denied'),
        quotas: quotas.map((of, i) => {
          const now = scaled(inQuota[i]!);
          return { of, now, letsThrough: Math.min(roomIn(of), now.count) };
        }),
        lists: lists.map((one) => ({
          ...one,
          now: scaled([...one.byRank.values()].reduce((sum, count) => sum + count, 0)),
        })),
        mixing: lists.length === 0 ? null : await mixingState(tx, id),
      };
    },
  };
}
