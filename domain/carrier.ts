import { z } from 'zod';
import { outcomeSchema } from './vocabulary.ts';
import { epochMsSchema } from './time.ts';

/** What an event about a call carries beyond its type and instant; stored as it came (call_events.payload). */
export const callEndSchema = z.strictObject({
  at: epochMsSchema,
  outcome: outcomeSchema,
  by: z.enum(['callee', 'us', 'carrier']),
  sip: z.number().int().nullable(),
  q850: z.number().int().nullable(),
  vendorCode: z.string().nullable(),
  talkS: z.number().nonnegative(),
  ringS: z.number().nonnegative(),
  disposition: z.string().nullable(),
  synthesized: z.boolean(),
});
export type CallEndPayload = z.infer<typeof callEndSchema>;

export interface CallEventPayload {
  readonly reference: string;
  readonly digits: string | null;
  /** Of an answer: a machine picked up. Left out: not told. */
  readonly machine?: boolean | null;
  /** Of a joining: the agent. */
  readonly agentId?: string | null;
  readonly end: CallEndPayload | null;
}

/** What the contact's workflow is told when a call it asked for has come to an end, or did not come to be. */
export const placeCallResultSchema = z.discriminatedUnion('kind', [
  /** Nothing more will happen to the contact in this campaign. */
  z.strictObject({ kind: z.literal('final'), state: z.string(), reason: z.string().nullable() }),
  /** Back in the hopper until `readyAt`; `recheckInMs` is how long (real) the workflow waits before it looks itself. */
  z.strictObject({
    kind: z.literal('waiting'),
    readyAt: epochMsSchema,
    reason: z.string().nullable(),
    recheckInMs: z.number().int().positive(),
  }),
]);
export type PlaceCallResult = z.infer<typeof placeCallResultSchema>;
