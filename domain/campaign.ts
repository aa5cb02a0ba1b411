import { z } from 'zod';
import { type DialMode, type Outcome, channelSchema, dialModeSchema, purposeSchema } from './vocabulary.ts';
import { scriptReferenceSchema } from './script.ts';
import { campaignAgentsSchema, campaignPacingSchema } from './campaign-agents.ts';
import { campaignCallbacksSchema } from './campaign-callbacks.ts';
import { campaignRulesSchema } from './campaign-rules.ts';
import type { EpochMs } from './time.ts';
import { weekdaysSchema } from './wall-clock.ts';

/**
 * A campaign's definition (外呼任务): what a campaign manager writes, as JSON or YAML, and may change while it
 * runs. Every part has a meaning when left out; unknown keys are refused, so that a misspelt rule is not ignored.
 */

const minutes = z
  .number()
  .finite('must be a number of minutes')
  .positive('is not above 0; a delay is some minutes, such as 15, or 0.5 for half of one')
  .max(60 * 24 * 366, 'is more than a year of minutes');

/**
 * What an attempt came to, as retry rules see it. `abandoned`: a person answered and no agent came in time (docs/modes.md);
 * the carrier's word for it is `answered`.
 */
export type RetryOutcome = Outcome | 'abandoned';

/** Outcomes after which a retry may make sense; the rest are final by their nature (shared cause table). */
export const RETRYABLE_OUTCOMES = [
  'busy',
  'no_answer',
  'voicemail',
  'unreachable',
  'declined',
  'congestion',
  'carrier_error',
  'cancelled',
  'unknown',
  'abandoned',
] as const satisfies readonly RetryOutcome[];
export const retryableOutcomeSchema = z.enum(RETRYABLE_OUTCOMES);
export type RetryableOutcome = z.infer<typeof retryableOutcomeSchema>;

export const retryStepSchema = z.strictObject({
  /** Minutes to wait after the first, second, … such outcome; the last one repeats. Escalating lists grow. */
  delayMinutes: z.array(minutes).min(1, 'is empty; name at least one delay'),
  /** Attempts that may end in this outcome before the contact is given up; null: only the total counts. */
  maxAttempts: z.number().int().positive().nullable().default(null),
});

const retryRulesFields = z.strictObject({
  /** Attempts in all, the first included. */
  maxAttempts: z.number().int().min(1).max(100).default(3),
  /** Attempts in any 24 hours. */
  maxAttemptsPerDay: z.number().int().min(1).max(24).default(2),
  /**
   * Days after a contact's first attempt within which the others must be made; a contact that may be called again only
   * later, by a retry's delay or by a law's cap, is given up. Null: it waits as long as it takes.
   */
  withinDays: z.number().int().min(1).max(366).nullable().default(30),
  /** Outcomes that are tried again; an outcome not named here ends the contact. */
  byOutcome: z.partialRecord(retryableOutcomeSchema, retryStepSchema).default({
    busy: { delayMinutes: [15, 60, 240], maxAttempts: null },
    no_answer: { delayMinutes: [180, 1440], maxAttempts: null },
    voicemail: { delayMinutes: [240, 1440], maxAttempts: null },
    unreachable: { delayMinutes: [720], maxAttempts: 2 },
    congestion: { delayMinutes: [5, 15], maxAttempts: null },
    carrier_error: { delayMinutes: [5, 15], maxAttempts: null },
    cancelled: { delayMinutes: [60], maxAttempts: null },
    unknown: { delayMinutes: [240], maxAttempts: null },
    // A rule's cooldown holds all the same; where none is in force, nobody is called again within a day.
    abandoned: { delayMinutes: [1440], maxAttempts: null },
  }),
  /**
   * Try at another hour of the day: a retry lies at least this far (minutes, either way round the clock) from
   * the time of day of every earlier attempt, where that can be had by moving it later; 0: off.
   */
  timeOfDayShiftMinutes: z.number().int().min(0).max(360).default(0),
  /** After every so many attempts that used up budget, leave the person alone for days; null: no such rest. */
  coolOff: z
    .strictObject({
      afterAttempts: z.number().int().min(1).max(20),
      days: z.number().int().min(1).max(90),
    })
    .nullable()
    .default(null),
  /**
   * Try the person's other number after so many attempts in a row on one that ended so; null: the first number alone. The
   * caps count the person, whatever the number.
   */
  otherNumber: z
    .strictObject({
      afterAttempts: z.number().int().min(1).max(20).default(2),
      outcomes: z
        // Who was abandoned was reached.
        .array(z.enum([...RETRYABLE_OUTCOMES, 'invalid_number']).exclude(['abandoned']))
        .min(1, 'is empty; name at least one outcome')
        .default(['no_answer', 'unreachable', 'invalid_number']),
    })
    .nullable()
    .default(null),
  /** Hand the contact from the script to an agent after so many attempts; null: never. For agentless campaigns with agents. */
  escalate: z
    .strictObject({ afterAttempts: z.number().int().min(1).max(20) })
    .nullable()
    .default(null),
  /**
   * Move a retry to the hour of the day at which such people have answered best, as far as that is known (pacing/best-time.ts).
   * Off unless asked for: it delays calls, and what it learns is about people.
   */
  bestTime: z
    .strictObject({
      enabled: z.boolean().default(false),
      /** Attempts in an hour of the day below which it counts as not known. */
      minAttempts: z.number().int().min(10).max(100_000).default(50),
      /** A retry is delayed by at most so many hours. */
      withinHours: z.number().int().min(1).max(168).default(24),
    })
    .prefault({}),
});

