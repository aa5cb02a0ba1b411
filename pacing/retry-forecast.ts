import type { RetryHistoryEntry, RetryRules } from '../domain/campaign.ts';
import { DAY_MS, HOUR_MS, type EpochMs } from '../domain/time.ts';
import type { ContactState } from '../domain/vocabulary.ts';
import { pickBy, randomOf, type Random } from './random.ts';
import type { PublicModel } from './retry-public.ts';
import { nextStep } from './retry.ts';

/**
 * What retry rules come to before anybody is called by them: attempts, answers, conversions and days to finish, by playing
 * the very rules (`nextStep`) on made-up people who behave as people did. Pure and seeded.
 */

/** Rules that a share of the people is called by, where an experiment tries several. */
export interface ForecastArm {
  readonly name: string;
  readonly weight: number;
  readonly rules: RetryRules;
}

export interface ForecastInput {
  /** Of everybody; of those in no arm, where there are arms. */
  readonly rules: RetryRules;
  /** None: nothing is tried. */
  readonly arms: readonly ForecastArm[];
  readonly people: PublicModel;
  readonly contacts: number;
  /** Calls that lines and agents have room for in an hour. */
  readonly callsPerHour: number;
  /** Whether calls may be made in the hour that begins at `at`. */
  readonly isOpen: (at: EpochMs) => boolean;
  readonly hourOf: (at: EpochMs) => number;
  readonly startAt: EpochMs;
  readonly seed: string;
}

