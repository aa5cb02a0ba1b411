import { differenceOf, shareOf, type Difference, type Share } from './kpi.ts';

/**
 * What the figures suggest: each with the evidence it rests on, and only where the difference is clear (its 95 % interval
 * leaves out nought) and there are enough cases to bother. Nothing is done by itself; a person decides.
 */
export type Suggestion = {
  readonly [C in SuggestionCode]: {
    readonly code: C;
    readonly evidence: SuggestionEvidence[C];
  };
}[SuggestionCode];

interface SuggestionEvidence {
  /** The answer rate falls from this attempt within a day on: fewer a day would lose little. */
  readonly 'attempts.fewer_a_day': {
    readonly attemptOfDay: number;
    readonly before: Share;
    readonly from: Share;
    readonly difference: Difference;
  };
  /** From this attempt on hardly anybody answers: give up sooner. */
  readonly 'attempts.give_up_sooner': {
    readonly attempt: number;
    readonly before: Share;
    readonly from: Share;
    readonly difference: Difference;
  };
  /** In these hours of the day people answer clearly less than in the others. */
  readonly 'hours.avoid': {
    readonly hours: readonly number[];
    readonly then: Share;
    readonly otherwise: Share;
    readonly difference: Difference;
  };
  /** In these hours they answer clearly more. */
  readonly 'hours.prefer': {
    readonly hours: readonly number[];
    readonly then: Share;
    readonly otherwise: Share;
    readonly difference: Difference;
  };
  /** More callbacks were breached than one in ten; the reason that was given most. */
  readonly 'callbacks.breached': { readonly kept: Share; readonly reason: string; readonly times: number };
  /** The share of abandoned calls has come near what a rule allows. */
  readonly 'abandonment.near_cap': {
    readonly rule: string;
    readonly rate: Share;
    readonly capPercent: number;
  };
}
export type SuggestionCode = keyof SuggestionEvidence;

export interface AnswerTally {
  readonly ended: number;
  readonly liveAnswers: number;
}

export interface SuggestionFigures {
  /** By which attempt of the contact within 24 hours it was, 1 first. */
  readonly byAttemptOfDay: readonly AnswerTally[];
  /** By which attempt of the contact it was, 1 first. */
  readonly byAttempt: readonly AnswerTally[];
  /** By hour of the day in the zone asked for, 0 to 23. */
  readonly byHour: readonly AnswerTally[];
  readonly callbacks: {
    readonly kept: number;
    readonly breached: number;
    readonly reasons: readonly { readonly reason: string; readonly times: number }[];
  };
  readonly abandonment: readonly {
    readonly rule: string;
    readonly abandoned: number;
    readonly of: number;
    readonly capPercent: number;
  }[];
}

/** Fewer cases than this on either side suggest nothing: a rate of 30 % is known to 9 points then. */
const CASES_MIN = 100;
/** A rate that is lower by less than a fifth is not worth a change of rules. */
const WORTH = 0.2;
/** Callbacks breached from which on it is told; a promise is meant to be kept. */
const BREACHED_SHARE = 0.1;
const CALLBACKS_MIN = 10;
/** Of a cap on abandonment, from which on it is told; a hard stop comes well before the cap itself. */
const NEAR_CAP = 0.8;

export function suggestionsOf(figures: SuggestionFigures): Suggestion[] {
  return [
    ...fallsFrom(figures.byAttemptOfDay, (attemptOfDay, evidence) => ({
      code: 'attempts.fewer_a_day',
      evidence: { attemptOfDay, ...evidence },
    })),
    ...fallsFrom(figures.byAttempt, (attempt, evidence) => ({
      code: 'attempts.give_up_sooner',
      evidence: { attempt, ...evidence },
    })),
    ...hoursOf(figures.byHour),
    ...breachesOf(figures.callbacks),
    ...nearCapsOf(figures.abandonment),
  ];
}

interface Fall {
  readonly before: Share;
  readonly from: Share;
  readonly difference: Difference;
}

/** The place from which on the rate is lower than before it by the most, where it is clearly lower at all. */
function fallsFrom(
  tallies: readonly AnswerTally[],
  make: (place: number, fall: Fall) => Suggestion,
): Suggestion[] {
  const falls = tallies.slice(1).flatMap((_, i) => {
    const fall = clearlyLower(rateOf(tallies.slice(0, i + 1)), rateOf(tallies.slice(i + 1)));
    return fall === null ? [] : [{ place: i + 2, fall }];
  });
  const [steepest] = falls.sort((a, b) => a.fall.difference.value - b.fall.difference.value);
  return steepest === undefined ? [] : [make(steepest.place, steepest.fall)];
}

function clearlyLower(before: Share | null, from: Share | null): Fall | null {
  const difference = differenceOf(before, from);
  if (before === null || from === null || difference === null) return null;
  if (before.of < CASES_MIN || from.of < CASES_MIN) return null;
  return difference.high < 0 && from.value <= before.value * (1 - WORTH)
    ? { before, from, difference }
    : null;
}

function hoursOf(byHour: readonly AnswerTally[]): Suggestion[] {
  const worse: number[] = [];
  const better: number[] = [];
  byHour.forEach((tally, hour) => {
    const then = rateOf([tally]);
    const otherwise = rateOf(byHour.filter((_, other) => other !== hour));
    if (clearlyLower(otherwise, then) !== null) worse.push(hour);
    if (clearlyLower(then, otherwise) !== null) better.push(hour);
  });
  return [...hoursTold(byHour, worse, 'hours.avoid'), ...hoursTold(byHour, better, 'hours.prefer')];
}

function hoursTold(
  byHour: readonly AnswerTally[],
  hours: readonly number[],
  code: 'hours.avoid' | 'hours.prefer',
): Suggestion[] {
  const then = rateOf(byHour.filter((_, hour) => hours.includes(hour)));
  const otherwise = rateOf(byHour.filter((_, hour) => !hours.includes(hour)));
  const difference = differenceOf(otherwise, then);
  if (then === null || otherwise === null || difference === null) return [];
  return [{ code, evidence: { hours, then, otherwise, difference } }];
}

function breachesOf({ kept, breached, reasons }: SuggestionFigures['callbacks']): Suggestion[] {
  const share = shareOf(kept, kept + breached);
  const most = reasons.toSorted((a, b) => b.times - a.times)[0];
  if (share === null || most === undefined || share.of < CALLBACKS_MIN) return [];
  if (1 - share.value <= BREACHED_SHARE) return [];
  return [{ code: 'callbacks.breached', evidence: { kept: share, ...most } }];
}

function nearCapsOf(abandonment: SuggestionFigures['abandonment']): Suggestion[] {
  return abandonment.flatMap(({ rule, abandoned, of, capPercent }): Suggestion[] => {
    const rate = shareOf(abandoned, of);
    // Whole numbers, so that 24 of 1,000 are eight tenths of 3 % whatever the binary fraction says.
    const isNear = abandoned * 100 * 100 >= Math.round(NEAR_CAP * 100 * capPercent) * of;
    if (rate === null || rate.of < CASES_MIN || !isNear) return [];
    return [{ code: 'abandonment.near_cap', evidence: { rule, rate, capPercent } }];
  });
}

function rateOf(tallies: readonly AnswerTally[]): Share | null {
  const ended = tallies.reduce((sum, tally) => sum + tally.ended, 0);
  return shareOf(
    tallies.reduce((sum, tally) => sum + tally.liveAnswers, 0),
    ended,
  );
}