/** Rules that contradict each other, or can never come to bear: better said than obeyed in silence. */
export const retryRulesSchema = retryRulesFields.superRefine((rules, context) => {
  const { maxAttempts, withinDays, coolOff, escalate, otherNumber, bestTime } = rules;
  const fault = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  for (const [name, rule] of Object.entries({ coolOff, escalate, otherNumber })) {
    if (rule === null || rule.afterAttempts < maxAttempts) continue;
    fault(
      [name, 'afterAttempts'],
      `is ${rule.afterAttempts}, and no attempt comes after ${maxAttempts} (maxAttempts); expected fewer`,
    );
  }
  if (coolOff !== null && withinDays !== null && coolOff.days >= withinDays) {
    fault(
      ['coolOff', 'days'],
      `is ${coolOff.days}, and whoever was called is given up after ${withinDays} days (withinDays); expected fewer`,
    );
  }
  otherNumber?.outcomes.forEach((outcome, i) => {
    if (outcome === 'invalid_number' || rules.byOutcome[outcome] !== undefined) return;
    fault(
      ['otherNumber', 'outcomes', i],
      `names ${outcome}, after which nobody is tried again; expected an outcome that byOutcome names`,
    );
  });
  if (bestTime.enabled && rules.timeOfDayShiftMinutes > 0) {
    fault(
      ['bestTime', 'enabled'],
      'asks for the best hour, where timeOfDayShiftMinutes asks for one not tried yet; expected one of the two',
    );
  }
});
export type RetryRules = z.infer<typeof retryRulesSchema>;

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'is not a time of day; expected HH:MM, 00:00 to 24:00');

/** Local hours the campaign keeps to, in every candidate zone of the number; they narrow the law's (I9). */
export const callingHoursSchema = z
  .strictObject({
    days: weekdaysSchema,
    from: clockTime,
    until: clockTime,
  })
  .refine((w) => w.from < w.until, {
    message: 'is an impossible window: `until` must be later than `from`',
    path: ['until'],
  });

const MODES_WITH_AGENTS: readonly DialMode[] = ['preview', 'progressive', 'predictive'];

/** Whether a person takes the calls of this mode. */
export function needsAgents(mode: DialMode): boolean {
  return MODES_WITH_AGENTS.includes(mode);
}

