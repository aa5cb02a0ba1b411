import type { Disposition, Outcome } from '../domain/vocabulary.ts';

/** How the people behave on whom a forecast plays retry rules: as they were seen, leaning on published figures. Pure. */

/** How people behave, as far as it is known; shares and chances, 0 to 1. */
export interface PublicModel {
  /** Chance that the n-th attempt is answered by a person, where those before were not; the last one repeats. */
  readonly answerByAttempt: readonly number[];
  /** By hour of the day, how much likelier an answer is than on average; 24 numbers, 1: as on average. */
  readonly answerByHour: readonly number[];
  /** What an attempt that nobody answers comes to. */
  readonly unanswered: Readonly<Partial<Record<Outcome, number>>>;
  /** Share of answers to whom no agent came in time; 0 where a script talks. */
  readonly abandoned: number;
  /** What a conversation comes to. */
  readonly dispositions: Readonly<Partial<Record<Disposition, number>>>;
  /** Numbers of a person that may be called, 1 or more; on average. */
  readonly numbersEach: number;
}

/** Attempts and answers of which a chance is known as well as from `weight` made-up ones at the default. */
export interface PastFigures {
  readonly byAttempt: readonly { readonly attempts: number; readonly answers: number }[];
  readonly byHour: readonly { readonly attempts: number; readonly answers: number }[];
  readonly unanswered: Readonly<Partial<Record<Outcome, number>>>;
  /** Answers to whom no agent came in time. */
  readonly abandoned: number;
  readonly dispositions: Readonly<Partial<Record<Disposition, number>>>;
  readonly numbersEach: number | null;
}

/**
 * The public as it was seen, leaning on the default where little was: a default counts as `DEFAULT_WEIGHT` attempts, so
 * that three answers of four calls are no rate of 75 %.
 */
export function publicFrom(past: PastFigures, otherwise: PublicModel = UCI_PUBLIC): PublicModel {
  const lean = (answers: number, attempts: number, rate: number) =>
    (answers + rate * DEFAULT_WEIGHT) / (attempts + DEFAULT_WEIGHT);
  const length = Math.max(past.byAttempt.length, otherwise.answerByAttempt.length);
  const answerByAttempt = Array.from({ length }, (_, i) => {
    const seen = past.byAttempt[i] ?? { attempts: 0, answers: 0 };
    const usual = otherwise.answerByAttempt[Math.min(i, otherwise.answerByAttempt.length - 1)]!;
    return lean(seen.answers, seen.attempts, usual);
  });
  const attempts = past.byHour.reduce((sum, hour) => sum + hour.attempts, 0);
  const answers = past.byHour.reduce((sum, hour) => sum + hour.answers, 0);
  const overall = attempts === 0 ? null : answers / attempts;
  return {
    answerByAttempt,
    answerByHour:
      overall === null || overall === 0
        ? otherwise.answerByHour
        : past.byHour.map((hour) => lean(hour.answers, hour.attempts, overall) / overall),
    unanswered: leanShares(past.unanswered, otherwise.unanswered),
    abandoned: lean(past.abandoned, answers, otherwise.abandoned),
    dispositions: leanShares(past.dispositions, otherwise.dispositions),
    numbersEach: past.numbersEach ?? otherwise.numbersEach,
  };
}

/** Of attempts: with so many of one's own, they count as much as the default. A choice. */
export const DEFAULT_WEIGHT = 50;

/** Counts seen, with the default's shares as so many more. */
function leanShares<K extends string>(
  seen: Readonly<Partial<Record<K, number>>>,
  usual: Readonly<Partial<Record<K, number>>>,
): Partial<Record<K, number>> {
  const names = new Set([...Object.keys(seen), ...Object.keys(usual)]) as Set<K>;
  const total = (Object.values(usual) as number[]).reduce((sum, share) => sum + share, 0);
  return Object.fromEntries(
    [...names].map((name) => [name, (seen[name] ?? 0) + ((usual[name] ?? 0) / total) * DEFAULT_WEIGHT]),
  ) as Partial<Record<K, number>>;
}

/**
 * The public of the UCI bank marketing data (Moro, Cortez, Rita 2014; CC BY 4.0), as the simulated carrier has it
 * (carriers/simulator/model-uci.json, with the fit and what is assumed): the n-th attempt is answered with
 * 4.56 / (4.56 + 6.22 + n − 1); about one conversation in nine converts. The data says nothing of hours.
 */
export const UCI_PUBLIC: PublicModel = {
  answerByAttempt: Array.from({ length: 10 }, (_, i) => 4.55603 / (4.55603 + 6.22332 + i)),
  answerByHour: Array.from({ length: 24 }, () => 1),
  unanswered: {
    no_answer: 0.52,
    voicemail: 0.3,
    busy: 0.08,
    unreachable: 0.05,
    declined: 0.035,
    congestion: 0.01,
    carrier_error: 0.005,
    invalid_number: 0.02,
  },
  abandoned: 0,
  dispositions: {
    converted: 0.117,
    not_interested: 0.53,
    refused: 0.132,
    interested: 0.106,
    callback: 0.071,
    opted_out: 0.026,
    wrong_number: 0.018,
  },
  numbersEach: 1,
};
