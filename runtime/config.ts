import { z } from 'zod';
import { invalidInput, type Fault } from '../domain/failures.ts';
import type { ScaledClockSetting } from '../domain/clock.ts';
import { VARIABLES } from './config/variables.ts';

/**
 * Configuration of one engine process, from environment variables alone, parsed once. The variables, their defaults
 * and meanings are rows of one table (config/variables.ts). Zero is a value, absence is absence, an empty value is
 * absence too (so that a compose file may pass on what was not set); a bad value says which variable and what it may
 * be.
 */
export interface EngineConfig {
  /** RIGHTCALL_TENANT: slug of the tenant that unscoped commands act for. */
  readonly tenantSlug: string;
  /** DATABASE_URL */
  readonly databaseUrl: string;
  /** RIGHTCALL_VAULT_DATABASE_URL: where wrapped keys live; the main database when not set. */
  readonly vaultDatabaseUrl: string;
  /** RIGHTCALL_DB_CONNECTIONS; null: what the process takes by default. */
  readonly dbConnections: number | null;
  /** RIGHTCALL_MASTER_KEY (64 hex digits), or the file named by RIGHTCALL_MASTER_KEY_FILE. */
  readonly masterKey: { readonly hex: string } | { readonly file: string };
  /** RIGHTCALL_EVIDENCE_KEY_FILE and RIGHTCALL_EVIDENCE_DIR (null: checkpoints in the database alone); null: nothing is sealed. */
  readonly evidence: { readonly keyFile: string; readonly dir: string | null } | null;
  /** TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE; TLS and API keys by @temporalio/envconfig's own variables. */
  readonly temporal: { readonly address: string; readonly namespace: string };
  /** RIGHTCALL_TEMPORAL_UI_URL, for links, without a slash at its end. */
  readonly temporalUiUrl: string | null;
  /** RIGHTCALL_HOST and RIGHTCALL_PORT of the API. */
  readonly api: { readonly host: string; readonly port: number };
  /** RIGHTCALL_API_KEY: bearer token that the API asks for. */
  readonly apiKey: string | null;
  /** RIGHTCALL_OIDC_*; null: no OIDC. */
  readonly oidc: OidcConfig | null;
  /** RIGHTCALL_RATE_LIMIT, requests of one key; null: no limit. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number } | null;
  /** RIGHTCALL_WEBHOOK_ALLOW: hosts and CIDR networks, as given. */
  readonly webhookAllow: readonly string[];
  /** RIGHTCALL_CLOCK: JSON of a rehearsal's clock; absent: real time. */
  readonly clock: ScaledClockSetting | null;
  /** RIGHTCALL_LOG_LEVEL */
  readonly logLevel: string;
  /** RIGHTCALL_SHUTDOWN_S, in real ms. */
  readonly shutdownMs: number;
  /** RIGHTCALL_DRAIN_S, in real ms. */
  readonly drainMs: number;
  /** RIGHTCALL_DEPLOYMENT and RIGHTCALL_BUILD_ID; null: an unversioned worker. */
  readonly deployment: { readonly name: string; readonly buildId: string } | null;
  /** RIGHTCALL_METRICS_HOST and _PORT; null: no port of their own. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  /** OTEL_EXPORTER_OTLP_ENDPOINT without a slash at its end, and the share of traces kept; null: no traces. */
  readonly tracing: { readonly endpoint: string; readonly share: number } | null;
}

export interface OidcConfig {
  /** Exactly as tokens name it. */
  readonly issuer: string;
  readonly audience: string;
  readonly tenantClaim: string;
  readonly rolesClaim: string;
  /** Null: by discovery. */
  readonly jwksUrl: string | null;
}

const clockSchema = z.strictObject({
  from: z.number().int(),
  realStart: z.number().int(),
  speed: z.number().positive().max(100_000),
});

type Shape = { [K in keyof typeof VARIABLES]: (typeof VARIABLES)[K]['schema'] };
const shape = Object.fromEntries(
  Object.entries(VARIABLES).map(([name, { schema }]) => [name, schema]),
) as unknown as Shape;

