import { z } from 'zod';
import { scaledClock, systemClock, type Clock } from '../../domain/clock.ts';
import { invalidInput } from '../../domain/failures.ts';
import { epochMsSchema } from '../../domain/time.ts';
import { modelOverridesSchema } from './model.ts';
import { scenariosSchema } from './plan.ts';

/** What a simulator is started with; main.ts reads the same shape as JSON. */
export const simulatorOptionsSchema = z.strictObject({
  /** Address to listen on. Whoever reaches it can make it ring simulated phones, and read the numbers it was given. */
  host: z.string().min(1).default('127.0.0.1'),
  /** Port; 0: any free one. */
  port: z.number().int().min(0).max(65_535).default(0),
  /** The request log, JSONL, appended to. The event journal lies beside it. */
  logFile: z.string().min(1),
  /** Where events are sent; null: nowhere, look-up alone tells. */
  webhookUrl: z.url().nullable().default(null),
  /** Standard Webhooks secret: `whsec_` and base64. Needed with a URL. */
  webhookSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/, 'is not whsec_ followed by base64')
    .nullable()
    .default(null),
  /** `real`, or the mapping that the engine's processes share. */
  clock: z
    .union([
      z.literal('real'),
      z.strictObject({ from: epochMsSchema, realStart: epochMsSchema, speed: z.number().positive() }),
    ])
    .default('real'),
  seed: z.string().default('rightcall'),
  model: modelOverridesSchema.default({}),
  /** Fault specification (faults.ts). */
  faults: z.string().default(''),
  /** Dials taken in any one second, real time; more are answered 429. */
  maxCallsPerSecond: z.number().int().positive().nullable().default(null),
  /** Calls at a time; more are answered 503. */
  maxConcurrentCalls: z.number().int().positive().nullable().default(null),
  /** Fixed fates by E.164 number. */
  scenarios: scenariosSchema.default({}),
  /** Events due within this many real ms go in one delivery. */
  batchWindowMs: z.number().int().min(0).max(1_000).default(5),
  /** Real ms for which an event's delivery is tried. */
  webhookRetentionMs: z.number().int().positive().default(900_000),
});
export type SimulatorOptions = z.input<typeof simulatorOptionsSchema>;
export type SimulatorSettings = z.output<typeof simulatorOptionsSchema>;

/**
 * Options checked and completed.
 * @throws RightcallError `invalid_input` naming each option at fault
 */
export function parseSimulatorOptions(options: unknown): SimulatorSettings {
  const parsed = simulatorOptionsSchema.safeParse(options);
  if (!parsed.success) {
    throw invalidInput(
      parsed.error.issues.map((issue) => ({
        field: ['simulator', ...issue.path].join('.'),
        fault: issue.message,
        expected: 'an option as in docs/carriers.md',
      })),
    );
  }
  if (parsed.data.webhookUrl !== null && parsed.data.webhookSecret === null) {
    throw invalidInput([
      {
        field: 'simulator.webhookSecret',
        fault: 'is missing',
        expected: 'a secret, since webhookUrl is set',
      },
    ]);
  }
  return parsed.data;
}

export function clockOf(settings: SimulatorSettings): Clock {
  return settings.clock === 'real' ? systemClock : scaledClock(settings.clock);
}
