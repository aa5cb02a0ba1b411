import { z } from 'zod';
import {
  DIAL_MODES,
  dispositionSchema,
  outcomeSchema,
  type Disposition,
  type Outcome,
} from '../../domain/vocabulary.ts';
import { logNormalAt, pick, uniform } from './draws.ts';
import type { OutcomeModel } from './model.ts';

/** A call's plan by its attempt, number and context; seed, model and scenarios are fixed for a run. */
export type PlanOf = (attemptId: string, to: string, context: Readonly<Record<string, string>>) => CallPlan;

/** What will become of one call if nobody interferes; seconds are simulated ones. */
export interface CallPlan {
  readonly outcome: Outcome;
  /** Request to ringing, or to the end where nothing rings. */
  readonly setupS: number;
  readonly rings: boolean;
  /** Ringing to pick-up, refusal or the network's limit; the caller's ring time-out may come first. */
  readonly ringS: number;
  readonly talkS: number;
  readonly disposition: Disposition | null;
  /** Keys pressed, all at once, and how long after the answer. */
  readonly digits: string | null;
  readonly digitsAfterS: number;
  /** Seconds after the answer from which an agent is waited for; `talkS` then runs from the joining. Null: none is. */
  readonly agentAfterS: number | null;
  /** How long the person waits for the agent before they hang up. */
  readonly patienceS: number;
}