const environmentSchema = z.object(shape);

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws RightcallError `invalid_input` naming each variable at fault. */
export function parseConfig(environment: Environment): EngineConfig {
  const given = withoutEmpty(environment);
  const parsed = environmentSchema.safeParse(given);
  const faults = [...(parsed.error?.issues ?? []).map((issue) => faultOf(issue, given)), ...missing(given)];
  if (!parsed.success || faults.length > 0) throw invalidInput(faults);
  const e = parsed.data;
  return {
    tenantSlug: e.RIGHTCALL_TENANT,
    databaseUrl: e.DATABASE_URL,
    vaultDatabaseUrl: e.RIGHTCALL_VAULT_DATABASE_URL ?? e.DATABASE_URL,
    dbConnections: e.RIGHTCALL_DB_CONNECTIONS ?? null,
    masterKey:
      e.RIGHTCALL_MASTER_KEY !== undefined
        ? { hex: e.RIGHTCALL_MASTER_KEY }
        : { file: e.RIGHTCALL_MASTER_KEY_FILE! },
    evidence:
      e.RIGHTCALL_EVIDENCE_KEY_FILE === undefined
        ? null
        : { keyFile: e.RIGHTCALL_EVIDENCE_KEY_FILE, dir: e.RIGHTCALL_EVIDENCE_DIR ?? null },
    temporal: { address: e.TEMPORAL_ADDRESS, namespace: e.TEMPORAL_NAMESPACE },
    temporalUiUrl: withoutSlash(e.RIGHTCALL_TEMPORAL_UI_URL),
    api: { host: e.RIGHTCALL_HOST, port: e.RIGHTCALL_PORT },
    apiKey: e.RIGHTCALL_API_KEY ?? null,
    oidc:
      e.RIGHTCALL_OIDC_ISSUER === undefined
        ? null
        : {
            issuer: e.RIGHTCALL_OIDC_ISSUER,
            audience: e.RIGHTCALL_OIDC_AUDIENCE!,
            tenantClaim: e.RIGHTCALL_OIDC_TENANT_CLAIM,
            rolesClaim: e.RIGHTCALL_OIDC_ROLES_CLAIM,
            jwksUrl: e.RIGHTCALL_OIDC_JWKS_URL ?? null,
          },
    rateLimit: parseRate(e.RIGHTCALL_RATE_LIMIT),
    webhookAllow: e.RIGHTCALL_WEBHOOK_ALLOW,
    clock: parseClock(e.RIGHTCALL_CLOCK),
    logLevel: e.RIGHTCALL_LOG_LEVEL,
    shutdownMs: Math.round(e.RIGHTCALL_SHUTDOWN_S * 1_000),
    drainMs: Math.round(e.RIGHTCALL_DRAIN_S * 1_000),
    deployment:
      e.RIGHTCALL_BUILD_ID === undefined
        ? null
        : { name: e.RIGHTCALL_DEPLOYMENT, buildId: e.RIGHTCALL_BUILD_ID },
    metrics:
      e.RIGHTCALL_METRICS_PORT === undefined
        ? null
        : { host: e.RIGHTCALL_METRICS_HOST, port: e.RIGHTCALL_METRICS_PORT },
    tracing:
      e.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? null
        : {
            endpoint: withoutSlash(e.OTEL_EXPORTER_OTLP_ENDPOINT),
            share: e.OTEL_TRACES_SAMPLER_ARG,
          },
  };
}

export interface MigrateConfig {
  readonly databaseUrl: string;
  /** The main database when RIGHTCALL_VAULT_DATABASE_URL is not set. */
  readonly vaultDatabaseUrl: string;
  /** Null where TEMPORAL_ADDRESS is not set: its server is then nobody's business. */
  readonly temporal: { readonly namespace: string } | null;
}

const migrateSchema = environmentSchema.pick({
  DATABASE_URL: true,
  RIGHTCALL_VAULT_DATABASE_URL: true,
  TEMPORAL_NAMESPACE: true,
});

/** What `rightcall migrate` reads: no key. @throws RightcallError `invalid_input` naming each variable at fault. */
export function parseMigrateConfig(environment: Environment): MigrateConfig {
  const given = withoutEmpty(environment);
  const parsed = migrateSchema.safeParse(given);
  if (!parsed.success) throw invalidInput(parsed.error.issues.map((issue) => faultOf(issue, given)));
  const e = parsed.data;
  return {
    databaseUrl: e.DATABASE_URL,
    vaultDatabaseUrl: e.RIGHTCALL_VAULT_DATABASE_URL ?? e.DATABASE_URL,
    temporal: given['TEMPORAL_ADDRESS'] === undefined ? null : { namespace: e.TEMPORAL_NAMESPACE },
  };
}

