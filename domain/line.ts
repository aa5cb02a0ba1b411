/** When a carrier that fails is left alone, and for how long. All real ms. */
export interface RestPlan {
  /** Failures in a row after which it rests; fewer are what every line has now and then. */
  readonly afterFailures: number;
  /** The first rest, the second, …; the last one repeats. Rests follow each other while trial calls fail. */
  readonly restMs: readonly number[];
}

/**
 * Five in a row are one in 3,000 at a share of one failure in five, and come within a second where a carrier is down.
 * A minute at the most: a carrier that is back is noticed by then, and one trial call a minute loads nobody.
 */
export const LINE_REST_PLAN: RestPlan = {
  afterFailures: 5,
  restMs: [1_000, 2_000, 5_000, 15_000, 30_000, 60_000],
};

/** Rest after a refusal for too many calls where the carrier does not say for how long, real ms. */
export const CONGESTION_REST_MS = 1_000;
/** A carrier's Retry-After is honoured up to here, real ms. */
export const RETRY_AFTER_MAX_MS = 5 * 60_000;
