import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tx } from '../../db/client.ts';
import { policySetsByHash } from '../../db/repositories/policies.ts';
import type { RuleResult, Verdict } from '../../domain/decision.ts';
import { FACTS_SCHEMA, type DialFacts } from '../../domain/facts.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import {
  compilePolicySet,
  evaluate,
  fromStored,
  type CompiledPolicySet,
  type PolicyDocument,
} from '../../policies/index.ts';
import { changeOf, positionOf, type Position } from './change.ts';
import { pairOf, placesOf, type SetPair } from './compare.ts';
import type { Compared } from './tally.ts';

/** Where a reading of the past goes on. */
export interface PastPlace {
  readonly at: EpochMs;
  readonly id: string;
}

export interface PastPeriod {
  readonly from: EpochMs;
  /** The first instant after it. */
  readonly until: EpochMs;
  /** Null: of all campaigns. */
  readonly campaignId: string | null;
}

/** A decision of the gate, as it was, and as the draft would have had it on the same facts at the same instant. */
export interface PastDecision {
  /** `call`: it was allowed, and the phone may have rung. `denial`: it was denied. */
  readonly kind: 'call' | 'denial';
  readonly compared: Compared;
  readonly pair: SetPair;
}

export interface PastBatch {
  readonly after: PastPlace | null;
  readonly read: number;
  readonly decisions: readonly PastDecision[];
  /** Not asked about, since their facts are of an older form, or the set they were made by is not stored whole. */
  readonly skipped: { readonly olderFacts: number; readonly unknownSet: number };
}

interface Row {
  id: string;
  campaign_id: string;
  contact_id: string;
  person_id: string;
  at: EpochMs;
  horizon_ms: number;
  verdict: Verdict['kind'];
  until: EpochMs | null;
  reasons: string[];
  policy_set_hash: string;
  facts: DialFacts;
  results: RuleResult[] | null;
}

/** Denials, and permissions of whose attempt nobody can say that it did not ring. */
const WHICH = `d.tenant_id = $1 AND d.stage = 'dial' AND d.at >= $2 AND d.at < $3
  AND ($4::uuid IS NULL OR d.campaign_id = $4)
  AND (d.verdict = 'deny' OR d.verdict = 'allow' AND EXISTS (
    SELECT 1 FROM attempts a
    WHERE a.tenant_id = $1 AND a.contact_id = d.contact_id AND a.admission = d.admission
      AND a.state IN ('sending', 'sent', 'ended', 'unknown')))`;

export async function countPast(tx: Tx, period: PastPeriod): Promise<number> {
  const rows = await tx.query<{ n: number }>(`SELECT count(*) AS n FROM decisions d WHERE ${WHICH}`, [
    tx.tenantId,
    toIso(period.from),
    toIso(period.until),
    period.campaignId,
  ]);
  return rows[0]!.n;
}

/** Reads past decisions in the order in which they were made, and asks the draft about each. */
export class PastReader {
  readonly #candidate: readonly PolicyDocument[];
  readonly #period: PastPeriod;
  /** By the hash of the set that a decision was made by; null: it cannot be read any more. */
  readonly #pairs = new Map<string, SetPair | null>();

  constructor(candidate: readonly PolicyDocument[], period: PastPeriod) {
    this.#candidate = candidate;
    this.#period = period;
  }

  async next(tx: Tx, after: PastPlace | null, limit: number): Promise<PastBatch> {
    const { from, until, campaignId } = this.#period;
    const rows = await tx.query<Row>(
      `SELECT d.id, d.campaign_id, d.contact_id, d.person_id, d.at, d.horizon_ms, d.verdict, d.until, d.reasons,
              d.policy_set_hash, d.facts, CASE WHEN d.verdict = 'deny' THEN d.results END AS results
       FROM decisions d WHERE ${WHICH} AND ($5::timestamptz IS NULL OR (d.at, d.id) > ($5, $6::uuid))
       ORDER BY d.at, d.id LIMIT $7`,
      [
        tx.tenantId,
        toIso(after === null ? from : Math.max(from, after.at)),
        toIso(until),
        campaignId,
        after === null ? null : toIso(after.at),
        after?.id ?? null,
        limit,
      ],
    );
    const skipped = { olderFacts: 0, unknownSet: 0 };
    const decisions: PastDecision[] = [];
    for (const [index, row] of rows.entries()) {
      if (index % TURN === TURN - 1) await nextTurn();
      // Of facts in another form the rules of today would read something else than was there.
      if ((row.facts as { schema: string }).schema !== FACTS_SCHEMA) {
        skipped.olderFacts += 1;
        continue;
      }
      const pair = await this.#pairFor(tx, row);
      if (pair === null) skipped.unknownSet += 1;
      else decisions.push(this.#decision(row, pair));
    }
    const last = rows.length < limit ? undefined : rows.at(-1);
    return {
      after: last === undefined ? null : { at: last.at, id: last.id },
      read: rows.length,
      decisions,
      skipped,
    };
  }

  #decision(row: Row, pair: SetPair): PastDecision {
    const before = storedPosition(row);
    const same = pair.isSame(row.facts);
    const after = same ? before : this.#after(row, pair.candidate);
    return {
      kind: row.verdict === 'deny' ? 'denial' : 'call',
      pair,
      compared: {
        id: row.id,
        contactId: row.contact_id,
        personId: row.person_id,
        campaignId: row.campaign_id,
        jurisdiction: placesOf(row.facts),
        at: row.at,
        before,
        after,
        change: changeOf(before, after, row.at),
      },
    };
  }

  #after(row: Row, policySet: CompiledPolicySet): Position {
    const { facts, at, horizon_ms: horizonMs } = row;
    return positionOf(evaluate({ policySet, facts, at, horizonMs }));
  }

  /** The set that it was made by, and the draft narrowed by the campaign's own hours as they were then. */
  async #pairFor(tx: Tx, { policy_set_hash: hash, campaign_id: campaignId }: Row): Promise<SetPair | null> {
    let pair = this.#pairs.get(hash);
    if (pair === undefined) {
      if (this.#pairs.size >= PAIRS_MAX) this.#pairs.clear();
      pair = await this.#readPair(tx, hash, campaignId);
      this.#pairs.set(hash, pair);
    }
    return pair;
  }

  async #readPair(tx: Tx, hash: string, campaignId: string): Promise<SetPair | null> {
    const stored = (await policySetsByHash(tx, [hash])).get(hash);
    if (stored === undefined) return null;
    try {
      const documents = stored.map(fromStored);
      const own = documents.filter((one) => one.kind === 'pack' && one.id === `campaign-${campaignId}`);
      return pairOf(compilePolicySet(documents), compilePolicySet([...this.#candidate, ...own]));
    } catch {
      // Written for a vocabulary that is no more; what it would say cannot be told.
      return null;
    }
  }
}

/** Sets kept: one for each that was in force, and for each campaign with hours of its own. */
const PAIRS_MAX = 50;
/** Evaluations between two turns of the event loop. */
const TURN = 20;

function storedPosition({ verdict: kind, until, reasons, results }: Row): Position {
  const verdict: Verdict =
    kind === 'deny' ? { kind } : kind === 'allow' ? { kind, until } : { kind, until: until! };
  const leading = results?.find((result) => result.outcome === 'deny') ?? null;
  return {
    verdict,
    reason: kind === 'allow' ? null : (leading?.reason ?? reasons[0] ?? null),
    reasons,
    rule: leading === null ? null : { pack: leading.pack, id: leading.rule },
  };
}