/** A mean over contacts with its 95 % interval: what another seed would give, not what the model may be wrong by. */
export interface Estimated {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface ForecastFigures {
  /** People played; figures in total are for all `contacts`. */
  readonly played: number;
  readonly attemptsEach: Estimated;
  readonly attempts: number;
  readonly answers: Estimated;
  readonly conversions: Estimated;
  readonly attemptsPerConversion: number | null;
  /** Days from the start until half, nine of ten, and all contacts were done with; null: not within a year. */
  readonly daysToHalf: number | null;
  readonly daysTo90: number | null;
  readonly daysToAll: number | null;
  /** Of each attempt number: how many are made, and what share is answered. */
  readonly byAttempt: readonly {
    readonly n: number;
    readonly attempts: number;
    readonly answerRate: number;
  }[];
  /** How contacts end: state and reason, share of all. */
  readonly ends: readonly { readonly state: ContactState; readonly reason: string; readonly share: number }[];
}

export interface Forecast extends ForecastFigures {
  /** What the people of each arm come to, who share the lines with the others. */
  readonly arms: readonly (Pick<ForecastArm, 'name' | 'weight'> & {
    readonly contacts: number;
    /** Null: of so few contacts nobody is in it. */
    readonly figures: ForecastFigures | null;
  })[];
}

/** People played at most: with 5,000 a share of a half is known to 1.4 points. */
const PLAYED_MAX = 5_000;
const HORIZON_HOURS = 366 * 24;
/** Attempts played between two steps: some ms. */
const PEOPLE_A_STEP = 200;

interface Played {
  readonly arm: ForecastArm | null;
  readonly history: RetryHistoryEntry[];
  readonly numbers: number;
  numberAt: number;
  answered: boolean;
  converted: boolean;
  endAt: EpochMs | null;
  end: { state: ContactState; reason: string } | null;
}

/** Play the rules. @returns figures for all `contacts`, of those played */
export function forecastRetries(input: ForecastInput): Forecast {
  const steps = forecastSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps of an hour at most, so that whoever plays it can do other work in between. */
export function* forecastSteps(input: ForecastInput): Generator<undefined, Forecast> {
  const count = Math.min(PLAYED_MAX, input.contacts);
  const random = randomOf(input.seed);
  const weights = Object.fromEntries(input.arms.map(({ name, weight }) => [name, weight]));
  const armOf = () => {
    if (input.arms.length === 0) return null;
    const drawn = pickBy(random(), weights);
    return input.arms.find(({ name }) => name === drawn)!;
  };
  const people = Array.from({ length: count }, (): Played => ({
    arm: armOf(),
    history: [],
    numbers: 1 + (random() < input.people.numbersEach - 1 ? 1 : 0),
    numberAt: 0,
    answered: false,
    converted: false,
    endAt: null,
    end: null,
  }));
  yield* playHours(input, people, (person, at) => playAttempt(input, random, person, at));
  const total = input.arms.reduce((sum, { weight }) => sum + weight, 0);
  return {
    ...summaryOf(input, people, input.contacts),
    arms: input.arms.map(({ name, weight }) => {
      const own = people.filter(({ arm }) => arm?.name === name);
      const contacts = (input.contacts * weight) / total;
      return { name, weight, contacts, figures: own.length === 0 ? null : summaryOf(input, own, contacts) };
    }),
  };
}

/** Hour by hour, as many as there is room for: retries before fresh contacts, as the hopper has it. */
function* playHours(
  input: ForecastInput,
  people: readonly Played[],
  play: (person: Played, at: EpochMs) => void,
): Generator<undefined, void> {
  const perHour = Math.max(1, Math.round((input.callsPerHour * people.length) / input.contacts));
  const due = new Map<number, Played[]>();
  const hourIndex = (at: EpochMs) => Math.floor((at - input.startAt) / HOUR_MS);
  const fresh = [...people];
  let late: Played[] = [];
  let open = people.length;
  for (let hour = 0; hour < HORIZON_HOURS && open > 0; hour++) {
    const at = input.startAt + hour * HOUR_MS;
    late.push(...(due.get(hour) ?? []));
    due.delete(hour);
    if (!input.isOpen(at)) continue;
    const now = late.slice(0, perHour);
    late = late.slice(perHour);
    while (now.length < perHour && fresh.length > 0) now.push(fresh.pop()!);
    for (const [i, person] of now.entries()) {
      if (i % PEOPLE_A_STEP === PEOPLE_A_STEP - 1) yield;
      play(person, at + Math.floor((i / now.length) * HOUR_MS));
      if (person.end !== null) {
        open -= 1;
        continue;
      }
      const next = Math.max(hour + 1, hourIndex(person.endAt!));
      const there = due.get(next);
      if (there === undefined) due.set(next, [person]);
      else there.push(person);
      person.endAt = null;
    }
    yield;
  }
}

/** One attempt and what the rules make of it; while it goes on, `endAt` is when it is tried next. */
function playAttempt(input: ForecastInput, random: Random, person: Played, at: EpochMs): void {
  const { people } = input;
  const rules = person.arm?.rules ?? input.rules;
  const n = person.history.length;
  const base = people.answerByAttempt[Math.min(n, people.answerByAttempt.length - 1)]!;
  const answered = random() < Math.min(1, base * people.answerByHour[input.hourOf(at)]!);
  const reached = answered && (people.abandoned === 0 || random() >= people.abandoned);
  const outcome = reached ? 'answered' : answered ? 'abandoned' : pickBy(random(), people.unanswered);
  const disposition = reached ? pickBy(random(), people.dispositions) : null;
  const counted = outcome !== 'congestion' && outcome !== 'carrier_error';
  person.history.push({ at, outcome, counted, number: String(person.numberAt) });
  const left = person.numbers - 1 - person.numberAt;
  const step = nextStep(rules, person.history, disposition, at, left);
  if (reached) person.answered = true;
  if (disposition === 'converted') person.converted = true;
  person.endAt = step.kind === 'final' ? at : step.readyAt;
  if (step.kind === 'final') person.end = { state: step.state, reason: step.reason };
  else if (step.otherNumber) person.numberAt += 1;
}

/** @param contacts that these people stand for */
function summaryOf(input: ForecastInput, people: readonly Played[], contacts: number): ForecastFigures {
  const scale = contacts / people.length;
  const attempts = estimated(people.map((person) => person.history.length));
  const conversions = estimated(people.map((person) => (person.converted ? 1 : 0)));
  const times = (e: Estimated): Estimated => ({
    mean: e.mean * contacts,
    low: e.low * contacts,
    high: e.high * contacts,
  });
  const ended = people
    .flatMap((person) => (person.end === null ? [] : [person.endAt!]))
    .sort((a, b) => a - b);
  const daysTo = (share: number): number | null => {
    const at = ended[Math.ceil(share * people.length) - 1];
    return at === undefined ? null : (at - input.startAt) / DAY_MS;
  };
  return {
    played: people.length,
    attemptsEach: attempts,
    attempts: attempts.mean * contacts,
    answers: times(estimated(people.map((person) => (person.answered ? 1 : 0)))),
    conversions: times(conversions),
    attemptsPerConversion: conversions.mean === 0 ? null : attempts.mean / conversions.mean,
    daysToHalf: daysTo(0.5),
    daysTo90: daysTo(0.9),
    daysToAll: daysTo(1),
    byAttempt: byAttemptOf(people).map((tally, i) => ({
      n: i + 1,
      attempts: tally.attempts * scale,
      answerRate: tally.answers / tally.attempts,
    })),
    ends: endsOf(people),
  };
}

function byAttemptOf(people: readonly Played[]): { attempts: number; answers: number }[] {
  const tallies: { attempts: number; answers: number }[] = [];
  for (const { history } of people) {
    for (const [n, { outcome }] of history.entries()) {
      const tally = (tallies[n] ??= { attempts: 0, answers: 0 });
      tally.attempts += 1;
      // Somebody answered, whether or not an agent was there.
      if (outcome === 'answered' || outcome === 'abandoned') tally.answers += 1;
    }
  }
  return tallies;
}

function estimated(values: readonly number[]): Estimated {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const half = 1.96 * Math.sqrt(variance / values.length);
  return { mean, low: Math.max(0, mean - half), high: mean + half };
}

function endsOf(people: readonly Played[]): ForecastFigures['ends'] {
  const counts = new Map<string, { state: ContactState; reason: string; count: number }>();
  for (const { end } of people) {
    if (end === null) continue;
    const key = `${end.state} ${end.reason}`;
    const known = counts.get(key) ?? { ...end, count: 0 };
    known.count += 1;
    counts.set(key, known);
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ state, reason, count }) => ({ state, reason, share: count / people.length }));
}
