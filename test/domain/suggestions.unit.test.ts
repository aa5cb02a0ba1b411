import { describe, expect, it } from 'vitest';
import { suggestionsOf, type AnswerTally, type SuggestionFigures } from '../../domain/suggestions.ts';

const tally = (ended: number, rate: number): AnswerTally => ({
  ended,
  liveAnswers: Math.round(ended * rate),
});
const NOTHING: SuggestionFigures = {
  byAttemptOfDay: [],
  byAttempt: [],
  byHour: Array.from({ length: 24 }, () => tally(0, 0)),
  callbacks: { kept: 0, breached: 0, reasons: [] },
  abandonment: [],
};
const codes = (figures: Partial<SuggestionFigures>) =>
  suggestionsOf({ ...NOTHING, ...figures }).map(({ code }) => code);

describe('suggestions', () => {
  it('come with the evidence: the answer rate falls after the second attempt within a day', () => {
    const byAttemptOfDay = [tally(1_000, 0.3), tally(800, 0.29), tally(600, 0.12), tally(300, 0.1)];
    const [found] = suggestionsOf({ ...NOTHING, byAttemptOfDay });
    expect(found).toMatchObject({
      code: 'attempts.fewer_a_day',
      evidence: { attemptOfDay: 3, before: { of: 1_800 }, from: { of: 900 }, difference: { clear: true } },
    });
  });

  it('are none of what may be luck, of few cases, or of what is hardly worth a change', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ byAttempt: [tally(1_000, 0.3), tally(90, 0.05)] })).toEqual([]);
    expect(codes({ byAttempt: [tally(200, 0.3), tally(200, 0.25)] })).toEqual([]);
    expect(codes({ byAttempt: [tally(100_000, 0.3), tally(100_000, 0.28)] })).toEqual([]);
    expect(codes({ byAttempt: [tally(1_000, 0.3), tally(1_000, 0.1)] })).toEqual(['attempts.give_up_sooner']);
  });

  it('name the hours in which people answer clearly less or more', () => {
    const byHour = Array.from({ length: 24 }, (_, hour) =>
      hour < 9 || hour > 19 ? tally(0, 0) : tally(500, hour === 12 ? 0.1 : hour === 18 ? 0.5 : 0.3),
    );
    expect(suggestionsOf({ ...NOTHING, byHour })).toMatchObject([
      { code: 'hours.avoid', evidence: { hours: [12] } },
      { code: 'hours.prefer', evidence: { hours: [18] } },
    ]);
  });

  it('tell of promises that were not kept, and why most of them were not', () => {
    const reasons = [
      { reason: 'window.closed', times: 2 },
      { reason: 'no_capacity', times: 3 },
    ];
    expect(suggestionsOf({ ...NOTHING, callbacks: { kept: 20, breached: 5, reasons } })).toMatchObject([
      { code: 'callbacks.breached', evidence: { reason: 'no_capacity', times: 3, kept: { value: 0.8 } } },
    ]);
    expect(codes({ callbacks: { kept: 50, breached: 5, reasons } })).toEqual([]);
  });

  it('tell of abandonment before it comes to what a rule allows', () => {
    const of = (abandoned: number) => [{ rule: 'us.abandonment', abandoned, of: 1_000, capPercent: 3 }];
    expect(codes({ abandonment: of(20) })).toEqual([]);
    expect(codes({ abandonment: of(24) })).toEqual(['abandonment.near_cap']);
  });
});
