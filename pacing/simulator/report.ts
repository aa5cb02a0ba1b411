import type { PacingDecision, PacingReason } from '../controller.ts';
import type { Day } from './day.ts';

const MINUTE_MS = 60_000;
const STATES = 5;

/** What a simulated day came to. */
export interface DayReport {
  readonly placed: number;
  readonly answered: number;
  readonly connected: number;
  readonly abandoned: number;
  /** Abandoned ÷ live answers; 0 if nobody answered. */
  readonly abandonment: number;
  /** Talk and wrap-up ÷ all time that agents were there and on no break. */
  readonly utilisation: number;
  /** Of those who got an agent: share that did not wait at all, and the mean wait of the others, s. */
  readonly atOnce: number;
  readonly meanWaitS: number;
  /** Milliseconds that each agent spent away, free, talking, in wrap-up and on break, `AGENT` by `AGENT`. */
  readonly spentMs: readonly Float64Array[];
  /** Decisions by reason. */
  readonly reasons: Readonly<Partial<Record<PacingReason, number>>>;
  readonly minutes: Minutes;
  readonly learned: unknown;
}

/** By minute of the day. */
export interface Minutes {
  readonly busyMs: Float64Array;
  readonly thereMs: Float64Array;
  readonly answered: Float64Array;
  readonly abandoned: Float64Array;
  readonly placed: Float64Array;
}

export class DayLog {
  totalAnswered = 0;
  totalAbandoned = 0;
  private totalPlaced = 0;
  private totalConnected = 0;
  private waited = 0;
  private waitedMs = 0;
  private readonly spentMs: Float64Array[];
  private readonly minutes: Minutes;
  private readonly reasons: Partial<Record<PacingReason, number>> = {};

  constructor(day: Day) {
    this.spentMs = Array.from({ length: day.agents }, () => new Float64Array(STATES));
    // The last calls end after the day does; two hours hold all that are not far outside any distribution here.
    const minutes = () => new Float64Array(Math.ceil(day.lengthS / 60) + 120);
    this.minutes = {
      busyMs: minutes(),
      thereMs: minutes(),
      answered: minutes(),
      abandoned: minutes(),
      placed: minutes(),
    };
  }

  spent(agent: number, state: number, from: number, until: number): void {
    this.spentMs[agent]![state]! += until - from;
    if (state < 1 || state > 3) return;
    for (let at = from; at < until;) {
      const minute = Math.floor(at / MINUTE_MS);
      const end = Math.min(until, (minute + 1) * MINUTE_MS);
      if (minute < this.minutes.thereMs.length) {
        this.minutes.thereMs[minute]! += end - at;
        if (state !== 1) this.minutes.busyMs[minute]! += end - at;
      }
      at = end;
    }
  }

  placed(at: number, { calls, reason }: PacingDecision): void {
    this.totalPlaced += calls;
    this.minutes.placed[Math.floor(at / MINUTE_MS)]! += calls;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }

  answered(at: number): void {
    this.totalAnswered += 1;
    this.minutes.answered[Math.floor(at / MINUTE_MS)]! += 1;
  }

  abandoned(at: number): void {
    this.totalAbandoned += 1;
    this.minutes.abandoned[Math.floor(at / MINUTE_MS)]! += 1;
  }

  connected(waitMs: number): void {
    this.totalConnected += 1;
    if (waitMs === 0) return;
    this.waited += 1;
    this.waitedMs += waitMs;
  }

  report(learned: unknown): DayReport {
    const total = (state: number) => this.spentMs.reduce((sum, each) => sum + each[state]!, 0);
    const busy = total(2) + total(3);
    return {
      placed: this.totalPlaced,
      answered: this.totalAnswered,
      connected: this.totalConnected,
      abandoned: this.totalAbandoned,
      abandonment: this.totalAnswered === 0 ? 0 : this.totalAbandoned / this.totalAnswered,
      utilisation: busy / Math.max(1, busy + total(1)),
      atOnce: this.totalConnected === 0 ? 1 : 1 - this.waited / this.totalConnected,
      meanWaitS: this.waited === 0 ? 0 : this.waitedMs / this.waited / 1_000,
      spentMs: this.spentMs,
      reasons: this.reasons,
      minutes: this.minutes,
      learned,
    };
  }
}
