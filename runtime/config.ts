import { z } from 'zod';
import { invalidInput } from '../domain/failures.ts';
import type { ScaledClockSetting } from '../domain/clock.ts';

/**
 * Configuration of one engine process, from environment variables alone, parsed once. Zero is a value, absence is
 * absence; a bad value says which variable and what it may be.
 */
export interface EngineConfig {
  /** RIGHTCALL_TENANT: slug of the tenant that unscoped commands act for. */
  readonly tenantSlug: string;
  /** DATABASE_URL */
  readonly databaseUrl: string;
  /** RIGHTCALL_VAULT_DATABASE_URL: where wrapped keys live; the main database when not set. */
  readonly vaultDatabaseUrl: string;
  /** RIGHTCALL_MASTER_KEY (64 hex digits), or the file named by RIGHTCALL_MASTER_KEY_FILE. */
  readonly masterKey: { readonly hex: string } | { readonly file: string };
  /** TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE; TLS and API keys by @temporalio/envconfig's own variables. */
  readonly temporal: { readonly address: string; readonly namespace: string };
  /** RIGHTCALL_HOST and RIGHTCALL_PORT of the API. */
  readonly api: { readonly host: string; readonly port: number };
  /** RIGHTCALL_API_KEY: bearer token that the API asks for. */
  readonly apiKey: string | null;
  /** RIGHTCALL_CLOCK: JSON of a rehearsal's clock; absent: real time. */
  readonly clock: ScaledClockSetting | null;
  /** RIGHTCALL_LOG_LEVEL */
  readonly logLevel: string;
}

const clockSchema = z.strictObject({
  from: z.number().int(),
  realStart: z.number().int(),
  speed: z.number().positive().max(100_000),
});

const text = z.string().trim().min(1, 'is empty');

const environmentSchema = z
  .object({
    DATABASE_URL: z
      .string({ error: 'is not set' })
      .regex(/^postgres(ql)?:\/\//, 'is not a PostgreSQL URL such as postgres://user@host/db'),
    RIGHTCALL_VAULT_DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'is not a PostgreSQL URL')
      .optional(),
    RIGHTCALL_MASTER_KEY: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'is not a key of 64 hexadecimal digits')
      .optional(),
    RIGHTCALL_MASTER_KEY_FILE: text.optional(),
    TEMPORAL_ADDRESS: text.default('127.0.0.1:7233'),
    TEMPORAL_NAMESPACE: text.default('default'),
    RIGHTCALL_HOST: text.default('127.0.0.1'),
    RIGHTCALL_PORT: z.coerce
      .number('is not a number')
      .int('is not a whole number')
      .min(0)
      .max(65_535, 'is not a port, 0 to 65535')
      .default(8473),
    RIGHTCALL_API_KEY: z.string().min(16, 'is shorter than 16 characters').optional(),
    RIGHTCALL_TENANT: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a slug of a–z, 0–9 and -')
      .default('default'),
    RIGHTCALL_CLOCK: z.string().optional(),
    RIGHTCALL_LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info'),
  })
  .refine((e) => e.RIGHTCALL_MASTER_KEY !== undefined || e.RIGHTCALL_MASTER_KEY_FILE !== undefined, {
    message: 'is not set; give the key itself or RIGHTCALL_MASTER_KEY_FILE',
    path: ['RIGHTCALL_MASTER_KEY'],
  });

/** @throws RightcallError `invalid_input` naming each variable at fault. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): EngineConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    throw invalidInput(
      parsed.error.issues.map((issue) => ({
        field: issue.path.join('.') || 'environment',
        fault: issue.message,
        expected: 'see docs/configuration.md',
      })),
    );
  }
  const e = parsed.data;
  return {
    tenantSlug: e.RIGHTCALL_TENANT,
    databaseUrl: e.DATABASE_URL,
    vaultDatabaseUrl: e.RIGHTCALL_VAULT_DATABASE_URL ?? e.DATABASE_URL,
    masterKey:
      e.RIGHTCALL_MASTER_KEY !== undefined
        ? { hex: e.RIGHTCALL_MASTER_KEY }
        : { file: e.RIGHTCALL_MASTER_KEY_FILE! },
    temporal: { address: e.TEMPORAL_ADDRESS, namespace: e.TEMPORAL_NAMESPACE },
    api: { host: e.RIGHTCALL_HOST, port: e.RIGHTCALL_PORT },
    apiKey: e.RIGHTCALL_API_KEY ?? null,
    clock: parseClock(e.RIGHTCALL_CLOCK),
    logLevel: e.RIGHTCALL_LOG_LEVEL,
  };
}

function parseClock(value: string | undefined): ScaledClockSetting | null {
  if (value === undefined || value === '') return null;
  try {
    return clockSchema.parse(JSON.parse(value));
  } catch {
    throw invalidInput([
      {
        field: 'RIGHTCALL_CLOCK',
        fault: 'is not a clock setting',
        expected: '{"from":ms,"realStart":ms,"speed":number > 0}',
      },
    ]);
  }
}
