import type { ModelFile } from '../model.ts';
import { fitAttempts } from './attempts.ts';
import { ASSUMED, ASSUMPTIONS } from './assumed.ts';
import { classify, fitLogistic, predict } from './logistic.ts';
import { fitTalk } from './talk.ts';
import type { UciRow } from './read-uci.ts';

export const CITATION =
  'Moro, S., Cortez, P., Rita, P. (2014). A data-driven approach to predict the success of bank telemarketing. ' +
  'Decision Support Systems 62, 22-31. Data: Bank Marketing, UCI Machine Learning Repository, CC BY 4.0.';

/** Fit the simulator's defaults to the campaign data; what the data does not hold comes from assumed.ts. */
export function fitModel(rows: readonly UciRow[]): ModelFile {
  const attempts = fitAttempts(rows.map((r) => r.contacts));
  const talk = fitTalk(rows.map((r) => r.talkS));
  const talked = rows.filter((r) => r.talkS > 0);
  const outcomes = talked.map((r) => r.converted);
  const byTalk = talked.map((r) => [Math.log(r.talkS)]);
  const byTalkAndPrevious = talked.map((r) => [Math.log(r.talkS), r.previousSuccess ? 1 : 0]);
  const beta = fitLogistic(byTalk, outcomes);
  const betaPrevious = fitLogistic(byTalkAndPrevious, outcomes);
  const { alpha, beta: b } = attempts.betaGeometric.parameters;

  return {
    schema: 'rightcall.simulator-model/1',
    citation: CITATION,
    model: {
      answer: { kind: 'beta_geometric', alpha: digits(alpha!), beta: digits(b!) },
      talk: {
        components: talk.mixture.map((c) => ({
          weight: digits(c.weight),
          mu: digits(c.mu),
          sigma: digits(c.sigma),
        })),
        minS: 1,
        maxS: Math.max(...rows.map((r) => r.talkS)),
      },
      conversion: { intercept: digits(beta[0]!), perLnTalkS: digits(beta[1]!) },
      conversionByPrevious: {
        intercept: digits(betaPrevious[0]!),
        perLnTalkS: digits(betaPrevious[1]!),
        previousSuccess: digits(betaPrevious[2]!),
      },
      ...ASSUMED,
    },
    fit: rounded({
      rows: rows.length,
      attempts: {
        reading:
          'campaign, the number of contacts up to the recorded talk, is read as the number of attempts until someone answered',
        candidates: [attempts.geometric, attempts.betaGeometric],
        chosen: attempts.betaGeometric.name,
        shareReachedAtEachAttempt: attempts.hazards,
      },
      talk: {
        rowsOfZeroSecondsLeftOut: rows.length - talked.length,
        candidates: talk.candidates,
        chosen: talk.candidates[talk.candidates.length - 1]!.name,
      },
      conversion: {
        share: outcomes.filter(Boolean).length / rows.length,
        byTalk: classify(
          byTalk.map((x) => predict(beta, x)),
          outcomes,
        ),
        byTalkAndPrevious: classify(
          byTalkAndPrevious.map((x) => predict(betaPrevious, x)),
          outcomes,
        ),
      },
    }),
    assumptions: { ...ASSUMPTIONS },
  };
}

/** Six significant digits: far finer than the fit, and the same on every machine. */
function digits(x: number): number {
  return Number(x.toPrecision(6));
}

function rounded(value: Record<string, unknown>): Record<string, unknown> {
  const copy: unknown = JSON.parse(
    JSON.stringify(value, (_key, v: unknown) => (typeof v === 'number' ? Number(v.toPrecision(5)) : v)),
  );
  return copy as Record<string, unknown>;
}
