import type { Tx } from '../db/client.ts';
import { recentHold } from '../db/repositories/cohorts.ts';
import type { Capacity } from '../db/repositories/why.ts';
import type { Clock } from '../domain/clock.ts';
import type { EpochMs } from '../domain/time.ts';
import type { CampaignBlock } from './campaign-blocks.ts';
import type { CampaignNow } from './campaign-now.ts';
import { estimate, type Estimate } from './estimate.ts';
import { FORECAST_STEP_MS, FORECAST_STEPS, forecast, type Eligible } from './forecast.ts';

/** What the next hour is likely to bring, and what was taken for it. */
export interface CohortForecast {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly steps: readonly {
    readonly from: EpochMs;
    /** Contacts that become eligible in the step; in the first also those who are. */
    readonly becoming: Estimate;
    readonly dialled: number;
  }[];
  /** Contacts that are or become eligible within the hour. */
  readonly eligible: Estimate;
  readonly dialled: number;
  readonly assumed: {
    /** Real seconds; the least of carrier and campaign. */
    readonly callsPerSecond: number;
    readonly concurrentCalls: number;
    /** How long a call keeps a line (s, engine clock), and where that is from. */
    readonly holdS: number;
    readonly holdFrom: 'recent_calls' | 'ring_timeout';
  } | null;
}

/** Calls from which a mean is taken, at most and at least. */
const HOLD_CALLS_MAX = 500;
const HOLD_CALLS_MIN = 20;
/** Where the campaign does not say how long it rings (s): the carriers' usual 30 s. */
const RING_S = 30;

export async function forecastCohort(
  tx: Tx,
  clock: Clock,
  campaign: CampaignNow,
  of: {
    readonly at: EpochMs;
    readonly eligible: readonly Eligible[];
    readonly waiting: number;
    readonly evaluated: number;
    readonly blocks: readonly CampaignBlock[];
    readonly capacity: Capacity | null;
  },
): Promise<CohortForecast> {
  const { at, waiting, evaluated } = of;
  const to = at + FORECAST_STEPS * FORECAST_STEP_MS;
  const within = of.eligible.filter((one) => one.from < to && (one.until === null || one.until > one.from));
  const assumed = await assumedPace(tx, campaign, of.capacity);
  const { schedule } = campaign.definition;
  const blocked = of.blocks.some((block) => block.until === null);
  const steps = forecast(at, within, evaluated === 0 ? 1 : waiting / evaluated, {
    callsPerStep: assumed === null ? 0 : callsPerStep(clock, assumed),
    opensAt: blocked ? null : Math.max(at, ...of.blocks.map((block) => block.until ?? at)),
    closesAt: schedule.endAt === null ? null : Date.parse(schedule.endAt),
  });
  const scaled = (found: number): Estimate =>
    evaluated === 0
      ? { count: 0, low: 0, high: 0 }
      : estimate(Math.round((found * waiting) / evaluated), found, evaluated, waiting);
  return {
    from: at,
    to,
    steps: steps.map(({ from, becoming, dialled }) => ({
      from,
      becoming: scaled(becoming),
      dialled: Math.round(dialled),
    })),
    eligible: scaled(within.length),
    dialled: Math.round(steps.reduce((sum, step) => sum + step.dialled, 0)),
    assumed,
  };
}

/** By calls per second, which are real, and by lines, which calls keep for a while on the engine's clock. */
function callsPerStep(clock: Clock, assumed: NonNullable<CohortForecast['assumed']>): number {
  const byRate = (assumed.callsPerSecond * clock.toRealMs(FORECAST_STEP_MS)) / 1_000;
  const byLines = (assumed.concurrentCalls * FORECAST_STEP_MS) / 1_000 / assumed.holdS;
  return Math.min(byRate, byLines);
}

async function assumedPace(
  tx: Tx,
  campaign: CampaignNow,
  capacity: Capacity | null,
): Promise<CohortForecast['assumed']> {
  if (capacity === null) return null;
  const { calls, meanS } = await recentHold(tx, campaign.id, HOLD_CALLS_MAX);
  const isKnown = meanS !== null && calls >= HOLD_CALLS_MIN;
  // Lines that other campaigns keep now are taken as kept for the hour.
  const others = Math.max(0, capacity.carrierCalls - capacity.admitted);
  const lines = Math.max(0, capacity.carrierMaxConcurrentCalls - others);
  return {
    callsPerSecond: Math.min(capacity.carrierCallsPerSecond, capacity.callsPerSecond ?? Infinity),
    concurrentCalls: Math.min(capacity.maxConcurrentCalls, lines),
    holdS: Math.max(1, isKnown ? meanS : (campaign.definition.ringTimeoutS ?? RING_S)),
    holdFrom: isKnown ? 'recent_calls' : 'ring_timeout',
  };
}
