import { z } from 'zod';
import { languageSchema, skillsSchema } from './agent.ts';
import { formSchema } from './form.ts';
import { STANDARD_CHOICES, dispositionChoicesSchema } from './wrap-up.ts';

/** Who takes a campaign's calls, and what they do with them (domain/campaign.ts). */
export const campaignAgentsSchema = z
  .strictObject({
    /** Names of the teams; an agent of any one of them will do. */
    teams: z
      .array(z.string().trim().min(1, 'is empty; expected the name of a team').max(200))
      .min(1, 'is empty; expected the name of at least one team')
      .max(50),
    /** Skill → the least level that will do; every one of them is asked for. */
    skills: skillsSchema.default({}),
    /** Languages of which an agent must speak one; empty: whatever they speak. */
    languages: z.array(languageSchema).max(20).default([]),
    wrapUp: z
      .strictObject({
        /** Seconds after a call within which it must be written down. */
        limitS: z.number().int().min(5).max(3_600).default(120),
        /**
         * What becomes of an agent who is not done by then. `break`: they are away until it is written down, so that no
         * call is left without a disposition. `ready`: `disposition` is put down for them.
         */
        onLimit: z.enum(['break', 'ready']).default('break'),
        /** Code of the entry put down with `onLimit: ready`. */
        disposition: z.string().nullable().default(null),
      })
      .prefault({}),
    preview: z
      .strictObject({
        /** Seconds to accept or skip a contact that is shown. */
        limitS: z.number().int().min(5).max(3_600).default(60),
        /** Minutes after which a contact that was skipped may be shown again. */
        skippedAfterMinutes: z
          .number()
          .min(0)
          .max(60 * 24 * 31)
          .default(60),
        /** Times that it may be skipped or run out before it is given up. */
        maxSkips: z.number().int().min(1).max(20).default(3),
      })
      .prefault({}),
    /** What an agent may say that a call came to; left out: the standard list. */
    dispositions: dispositionChoicesSchema.default([...STANDARD_CHOICES]),
    /** What is to be filled in; empty: nothing. */
    form: formSchema.default([]),
  })
  .superRefine((agents, context) => {
    agents.dispositions.forEach((choice, i) => {
      for (const name of choice.requires) {
        if (agents.form.some((field) => field.name === name)) continue;
        context.addIssue({
          code: 'custom',
          path: ['dispositions', i, 'requires'],
          message: `names ${name}, which is no field of \`form\`; expected one of its fields`,
        });
      }
    });
    const { onLimit, disposition } = agents.wrapUp;
    const chosen = agents.dispositions.find((choice) => choice.code === disposition);
    if (onLimit === 'ready' && chosen === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['wrapUp', 'disposition'],
        message: 'names no entry of `dispositions`; expected the one to put down when time is up',
      });
    }
    if (chosen !== undefined && (chosen.disposition === 'callback' || chosen.requires.length > 0)) {
      context.addIssue({
        code: 'custom',
        path: ['wrapUp', 'disposition'],
        message:
          'asks for more than can be put down for an agent; expected one without a window or required fields',
      });
    }
  });
export type CampaignAgents = z.infer<typeof campaignAgentsSchema>;

/** How far ahead of free agents a campaign may call. */
export const campaignPacingSchema = z.strictObject({
  /** Highest share of answered calls without an agent, percent; null: what the rules allow. It can only be tighter (I9). */
  maxAbandonPercent: z.number().min(0, 'is negative; expected 0 to 100').max(100).nullable().default(null),
  /** Calls under way for each agent who is signed in, at most; after Genesys' limit of 15. */
  maxCallsPerAgent: z.number().min(1, 'is below 1; expected 1 to 15').max(15).default(5),
});
export type CampaignPacing = z.infer<typeof campaignPacingSchema>;
