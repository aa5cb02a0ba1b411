import { z } from 'zod';
import { epochMsSchema } from '../../domain/time.ts';

/**
 * What goes over the wire between the simulator and its adapter. The simulator says codes and facts, as
 * a carrier does; reading an outcome out of them is the adapter's work (causes.ts).
 */
export const dialBodySchema = z.strictObject({
  attemptId: z.string().min(1).max(200),
  to: z.string().min(1).max(40),
  from: z.string().min(1).max(40),
  /** An hour at most: longer than any network lets a call ring. */
  ringTimeoutS: z.number().positive().max(3_600),
  context: z.record(z.string(), z.string()).default({}),
});
export type DialBody = z.infer<typeof dialBodySchema>;

export const wireEndSchema = z.strictObject({
  by: z.enum(['callee', 'us', 'carrier']),
  /** Who asked for the end, where it was us: the ring time-out of the request, or a hang-up. */
  endedByUs: z.enum(['ring_timeout', 'stop']).nullable(),
  sip: z.number().int().nullable(),
  q850: z.number().int().nullable(),
  vendorCode: z.string().nullable(),
  answered: z.boolean(),
  /** Answering-machine detection; null when nobody answered. */
  machine: z.boolean().nullable(),
  ringS: z.number().nonnegative(),
  talkS: z.number().nonnegative(),
  disposition: z.string().nullable(),
});
export type WireEnd = z.infer<typeof wireEndSchema>;

export const wireEventSchema = z.strictObject({
  eventId: z.string(),
  attemptId: z.string(),
  reference: z.string(),
  type: z.enum(['ringing', 'answered', 'dtmf', 'joined', 'ended']),
  at: epochMsSchema,
  digits: z.string().nullable(),
  /** Of an answer; journals of before say nothing of it. */
  machine: z.boolean().nullable().default(null),
  /** Who was joined. */
  agentId: z.string().nullable().default(null),
  end: wireEndSchema.nullable(),
});
export type WireEvent = z.infer<typeof wireEventSchema>;

export const webhookBodySchema = z.strictObject({ events: z.array(wireEventSchema) });

/** Ask for an agent to be joined to a call. */
export const bridgeBodySchema = z.strictObject({
  agentId: z.string().min(1).max(200),
  attemptId: z.string().min(1).max(200),
});

/** Say so many things and hang up. */
export const playBodySchema = z.strictObject({
  items: z.array(z.string().min(1).max(100)).max(20),
  language: z.string().max(40).nullable(),
});

export const dialAnswerSchema = z.object({ reference: z.string().min(1), duplicate: z.boolean() });

/** `accepted: false` is the carrier's word that nothing rings; an answer without it proves nothing. */
export const errorBodySchema = z.object({
  accepted: z.literal(false),
  error: z.object({ code: z.string(), message: z.string() }),
  retryAfterMs: z.number().nonnegative().optional(),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

export const lookupAnswerSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.enum(['ringing', 'answered']),
    reference: z.string(),
    since: epochMsSchema,
  }),
  z.object({ status: z.literal('ended'), reference: z.string(), at: epochMsSchema, end: wireEndSchema }),
  z.object({ status: z.literal('not_found') }),
]);
export type LookupAnswer = z.infer<typeof lookupAnswerSchema>;

export const liveAnswerSchema = z.object({
  calls: z.array(z.object({ attemptId: z.string(), reference: z.string(), status: z.string() })),
});

/** A page of the calls that were taken since an instant; `next` leads on to the following one. */
export const pastAnswerSchema = z.object({
  calls: z.array(
    z.object({
      attemptId: z.string(),
      to: z.string(),
      acceptedAt: epochMsSchema,
      call: lookupAnswerSchema,
    }),
  ),
  next: z.number().int().positive().nullable(),
});
export type PastAnswer = z.infer<typeof pastAnswerSchema>;
