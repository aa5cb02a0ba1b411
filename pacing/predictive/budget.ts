import type { AbandonmentCount } from '../controller.ts';

/**
 * How large the chance of meeting nobody may be for a call that is placed now. Every figure is a share of the cap, so
 * that the law's number is the only one that is not here.
 */
interface BudgetSettings {
  /**
   * Share of the cap's allowance up to which calls are placed at the full risk. Eased late, few agents go to and fro between
   * all of it and none, which costs them more than it gains (docs/pacing.md).
   */
  readonly easeFrom: number;
  /** Share at which nothing is risked any more: well before the cap, for what is in flight is not known yet. */
  readonly hardStop: number;
  /** The full risk, as a share of the cap. */
  readonly fullRisk: number;
}

const BUDGET: BudgetSettings = { easeFrom: 0.5, hardStop: 0.95, fullRisk: 1 };

/**
 * @param cap the highest share that may be abandoned
 * @param atStake people who may be abandoned by what has been done already: they wait, or are in flight
 * @returns the highest chance to be taken, 0: none, place no more than one call a free agent
 */
export function riskAllowed(
  { abandoned, denominator }: AbandonmentCount,
  cap: number,
  atStake: number,
): number {
  const allowance = cap * denominator;
  // One more must fit: with few answers seen the allowance is less than one person.
  const used = (abandoned + atStake + 1) / Math.max(allowance, 1e-9);
  const { easeFrom, hardStop, fullRisk } = BUDGET;
  const share = Math.max(0, Math.min(1, (hardStop - used) / (hardStop - easeFrom)));
  return cap * fullRisk * share;
}
