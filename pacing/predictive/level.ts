import { z } from 'zod';

/**
 * How many times as often something happens now as a table of hazards expects, learned from counts: what happened, and
 * what was expected at level 1 while it did. Expected counts come from time under way, so that calls that still ring are
 * counted rightly.
 *
 * The level is taken to stay as it is and now and then to jump to another (Adams and MacKay 2007, Bayesian online
 * changepoint detection). Each possible instant of the last jump is a run with a gamma belief of its own; each new piece
 * of the record moves weight to the runs that foretold it best. The estimate is the mean over the runs: after a jump the
 * short runs win within some events, in quiet times the longest one.
 */
export interface LevelSettings {
  /** A piece of the record is closed after so many seconds, if it holds so many expected events as well. */
  readonly pieceS: number;
  readonly pieceEvents: number;
  /** Seconds between jumps that are expected beforehand. */
  readonly jumpEveryS: number;
  /** Belief about the level after a jump: a gamma distribution of mean 1 and so much shape. */
  readonly priorEvents: number;
  /** Events that a run remembers: its standard error is 1/√n at the least, and drift is followed so fast. */
  readonly memoryEvents: number;
}

interface Run {
  weight: number;
  /** Shape and rate of the gamma belief. */
  shape: number;
  rate: number;
}

/** Runs that are less likely are dropped. */
const NEGLIGIBLE = 1e-3;

export class Level {
  private readonly settings: LevelSettings;
  private runs: Run[];
  private observed = 0;
  private expected = 0;
  private forS = 0;
  private mu = 1;
  private sd = 1;

  constructor(settings: LevelSettings) {
    this.settings = settings;
    this.runs = [{ weight: 1, shape: settings.priorEvents, rate: settings.priorEvents }];
    this.sumUp();
  }

  get mean(): number {
    return this.mu;
  }

  /** Standard deviation of the belief. */
  get deviation(): number {
    return this.sd;
  }

  /**
   * In the last `seconds` so much happened, and so much was expected at level 1.
   * @param leadsTo where a jump is believed to lead
   */
  add(observed: number, expected: number, seconds: number, leadsTo = 1): void {
    this.observed += observed;
    this.expected += expected;
    this.forS += seconds;
    const { pieceS, pieceEvents } = this.settings;
    if (this.forS < pieceS || this.expected < pieceEvents) return;
    this.learn(this.observed, this.expected, this.forS, leadsTo);
    [this.observed, this.expected, this.forS] = [0, 0, 0];
  }

  private learn(n: number, e: number, seconds: number, leadsTo: number): void {
    const { jumpEveryS, priorEvents, memoryEvents } = this.settings;
    const jump = Math.min(0.5, seconds / jumpEveryS);
    for (const run of this.runs) run.weight *= 1 - jump;
    this.runs.push({ weight: jump, shape: priorEvents, rate: priorEvents / leadsTo });
    const logs = this.runs.map((run) => Math.log(run.weight) + logChance(n, e, run));
    const best = Math.max(...logs);
    let total = 0;
    this.runs.forEach((run, i) => {
      run.weight = Math.exp(logs[i]! - best);
      total += run.weight;
    });
    for (const run of this.runs) {
      run.weight /= total;
      run.shape += n;
      run.rate += e;
      const by = Math.min(1, memoryEvents / run.shape);
      run.shape *= by;
      run.rate *= by;
    }
    this.runs = this.runs.filter(({ weight }) => weight > NEGLIGIBLE);
    this.sumUp();
  }

  private sumUp(): void {
    let [weight, mean, square] = [0, 0, 0];
    for (const run of this.runs) {
      const m = run.shape / run.rate;
      weight += run.weight;
      mean += run.weight * m;
      square += run.weight * (m * m + m / run.rate);
    }
    this.mu = mean / weight;
    this.sd = Math.sqrt(Math.max(0, square / weight - this.mu * this.mu));
  }

  toJSON(): LevelJson {
    return { runs: this.runs.map(({ weight, shape, rate }) => [weight, shape, rate]) };
  }

  restore({ runs }: LevelJson): void {
    this.runs = runs.map(([weight, shape, rate]) => ({ weight, shape, rate }));
    this.sumUp();
  }
}

const Positive = z.number().positive();
export const LevelJson = z.strictObject({ runs: z.array(z.tuple([Positive, Positive, Positive])).min(1) });
export type LevelJson = z.infer<typeof LevelJson>;

/** Log of the chance of n events where e were expected at level 1, less what is the same for all runs: negative binomial. */
function logChance(n: number, e: number, { shape, rate }: Run): number {
  return shape * Math.log(rate / (rate + e)) - n * Math.log(rate + e) + logRising(shape, n);
}

/** log(Γ(x + n) / Γ(x)) for x ≥ 1 and whole n: term by term for few, else by Stirling's series (error < 1e-4 from x = 2). */
function logRising(x: number, n: number): number {
  if (n > 6 && x >= 2) return logGamma(x + n) - logGamma(x);
  let product = 1;
  for (let i = 0; i < n; i++) product *= x + i;
  return Math.log(product);
}

function logGamma(x: number): number {
  return (x - 0.5) * Math.log(x) - x + 1 / (12 * x) - 1 / (360 * x * x * x);
}
