import { z } from 'zod';
import { HOUR_MS, type EpochMs } from '../../domain/time.ts';
import type { PacingEvent, PacingLimits, PacingState } from '../controller.ts';
import { forecastOf, type Forecast, type Knowledge } from './forecast.ts';
import { HourPattern } from './hour-pattern.ts';
import { Level, LevelJson, type LevelSettings } from './level.ts';
import { LifeTableJson, type LifeTable } from './life-table.ts';
import { newTables, RING_EDGES, TALK_EDGES, WRAP_UP_EDGES } from './tables.ts';

/** How a level is followed; each figure's reason is in docs/pacing.md. */
const LEVEL: LevelSettings = {
  pieceS: 10,
  pieceEvents: 0.5,
  jumpEveryS: 3_600,
  priorEvents: 2,
  memoryEvents: 400,
};
/** Ends after which a table has forgotten all but 1/e. */
const SHAPE_MEMORY = 2_000;
/** A forecast is made anew so often, ms. */
const REFRESH_MS = 10_000;
/** Standard deviations by which levels are taken on the careful side: more answers, later ends. */
const CAUTION = 0.5;
/** From fewer answers the answer rate is not told. */
export const MIN_ANSWERS = 15;
const LearnedJson = z.strictObject({
  version: z.literal(1),
  at: z.number(),
  /** For other campaigns, whose agents these calls take; null: too few answers to tell. */
  answerRate: z.number().min(0).max(1).nullable(),
  answer: LifeTableJson(RING_EDGES.length),
  otherEnd: LifeTableJson(RING_EDGES.length),
  talk: LifeTableJson(TALK_EDGES.length),
  wrapUp: LifeTableJson(WRAP_UP_EDGES.length),
  levels: z.strictObject({ answer: LevelJson, talk: LevelJson, wrapUp: LevelJson }),
  hours: z.array(z.tuple([z.number(), z.number()])).length(24),
});

/**
 * What a campaign's calls and agents do: how long it rings until a person answers or it ends otherwise, how long talk and
 * wrap-up last. The tables follow slowly and hold the shape; a level for each follows fast and finds changes.
 */
export class Learner implements Knowledge {
  private readonly tables = newTables();
  private readonly levels = { answer: new Level(LEVEL), talk: new Level(LEVEL), wrapUp: new Level(LEVEL) };
  private readonly hours = new HourPattern();
  private readonly limits: PacingLimits;
  private at: EpochMs | null = null;
  /** What ended until then was learned before it was written down. */
  private knownUntil: EpochMs = -Infinity;
  private made: { at: EpochMs; forecast: Forecast } | null = null;

  /** @param learned what another one said of itself; if it is no such thing, nothing is known (and progressive paces) */
  constructor(limits: PacingLimits, learned: unknown = null) {
    this.limits = limits;
    const known = LearnedJson.safeParse(learned);
    if (known.success) this.restore(known.data);
  }

  /** Book the time since the last state, and what has ended in it. */
  observe(state: PacingState): void {
    // A clock that was put back has nothing to tell.
    const from = Math.min(this.at ?? state.at, state.at);
    this.at = state.at;
    const expected = { answer: 0, talk: 0, wrapUp: 0 };
    const seen = { answer: 0, talk: 0, wrapUp: 0 };
    const underWay = (table: LifeTable, since: EpochMs, until: EpochMs) =>
      table.underWay(Math.max(0, from - since) / 1_000, (until - since) / 1_000);
    const rings = (since: EpochMs, until: EpochMs) => {
      expected.answer += underWay(this.tables.answer, since, until);
      underWay(this.tables.otherEnd, since, until);
    };
    const talks = (since: EpochMs, until: EpochMs) =>
      (expected.talk += underWay(this.tables.talk, since, until));
    const wrapsUp = (since: EpochMs, until: EpochMs) =>
      (expected.wrapUp += underWay(this.tables.wrapUp, since, until));

    for (let i = 0; i < state.inFlightSince.length; i++) rings(state.inFlightSince[i]!, state.at);
    for (let i = 0; i < state.keptSince.length; i++) rings(state.keptSince[i]!, state.at);
    for (let i = 0; i < state.talkingSince.length; i++) talks(state.talkingSince[i]!, state.at);
    for (let i = 0; i < state.wrapUpSince.length; i++) wrapsUp(state.wrapUpSince[i]!, state.at);
    const end: Record<PacingEvent['kind'], (since: EpochMs, at: EpochMs, ageS: number) => void> = {
      answered: (since, at, ageS) => {
        rings(since, at);
        this.tables.answer.end(ageS);
        seen.answer += 1;
      },
      unanswered: (since, at, ageS) => {
        rings(since, at);
        this.tables.otherEnd.end(ageS);
      },
      talk_ended: (since, at, ageS) => {
        talks(since, at);
        this.tables.talk.end(ageS);
        seen.talk += 1;
      },
      wrap_up_ended: (since, at, ageS) => {
        wrapsUp(since, at);
        this.tables.wrapUp.end(ageS);
        seen.wrapUp += 1;
      },
    };
    for (const { kind, since, at } of state.ended) {
      if (at > this.knownUntil) end[kind](since, at, Math.max(0, at - since) / 1_000);
    }
    this.follow(seen, expected, (state.at - from) / 1_000);
  }

