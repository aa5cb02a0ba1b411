import type { Tx } from '../../db/client.ts';
import type { DialFacts } from '../../domain/facts.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { readFactsOf } from '../facts-batch.ts';
import { campaignNow, type PairSource } from './campaigns.ts';
import { compare, placesOf } from './compare.ts';
import { promiseChangeOf, type PromiseChangeKind } from './promises.ts';
import { exampleOf, type Example } from './tally.ts';

/**
 * A promised callback, and what becomes of it; `id` is the callback's, `at` the first instant of its window that was
 * asked about, and `byMs` how far the first instant moved at which it can be kept.
 */
export interface ComparedPromise extends Example<PromiseChangeKind> {
  /** The window's end. */
  readonly untilAt: EpochMs;
}

interface PromiseRow {
  id: string;
  contact_id: string;
  person_id: string;
  campaign_id: string;
  from_at: EpochMs;
  until_at: EpochMs;
}

/** Where a reading goes on. */
export interface PromisePlace {
  readonly fromAt: EpochMs;
  readonly id: string;
}

export async function countPromises(tx: Tx, campaignIds: readonly string[], at: EpochMs): Promise<number> {
  const rows = await tx.query<{ n: number }>(
    `SELECT count(*) AS n FROM callbacks
     WHERE tenant_id = $1 AND status = 'promised' AND campaign_id = ANY ($2::uuid[]) AND until_at > $3`,
    [tx.tenantId, campaignIds, toIso(at)],
  );
  return rows[0]!.n;
}

/**
 * The next open promises of these campaigns by the beginning of their windows, each asked about at that beginning, or
 * at `at` where it has gone by, with the facts of now.
 */
export async function nextPromises(
  tx: Tx,
  of: {
    readonly campaignIds: readonly string[];
    readonly pairs: PairSource;
    readonly lists: DialFacts['lists'];
    readonly at: EpochMs;
    readonly horizonMs: number;
    readonly after: PromisePlace | null;
    readonly limit: number;
  },
): Promise<{
  readonly promises: readonly ComparedPromise[];
  readonly read: number;
  readonly after: PromisePlace | null;
}> {
  const rows = await tx.query<PromiseRow>(
    `SELECT id, contact_id, person_id, campaign_id, from_at, until_at FROM callbacks
     WHERE tenant_id = $1 AND status = 'promised' AND campaign_id = ANY ($2::uuid[]) AND until_at > $3
       AND ($4::timestamptz IS NULL OR (from_at, id) > ($4, $5::uuid))
     ORDER BY from_at, id LIMIT $6`,
    [
      tx.tenantId,
      of.campaignIds,
      toIso(of.at),
      of.after === null ? null : toIso(of.after.fromAt),
      of.after?.id ?? null,
      of.limit,
    ],
  );
  const promises: ComparedPromise[] = [];
  for (const campaignId of new Set(rows.map((row) => row.campaign_id))) {
    const mine = rows.filter((row) => row.campaign_id === campaignId);
    promises.push(...(await promisesOf(tx, of, campaignId, mine)));
  }
  const last = rows.length < of.limit ? undefined : rows.at(-1);
  return {
    promises,
    read: rows.length,
    after: last === undefined ? null : { fromAt: last.from_at, id: last.id },
  };
}

async function promisesOf(
  tx: Tx,
  of: Parameters<typeof nextPromises>[1],
  campaignId: string,
  rows: readonly PromiseRow[],
): Promise<ComparedPromise[]> {
  const campaign = await campaignNow(tx, campaignId, of.at);
  const pair = of.pairs.forCampaign(campaign);
  const ids = rows.map((row) => row.contact_id);
  const facts = new Map(
    (await readFactsOf(tx, campaign, of.lists, ids, of.at)).map((one) => [one.contactId, one.facts]),
  );
  return rows.map((row): ComparedPromise => {
    const window = { fromAt: Math.max(row.from_at, of.at), untilAt: row.until_at };
    const known = facts.get(row.contact_id) ?? null;
    const { before, after } =
      known === null
        ? { before: NUMBERLESS, after: NUMBERLESS }
        : compare(pair, known, window.fromAt, of.horizonMs);
    const compared = {
      id: row.id,
      contactId: row.contact_id,
      personId: row.person_id,
      campaignId,
      jurisdiction: known === null ? '' : placesOf(known),
      at: window.fromAt,
      before,
      after,
      change: promiseChangeOf(before, after, window),
    };
    const example = exampleOf(compared, (side) => pair.nameRule(side, compared[side].rule));
    return { ...example, untilAt: row.until_at };
  });
}

const NUMBERLESS = {
  verdict: { kind: 'deny' },
  reason: 'number.missing',
  reasons: ['number.missing'],
  rule: null,
} as const;