export const campaignDefinitionSchema = z
  .strictObject({
    name: z.string().trim().min(1, 'is empty').max(200),
    purpose: purposeSchema,
    channel: channelSchema.default('voice'),
    /** Who talks, and how far ahead of free agents is called; may be changed while the campaign runs. */
    mode: dialModeSchema.default('agentless'),
    sector: z.string().min(1).nullable().default(null),
    /** On whose behalf the campaign calls, as consents name sellers; null: the tenant itself. */
    seller: z.string().trim().min(1, 'is empty').max(200).nullable().default(null),
    technology: z
      .strictObject({
        artificialVoice: z.boolean().default(false),
        prerecorded: z.boolean().default(false),
        autodialler: z.boolean().default(true),
      })
      .default({ artificialVoice: false, prerecorded: false, autodialler: true }),
    /** Name of the carrier to dial through. */
    carrier: z
      .string({ error: 'is missing; name the carrier to dial through' })
      .min(1, 'is empty; name the carrier to dial through'),
    /** Number shown to the person called, E.164. */
    callerId: z.string().regex(/^\+[1-9]\d{5,14}$/, 'is not an E.164 number such as +12025550100'),
    /** The dialogue that calls run, by its id and version (domain/script.ts); null: the carrier's own. */
    script: scriptReferenceSchema.nullable().default(null),
    ringTimeoutS: z.number().int().min(10).max(120).default(30),
    /** Calls of this campaign that may be up at once. */
    maxConcurrentCalls: z.number().int().min(1).max(10_000).default(50),
    /** Calls the campaign may start in a second; null: the carrier's limit alone. */
    callsPerSecond: z.number().positive().max(1_000).nullable().default(null),
    /** Nothing is dialled before or at and after these instants; null: no bound. ISO 8601 with an offset. */
    schedule: z
      .strictObject({
        startAt: z.iso.datetime({ offset: true }).nullable().default(null),
        endAt: z.iso.datetime({ offset: true }).nullable().default(null),
      })
      .refine((s) => s.startAt === null || s.endAt === null || Date.parse(s.startAt) < Date.parse(s.endAt), {
        message: 'ends before it starts',
        path: ['endAt'],
      })
      .default({ startAt: null, endAt: null }),
    callingHours: z.array(callingHoursSchema).nullable().default(null),
    retry: retryRulesSchema.prefault({}),
    /** Who takes its calls; null: nobody, the script alone. A mode with agents needs it. */
    agents: campaignAgentsSchema.nullable().default(null),
    pacing: campaignPacingSchema.prefault({}),
    /** How promised callbacks are kept, and what promises one by itself. */
    callbacks: campaignCallbacksSchema.prefault({}),
    /** Whom it calls and in what order, up to which counts, when, and until what is reached. */
    rules: campaignRulesSchema(retryRulesSchema),
  })
  .superRefine((definition, context) => {
    if (definition.agents !== null) return;
    if (needsAgents(definition.mode)) {
      context.addIssue({
        code: 'custom',
        path: ['agents'],
        message: `is missing; expected the teams that take the calls, since the mode is ${definition.mode}`,
      });
    }
    const arms = (definition.rules.experiments.retry ?? []).map(
      ({ retry }, i) => [['rules', 'experiments', 'retry', i, 'retry', 'escalate'], retry] as const,
    );
    for (const [path, retry] of [[['retry', 'escalate'], definition.retry] as const, ...arms]) {
      if (retry.escalate === null) continue;
      context.addIssue({
        code: 'custom',
        path: [...path],
        message: 'hands contacts to agents, and `agents` names no team; expected the teams that take them',
      });
    }
  });
export type CampaignDefinition = z.infer<typeof campaignDefinitionSchema>;
export type CampaignRules = CampaignDefinition['rules'];
/** What a person may leave out. */
export type CampaignDefinitionInput = z.input<typeof campaignDefinitionSchema>;

/** A definition's retry rules; those stored before a rule was known leave it out, and it is off. */
export function retryOf({ retry }: Pick<CampaignDefinition, 'retry'>): RetryRules {
  return {
    ...retry,
    coolOff: retry.coolOff ?? null,
    otherNumber: retry.otherNumber ?? null,
    escalate: retry.escalate ?? null,
    bestTime: retry.bestTime ?? retryRulesFields.shape.bestTime.parse(undefined),
  };
}

/** Whether an attempt that ended so uses up the contact's budget: it rang, or may have, and not only at the carrier. */
export function usesBudget(outcome: RetryOutcome | null): boolean {
  return outcome !== 'congestion' && outcome !== 'carrier_error';
}

/** An attempt as the retry rules see it. */
export interface RetryHistoryEntry {
  readonly at: EpochMs;
  readonly outcome: RetryOutcome;
  readonly counted: boolean;
  /** Which of the person's numbers was called, as a keyed hash; left out: the only one. */
  readonly number?: string;
}
