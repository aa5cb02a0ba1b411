import { z } from '@hono/zod-openapi';
import type { Difference, KpiSums, Kpis, Share } from '../../../domain/kpi.ts';

/** How figures are shown. */

export const shareSchema = z
  .object({
    value: z.number().openapi({ description: 'From 0 to 1' }),
    low: z.number().openapi({ description: '95 % interval (Wilson)' }),
    high: z.number(),
    of: z.number().int().openapi({ description: 'Of how many' }),
  })
  .nullable()
  .openapi({ description: 'Null: of none' });

export const differenceSchema = z
  .object({
    value: z.number().openapi({ description: 'These figures less those they are compared with' }),
    low: z.number().openapi({ description: '95 % interval (Newcombe)' }),
    high: z.number(),
    clear: z.boolean().openapi({ description: 'Nought lies outside of the interval' }),
  })
  .nullable();

const count = z.number().int();
const seconds = z.number();
const mean = z.number().nullable();

export const sumsSchema = z
  .object({
    attempts: count.openapi({ description: 'That rang or may have rung' }),
    ended: count.openapi({ description: 'Of these, those whose outcome is known' }),
    answers: count.openapi({ description: 'A person or a machine picked up' }),
    liveAnswers: count.openapi({ description: 'A person picked up' }),
    reached: count.openapi({ description: 'Contacts for whom a person picked up' }),
    conversions: count,
    contacts: count.openapi({ description: 'Contacts that were tried' }),
    abandoned: count.openapi({ description: 'Live answers that no agent took in time' }),
    offered: count.openapi({ description: 'Live answers for an agent' }),
    inTime: count.openapi({ description: 'Of these, with one within `serviceS`' }),
    handled: count.openapi({ description: 'Calls that an agent had' }),
    waitS: seconds.openapi({ description: 'From answer to agent' }),
    talkS: seconds.openapi({ description: 'Of conversation, with agents and without' }),
    agentTalkS: seconds,
    wrapUpS: seconds.openapi({ description: 'From the end of a call until it was written down' }),
    readyS: seconds.openapi({ description: 'Of agents; ready time belongs to no campaign' }),
    reservedS: seconds,
    inCallS: seconds,
    inWrapUpS: seconds,
    breakS: seconds,
    callbacksKept: count.openapi({
      description: 'Promises whose window ends in the period, by their status',
    }),
    callbacksBreached: count,
    callbacksCancelled: count,
    callbacksOpen: count,
    callbacksMoved: count.openapi({
      description: 'Of all these, those that the rules had no room for and that were moved for it',
    }),
  })
  .openapi('KpiCounts');

export const kpisSchema = z
  .object({
    answerRate: shareSchema.openapi({
      description: '接听率: live answers per attempt whose outcome is known',
    }),
    conversionRate: shareSchema.openapi({ description: '转化率: conversions per live answer' }),
    abandonment: z
      .object({ perLiveAnswer: shareSchema, perAnswer: shareSchema, perCall: shareSchema })
      .openapi({
        description: 'By each denominator that rules know; `abandonmentRules` has those that bind',
      }),
    utilisation: mean.openapi({
      description:
        'Time in calls and wrap-up, of time signed in less breaks; null by campaign, whose ready time is nobody’s',
    }),
    handleS: mean.openapi({ description: 'Mean of conversation and wrap-up, of calls that an agent had' }),
    wrapUpS: mean,
    waitS: mean,
    serviceLevel: shareSchema,
    callbacksKept: shareSchema,
    attemptsPerConversion: mean,
    cost: z
      .object({ total: z.number(), perContact: mean, perConversion: mean })
      .nullable()
      .openapi({ description: 'By the price lists on record; null: there is none for all of the time' }),
  })
  .openapi('Kpis');

export const kpiDifferencesSchema = z
  .object({
    answerRate: differenceSchema,
    conversionRate: differenceSchema,
    perLiveAnswer: differenceSchema,
    serviceLevel: differenceSchema,
    callbacksKept: differenceSchema,
  })
  .openapi('KpiDifferences', { description: 'To the period compared with; shares alone, with intervals' });

export interface KpiFigures {
  readonly key: string | null;
  readonly sums: KpiSums;
  readonly kpis: Kpis;
}

/** Shares that are told apart between two periods. */
export function sharesOf(kpis: Kpis): Record<keyof z.infer<typeof kpiDifferencesSchema>, Share | null> {
  return {
    answerRate: kpis.answerRate,
    conversionRate: kpis.conversionRate,
    perLiveAnswer: kpis.abandonment.perLiveAnswer,
    serviceLevel: kpis.serviceLevel,
    callbacksKept: kpis.callbacksKept,
  };
}

export type KpiDifferences = Record<keyof z.infer<typeof kpiDifferencesSchema>, Difference | null>;
