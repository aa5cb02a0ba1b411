import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { invalidInput } from '../../domain/failures.ts';
import { dispositionSchema, outcomeSchema } from '../../domain/vocabulary.ts';

/**
 * The outcome model: what the simulated public does. Parameters fitted to the UCI campaign data and
 * those assumed stand in model-uci.json with their fit, source and reasons; fit/ makes that file.
 */
const share = z.number().min(0).max(1);
const seconds = z.number().positive();
const logNormal = z.strictObject({ mu: z.number(), sigma: z.number().positive() });

export const answerModelSchema = z.discriminatedUnion('kind', [
  /** The same chance at each attempt. */
  z.strictObject({ kind: z.literal('constant'), probability: share }),
  /** Beta-geometric: the n-th attempt is answered with `alpha / (alpha + beta + n − 1)`; hard-to-reach people remain. */
  z.strictObject({
    kind: z.literal('beta_geometric'),
    alpha: z.number().positive(),
    beta: z.number().positive(),
  }),
]);

export const outcomeModelSchema = z.strictObject({
  /** Chance that a person answers an attempt. */
  answer: answerModelSchema,
  /** Seconds of talk: a mixture of log-normals of ln seconds, kept within [minS, maxS]. */
  talk: z.strictObject({
    components: z.array(logNormal.extend({ weight: share })).min(1),
    minS: seconds,
    maxS: seconds,
  }),
  /** Chance of conversion given talk: logistic in ln seconds. */
  conversion: z.strictObject({ intercept: z.number(), perLnTalkS: z.number() }),
  /** The same where the context says how an earlier campaign ended. */
  conversionByPrevious: z.strictObject({
    intercept: z.number(),
    perLnTalkS: z.number(),
    previousSuccess: z.number(),
  }),
  /** Shares of the numbers (not of the attempts): the same contact draws the same each time. */
  numbers: z.strictObject({ invalid: share, blocked: share }),
  /** What an attempt that nobody answers comes to; shares of those, by weight. */
  unanswered: z.partialRecord(outcomeSchema.exclude(['answered']), share),
  /** What a conversation that does not convert comes to, by weight. */
  otherDispositions: z.partialRecord(dispositionSchema, share),
  /** Keys pressed in an automatic dialogue, by disposition. */
  digits: z.partialRecord(dispositionSchema, z.string().regex(/^[0-9*#]{1,8}$/)),
  /** Request to ringing, seconds, uniform. */
  setup: z.strictObject({ minS: seconds, maxS: seconds }),
  /** Ringing to pick-up or refusal, seconds. */
  ring: logNormal,
  /** The network gives up after this long, seconds. */
  networkRingLimitS: seconds,
  /** Answer to end when a machine answers, seconds, uniform. */
  voicemail: z.strictObject({ minS: seconds, maxS: seconds }),
  /** How long a person who answered waits for an agent, seconds, uniform. */
  patience: z.strictObject({ minS: seconds, maxS: seconds }),
  /** Share of those who answer that press the key by which a script hands over to an agent, where it has one. */
  asksForAgent: share,
});
export type OutcomeModel = z.infer<typeof outcomeModelSchema>;
export const modelOverridesSchema = outcomeModelSchema.partial();
export type ModelOverrides = z.infer<typeof modelOverridesSchema>;

export const modelFileSchema = z.strictObject({
  schema: z.literal('rightcall.simulator-model/1'),
  citation: z.string(),
  model: outcomeModelSchema,
  /** How well what was fitted fits: what a reader needs to trust or distrust the numbers above. */
  fit: z.record(z.string(), z.unknown()),
  /** Each parameter that is not in the data, with where it is from. */
  assumptions: z.record(z.string(), z.string()),
});
export type ModelFile = z.infer<typeof modelFileSchema>;

/** The file of defaults beside this one. Reads the disk at each call. */
export function readModelFile(): ModelFile {
  return modelFileSchema.parse(
    JSON.parse(readFileSync(new URL('./model-uci.json', import.meta.url), 'utf8')),
  );
}

/**
 * The default model with whole sections replaced: `{ answer: { kind: 'constant', probability: 0.5 } }`.
 * @throws RightcallError `invalid_input` naming the section at fault
 */
export function modelWith(overrides: ModelOverrides = {}): OutcomeModel {
  const parsed = modelOverridesSchema.safeParse(overrides);
  if (!parsed.success) {
    throw invalidInput(
      parsed.error.issues.map((issue) => ({
        field: ['model', ...issue.path].join('.'),
        fault: issue.message,
        expected: 'the shape of a section of model-uci.json',
      })),
    );
  }
  const given = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
  return { ...readModelFile().model, ...given };
}