  private follow(seen: ByKind, expected: ByKind, seconds: number): void {
    const hour = Math.floor(this.at! / HOUR_MS) % 24;
    this.hours.add(hour, seen.answer, expected.answer);
    this.levels.answer.add(seen.answer, expected.answer, seconds, this.hours.levelOf(hour));
    this.levels.talk.add(seen.talk, expected.talk, seconds);
    this.levels.wrapUp.add(seen.wrapUp, expected.wrapUp, seconds);
    const keep = 1 - 1 / SHAPE_MEMORY;
    for (const name of ['answer', 'talk', 'wrapUp'] as const) {
      if (seen[name] > 0) this.tables[name].forget(keep ** seen[name]);
    }
    if (seen.answer > 0) this.tables.otherEnd.forget(keep ** seen.answer);
  }

  get answersSeen(): number {
    return this.tables.answer.seen;
  }

  get talksSeen(): number {
    return this.tables.talk.seen;
  }

  /** The share of calls placed now that a person answers, as it is believed; without caution. */
  get answerRate(): number {
    return forecastOf(this.learnedNow(0), this.limits.ringTimeoutS, this.limits.connectWithinS)
      .answeredEver[0]!;
  }

  forecast(at: EpochMs): Forecast {
    if (this.made === null || Math.abs(at - this.made.at) >= REFRESH_MS) {
      const { ringTimeoutS, connectWithinS } = this.limits;
      this.made = { at, forecast: forecastOf(this.learnedNow(CAUTION), ringTimeoutS, connectWithinS) };
    }
    return this.made.forecast;
  }

  private learnedNow(caution: number) {
    const { tables, levels } = this;
    const later = (level: Level) => Math.max(0, level.mean - caution * level.deviation);
    return {
      ...tables,
      levels: {
        answer: levels.answer.mean + caution * levels.answer.deviation,
        talk: later(levels.talk),
        wrapUp: later(levels.wrapUp),
      },
    };
  }

  binOfCall(ageS: number): number {
    return this.tables.answer.binOf(ageS);
  }

  binOfTalk(ageS: number): number {
    return this.tables.talk.binOf(ageS);
  }

  binOfWrapUp(ageS: number): number {
    return this.tables.wrapUp.binOf(ageS);
  }

  /** All of it, as JSON. */
  toJSON(): LearnedJson | null {
    if (this.at === null) return null;
    const { levels } = this;
    return {
      version: 1,
      at: this.at,
      answerRate: this.answersSeen < MIN_ANSWERS ? null : this.answerRate,
      answer: this.tables.answer.toJSON(),
      otherEnd: this.tables.otherEnd.toJSON(),
      talk: this.tables.talk.toJSON(),
      wrapUp: this.tables.wrapUp.toJSON(),
      levels: { answer: levels.answer.toJSON(), talk: levels.talk.toJSON(), wrapUp: levels.wrapUp.toJSON() },
      hours: this.hours.toJSON(),
    };
  }

  private restore(known: LearnedJson): void {
    this.at = known.at;
    this.knownUntil = known.at;
    this.tables.answer.restore(known.answer);
    this.tables.otherEnd.restore(known.otherEnd);
    this.tables.talk.restore(known.talk);
    this.tables.wrapUp.restore(known.wrapUp);
    for (const name of ['answer', 'talk', 'wrapUp'] as const) this.levels[name].restore(known.levels[name]);
    this.hours.restore(known.hours);
  }
}

type LearnedJson = z.infer<typeof LearnedJson>;
type ByKind = Readonly<Record<'answer' | 'talk' | 'wrapUp', number>>;