/** A number's fixed fate, for tests and demonstrations; what is left out is drawn from the model. */
export const scenarioSchema = z.strictObject({
  outcome: outcomeSchema.exclude(['cancelled']).optional(),
  /** Refuse the request itself, as a carrier does with numbers it will not ring. */
  reject: z.enum(['invalid_number', 'blocked']).optional(),
  setupS: z.number().nonnegative().optional(),
  ringS: z.number().nonnegative().optional(),
  talkS: z.number().nonnegative().optional(),
  patienceS: z.number().nonnegative().optional(),
  disposition: dispositionSchema.nullable().optional(),
  digits: z
    .string()
    .regex(/^[0-9*#]{1,8}$/)
    .nullable()
    .optional(),
});
export type Scenario = z.infer<typeof scenarioSchema>;

/** One fate, or one for each attempt of the contact (the last one repeats). */
export const scenariosSchema = z.record(
  z.string(),
  z.union([scenarioSchema, z.array(scenarioSchema).min(1)]),
);
export type Scenarios = z.infer<typeof scenariosSchema>;

const OUTCOMES_THAT_RING: ReadonlySet<Outcome> = new Set(['answered', 'voicemail', 'no_answer', 'declined']);

/**
 * The whole course of a call, as a pure function: the same seed, attempt id, context and model give the
 * same call in every run and after every restart.
 *
 * Context keys it knows: `mode` (a dial mode; where an agent talks no keys are pressed, and whoever answers waits for one),
 * `digit.agent` (the keys by which the script hands over to an agent), `purpose` (outside `marketing`, "interested" and "not interested" read `completed`), `previous_outcome`
 * (`success` converts more often, after UCI's `poutcome`) and `digit.<disposition>` (the script's own keys; where it
 * names any, no others are pressed).
 */
export function planCall(
  seed: string,
  attemptId: string,
  context: Readonly<Record<string, string>>,
  model: OutcomeModel,
  scenario: Scenario = {},
): CallPlan {
  const { contact, n } = splitAttemptId(attemptId);
  const draw = (label: string): number => uniform(seed, attemptId, label);
  const outcome = scenario.outcome ?? drawOutcome(uniform(seed, contact, 'number'), draw, n, model);
  const between = (label: string, range: { minS: number; maxS: number }): number =>
    round(range.minS + draw(label) * (range.maxS - range.minS));

  const talkS =
    scenario.talkS ??
    (outcome === 'answered'
      ? drawTalkS(draw, model)
      : outcome === 'voicemail'
        ? between('voicemail', model.voicemail)
        : 0);
  const disposition =
    scenario.disposition !== undefined
      ? scenario.disposition
      : outcome === 'answered'
        ? drawDisposition(draw, talkS, context, model)
        : null;
  const digits =
    scenario.digits !== undefined ? scenario.digits : digitsFor(outcome, disposition, draw, context, model);
  // Somewhere in the middle of the dialogue; a key is pressed before the call ends.
  const digitsAfterS = round(talkS * (0.3 + 0.5 * draw('digits')));
  const asks = digits !== null && digits === context['digit.agent'];
  return {
    outcome,
    setupS: scenario.setupS ?? between('setup', model.setup),
    rings: OUTCOMES_THAT_RING.has(outcome),
    ringS: scenario.ringS ?? drawRingS(outcome, draw, model),
    talkS,
    disposition,
    digits,
    digitsAfterS,
    agentAfterS: outcome !== 'answered' ? null : agentTalks(context) ? 0 : asks ? digitsAfterS : null,
    patienceS: scenario.patienceS ?? between('patience', model.patience),
  };
}

/** The scenario that holds for a number's n-th attempt; {} where none was set. */
export function scenarioFor(scenarios: Scenarios, to: string, attemptId: string): Scenario {
  const found = scenarios[to];
  if (found === undefined) return {};
  if (!Array.isArray(found)) return found;
  const index = Math.min(splitAttemptId(attemptId).n, found.length) - 1;
  return found[index] ?? {};
}

/** `<contact>/<n>`; another form counts as a first attempt of a contact of its own. */
export function splitAttemptId(attemptId: string): { contact: string; n: number } {
  const match = /^(.+)\/([1-9]\d{0,5})$/.exec(attemptId);
  return match === null ? { contact: attemptId, n: 1 } : { contact: match[1]!, n: Number(match[2]) };
}

/** Chance that a person answers the n-th attempt (from 1). */
export function answerProbability(answer: OutcomeModel['answer'], n: number): number {
  return answer.kind === 'constant'
    ? answer.probability
    : answer.alpha / (answer.alpha + answer.beta + n - 1);
}

function drawOutcome(
  numberDraw: number,
  draw: (label: string) => number,
  n: number,
  model: OutcomeModel,
): Outcome {
  if (numberDraw < model.numbers.invalid) return 'invalid_number';
  if (numberDraw < model.numbers.invalid + model.numbers.blocked) return 'blocked';
  if (draw('answer') < answerProbability(model.answer, n)) return 'answered';
  return pick(draw('unanswered'), model.unanswered);
}

function drawTalkS(draw: (label: string) => number, model: OutcomeModel): number {
  const weights = Object.fromEntries(model.talk.components.map((c, i) => [String(i), c.weight]));
  const component = model.talk.components[Number(pick(draw('talk-component'), weights))]!;
  const talkS = logNormalAt(draw('talk'), component.mu, component.sigma);
  return round(Math.min(Math.max(talkS, model.talk.minS), model.talk.maxS));
}

/** Chance of conversion after `talkS` seconds of talk. */
export function conversionProbability(
  model: OutcomeModel,
  talkS: number,
  previous: string | undefined,
): number {
  const x = Math.log(Math.max(talkS, 1));
  const by = model.conversionByPrevious;
  const logit =
    previous === undefined
      ? model.conversion.intercept + model.conversion.perLnTalkS * x
      : by.intercept + by.perLnTalkS * x + (previous === 'success' ? by.previousSuccess : 0);
  return 1 / (1 + Math.exp(-logit));
}

function drawDisposition(
  draw: (label: string) => number,
  talkS: number,
  context: Readonly<Record<string, string>>,
  model: OutcomeModel,
): Disposition {
  if (draw('conversion') < conversionProbability(model, talkS, context['previous_outcome']))
    return 'converted';
  const other = pick(draw('disposition'), model.otherDispositions);
  const selling = (context['purpose'] ?? 'marketing') === 'marketing';
  return !selling && (other === 'interested' || other === 'not_interested') ? 'completed' : other;
}

function drawRingS(outcome: Outcome, draw: (label: string) => number, model: OutcomeModel): number {
  if (outcome === 'no_answer') return model.networkRingLimitS;
  if (!OUTCOMES_THAT_RING.has(outcome)) return 0;
  return round(Math.min(logNormalAt(draw('ring'), model.ring.mu, model.ring.sigma), model.networkRingLimitS));
}

function digitsFor(
  outcome: Outcome,
  disposition: Disposition | null,
  draw: (label: string) => number,
  context: Readonly<Record<string, string>>,
  model: OutcomeModel,
): string | null {
  if (outcome !== 'answered' || agentTalks(context)) return null;
  const forAgent = context['digit.agent'];
  if (forAgent !== undefined && draw('asks-for-agent') < model.asksForAgent) return forAgent;
  if (disposition === null) return null;
  // A script that names keys names all of them: a key of the model could mean something else in it.
  const isScripted = Object.keys(context).some((key) => key.startsWith('digit.'));
  return context[`digit.${disposition}`] ?? (isScripted ? null : (model.digits[disposition] ?? null));
}

/** Whether an agent talks to whoever answers, and not a script. */
function agentTalks({ mode }: Readonly<Record<string, string>>): boolean {
  return mode !== undefined && mode !== 'agentless' && (DIAL_MODES as readonly string[]).includes(mode);
}

/** Whole milliseconds, so that instants stay integers. */
function round(s: number): number {
  return Math.round(s * 1000) / 1000;
}
