import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time.ts';

/** Upper bounds (ms, included) of the steps that people read; above the last: more. */
export const STEPS_MS = [15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS] as const;

/** A length is told by the middle of its bucket, at most 1 % away; 400 days are in the 1,230th. */
const GAMMA = 1.02;
const LN_GAMMA = Math.log(GAMMA);
/** Different lengths that are each counted by themselves: windows move by few, cooldowns by as many as there are people. */
const EXACT_MAX = 500;

/**
 * How far instants moved, as counts that come to the same in whatever order and parts they are added up. Quantiles are
 * exact up to EXACT_MAX different lengths, and within 1 % beyond.
 */
export class LengthTally {
  /** Null: there were too many. That depends on all lengths together, not on their order. */
  #exact: Map<number, number> | null = new Map();
  /** The k-th counts lengths in (GAMMA^(k-1), GAMMA^k] ms. */
  readonly #buckets = new Map<number, number>();
  readonly #steps: number[] = Array.from({ length: STEPS_MS.length + 1 }, () => 0);
  #min = Infinity;
  #max = 0;

  /** @param ms >= 1 */
  add(ms: number): void {
    addTo(this.#buckets, Math.ceil(Math.log(ms) / LN_GAMMA), 1);
    this.#addExact([[ms, 1]]);
    const step = STEPS_MS.findIndex((bound) => ms <= bound);
    this.#steps[step === -1 ? STEPS_MS.length : step]! += 1;
    this.#min = Math.min(this.#min, ms);
    this.#max = Math.max(this.#max, ms);
  }

  merge(other: LengthTally): void {
    for (const [bucket, count] of other.#buckets) addTo(this.#buckets, bucket, count);
    this.#addExact(other.#exact);
    other.#steps.forEach((count, i) => (this.#steps[i]! += count));
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  #addExact(counts: Iterable<readonly [number, number]> | null): void {
    if (this.#exact === null || counts === null) {
      this.#exact = null;
      return;
    }
    for (const [ms, count] of counts) addTo(this.#exact, ms, count);
    if (this.#exact.size > EXACT_MAX) this.#exact = null;
  }

  get count(): number {
    return this.#steps.reduce((sum, count) => sum + count, 0);
  }

  /** The smallest length that at least this share does not exceed, ms. @param share 0 to 1; @returns null of nothing */
  quantile(share: number): number | null {
    const { count } = this;
    if (count === 0) return null;
    const wanted = Math.max(1, Math.ceil(share * count));
    let seen = 0;
    for (const [key, n] of sorted(this.#exact ?? this.#buckets)) {
      seen += n;
      if (seen < wanted) continue;
      if (this.#exact !== null) return key;
      const middle = (2 * GAMMA ** key) / (GAMMA + 1);
      return Math.round(Math.min(this.#max, Math.max(this.#min, middle)));
    }
    return this.#max;
  }

  /** Null of nothing. */
  summary(): LengthSummary | null {
    if (this.count === 0) return null;
    return {
      count: this.count,
      minMs: this.#min,
      medianMs: this.quantile(0.5)!,
      p95Ms: this.quantile(0.95)!,
      maxMs: this.#max,
      steps: this.#steps.map((count, i) => ({ upToMs: STEPS_MS[i] ?? null, count })),
    };
  }

  toJSON(): StoredLengths {
    return {
      exact: this.#exact === null ? null : sorted(this.#exact),
      buckets: sorted(this.#buckets),
      steps: [...this.#steps],
      min: this.count === 0 ? null : this.#min,
      max: this.#max,
    };
  }

  static from(stored: StoredLengths): LengthTally {
    const tally = new LengthTally();
    tally.#exact = stored.exact === null ? null : new Map(stored.exact);
    for (const [bucket, count] of stored.buckets) tally.#buckets.set(bucket, count);
    stored.steps.forEach((count, i) => (tally.#steps[i] = count));
    tally.#min = stored.min ?? Infinity;
    tally.#max = stored.max;
    return tally;
  }
}

type Counts = readonly (readonly [key: number, count: number])[];

export interface StoredLengths {
  readonly exact: Counts | null;
  readonly buckets: Counts;
  readonly steps: readonly number[];
  readonly min: number | null;
  readonly max: number;
}

/** What people are told. */
export interface LengthSummary {
  readonly count: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  /** How many up to each step and beyond the one before; `upToMs` null: beyond the last. Sums to `count`. */
  readonly steps: readonly { readonly upToMs: number | null; readonly count: number }[];
}

function addTo(counts: Map<number, number>, key: number, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function sorted(counts: ReadonlyMap<number, number>): [number, number][] {
  return [...counts].sort((a, b) => a[0] - b[0]);
}