export interface SimulatorConfig {
  readonly host: string;
  readonly port: number;
  readonly logFile: string;
  readonly webhookUrl: string | null;
  readonly webhookSecret: string | null;
  readonly clock: ScaledClockSetting | null;
}

const simulatorSchema = environmentSchema.pick({
  RIGHTCALL_SIMULATOR_HOST: true,
  RIGHTCALL_SIMULATOR_PORT: true,
  RIGHTCALL_SIMULATOR_LOG: true,
  RIGHTCALL_SIMULATOR_WEBHOOK_URL: true,
  RIGHTCALL_SIMULATOR_WEBHOOK_SECRET: true,
  RIGHTCALL_CLOCK: true,
});

/** What `rightcall simulator` reads. @throws RightcallError `invalid_input` naming each variable at fault. */
export function parseSimulatorConfig(environment: Environment): SimulatorConfig {
  const given = withoutEmpty(environment);
  const parsed = simulatorSchema.safeParse(given);
  if (!parsed.success) throw invalidInput(parsed.error.issues.map((issue) => faultOf(issue, given)));
  const e = parsed.data;
  return {
    host: e.RIGHTCALL_SIMULATOR_HOST,
    port: e.RIGHTCALL_SIMULATOR_PORT,
    logFile: e.RIGHTCALL_SIMULATOR_LOG,
    webhookUrl: e.RIGHTCALL_SIMULATOR_WEBHOOK_URL ?? null,
    webhookSecret: e.RIGHTCALL_SIMULATOR_WEBHOOK_SECRET ?? null,
    clock: parseClock(e.RIGHTCALL_CLOCK),
  };
}

/** RIGHTCALL_* variables that no process reads, each with the nearest one that is read, if one is near. */
export function unknownVariables(environment: Environment): { name: string; nearest: string | null }[] {
  const known = [...Object.keys(VARIABLES), ...CLIENT_VARIABLES];
  return Object.keys(environment)
    .filter((name) => name.startsWith('RIGHTCALL_') && !known.includes(name))
    .map((name) => {
      const [nearest] = known
        .map((other) => ({ other, distance: editDistance(name, other) }))
        .filter(({ distance }) => distance <= 3)
        .sort((a, b) => a.distance - b.distance);
      return { name, nearest: nearest?.other ?? null };
    });
}

/** Read by the client verbs (cli/client) and nobody else. */
const CLIENT_VARIABLES = ['RIGHTCALL_URL', 'RIGHTCALL_PROFILE'];

/** Levenshtein's: letters to change, add or leave out. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''));
}

function faultOf(issue: z.core.$ZodIssue, given: Environment): Fault {
  const name = issue.path.join('.');
  return fault(name, given[name] === undefined ? 'is not set' : issue.message);
}

/** What one variable asks of another. */
function missing(given: Environment): Fault[] {
  const has = (name: keyof typeof VARIABLES) => given[name] !== undefined;
  return [
    ...(has('RIGHTCALL_MASTER_KEY') || has('RIGHTCALL_MASTER_KEY_FILE')
      ? []
      : [fault('RIGHTCALL_MASTER_KEY', 'is not set; give the key itself or RIGHTCALL_MASTER_KEY_FILE')]),
    ...(!has('RIGHTCALL_OIDC_ISSUER') || has('RIGHTCALL_OIDC_AUDIENCE')
      ? []
      : [
          fault(
            'RIGHTCALL_OIDC_AUDIENCE',
            'is not set, but RIGHTCALL_OIDC_ISSUER is: tokens meant for others would be taken',
          ),
        ]),
  ];
}

function fault(field: string, what: string): Fault {
  return { field, fault: what, expected: 'see docs/configuration.md' };
}

function withoutSlash<T extends string | undefined>(url: T): T extends string ? string : string | null {
  return (url === undefined ? null : url.replace(/\/+$/, '')) as T extends string ? string : string | null;
}

function parseRate(value: string): EngineConfig['rateLimit'] {
  const [perSecond = 0, burst = perSecond * 2] = value.split(':').map(Number);
  return perSecond === 0 ? null : { perSecond, burst: Math.max(1, burst) };
}

function parseClock(value: string | undefined): ScaledClockSetting | null {
  if (value === undefined) return null;
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
