import { z } from 'zod';

/** The processes that read their environment. `client` are the verbs that talk to an API. */
export const PROCESSES = ['api', 'worker', 'migrate', 'doctor', 'simulator', 'client'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** One environment variable: everything that is known of it, and the row that docs/configuration.md shows. */
export interface Variable<S extends z.ZodType = z.ZodType> {
  /** Of a value that is set; an empty one counts as not set and never reaches it. */
  readonly schema: S;
  /** What holds where it is not set, in words. */
  readonly otherwise: string;
  readonly meaning: string;
  readonly readBy: readonly ProcessName[];
  /** Never printed, never logged; give it by a secret store. */
  readonly secret?: true;
}

const ENGINE = ['api', 'worker', 'doctor'] as const;

const text = z.string().trim().min(1);
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'is not a PostgreSQL URL such as postgres://user@host/db');
const port = z.coerce
  .number('is not a number')
  .int('is not a whole number')
  .min(0, 'is not a port, 0 to 65535')
  .max(65_535, 'is not a port, 0 to 65535');
const webUrl = z.url({ protocol: /^https?$/, error: 'is not an http or https URL' });
const list = z
  .string()
  .transform((value) => value.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()])));
const claim = z.string().regex(/^[A-Za-z0-9_.:/-]{1,200}$/, 'is not the name of a claim');
/** Temporal takes these as parts of a version's name; it refuses `.` in a deployment's. */
const versionPart = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/, 'is not a name of letters, digits, _ and -');

const buildId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'is not a name of letters, digits, ., _ and -');

function variable<S extends z.ZodType>(row: Variable<S>): Variable<S> {
  return row;
}

/**
 * Every variable that a process of the engine reads, in the order of the document. Adding a row is all there is to
 * adding a variable: the parser, docs/configuration.md and doctor are made from this table.
 */
export const VARIABLES = {
  DATABASE_URL: variable({
    schema: postgresUrl,
    otherwise: 'required',
    meaning:
      'PostgreSQL, such as `postgres://user@host/rightcall`. The connection must not bypass row-level security: be a member of `rightcall_app` (the migrations make it), or be neither superuser nor BYPASSRLS',
    readBy: ['api', 'worker', 'migrate', 'doctor'],
    secret: true,
  }),
  RIGHTCALL_VAULT_DATABASE_URL: variable({
    schema: postgresUrl.optional(),
    otherwise: '`DATABASE_URL`',
    meaning:
      "where the persons' wrapped keys live; another database, so that an erased key is in no backup of the main one",
    readBy: ENGINE,
    secret: true,
  }),
  RIGHTCALL_DB_CONNECTIONS: variable({
    schema: z.coerce
      .number('is not a number')
      .int('is not a whole number')
      .min(4, 'is less than 4')
      .max(1_000, 'is more than 1000')
      .optional(),
    otherwise: 'api 16, worker 24',
    meaning:
      'connections to PostgreSQL that one process opens at most, 4 to 1000 (an import holds three of them while it runs); the vault and LISTEN add up to 6, and the API keeps 16 more for stops, carriers and keys alone',
    readBy: ['api', 'worker'],
  }),
  RIGHTCALL_MASTER_KEY: variable({
    schema: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'is not a key of 64 hexadecimal digits')
      .optional(),
    otherwise: 'this or the next',
    meaning: 'master key, 64 hexadecimal digits (`openssl rand -hex 32`)',
    readBy: ENGINE,
    secret: true,
  }),
  RIGHTCALL_MASTER_KEY_FILE: variable({
    schema: text.optional(),
    otherwise: 'this or the one before',
    meaning: 'file with the master key, mode 0600; made with a random key when it is missing',
    readBy: ENGINE,
  }),
  RIGHTCALL_EVIDENCE_KEY_FILE: variable({
    schema: text.optional(),
    otherwise: 'decisions are not sealed',
    meaning:
      'file with the Ed25519 key (PKCS #8, PEM) that checkpoints of the evidence log are signed with, mode 0600; made with a new key when it is missing. Every worker the same; see [audit](audit.md)',
    readBy: ['worker', 'doctor'],
  }),
  RIGHTCALL_EVIDENCE_DIR: variable({
    schema: text.optional(),
    otherwise: 'the database alone',
    meaning:
      'folder, best of another machine, that every checkpoint is copied to and that `rightcall audit verify` holds the database against',
    readBy: ['worker', 'doctor'],
  }),
  RIGHTCALL_TENANT: variable({
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a slug of a–z, 0–9 and -')
      .default('default'),
    otherwise: '`default`',
    meaning:
      'slug of the tenant that `RIGHTCALL_API_KEY` stands for: a–z, 0–9 and `-`, up to 63; made when it is missing',
    readBy: ENGINE,
  }),
  RIGHTCALL_CLOCK: variable({
    schema: z.string().optional(),
    otherwise: 'real time',
    meaning:
      'a rehearsal\'s clock as JSON: `{"from":ms,"realStart":ms,"speed":n}`. Refused together with any carrier but the simulator',
    readBy: [...ENGINE, 'simulator'],
  }),
  RIGHTCALL_LOG_LEVEL: variable({
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    otherwise: '`info`',
    meaning:
      '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`; JSON lines on standard error, without personal data',
    readBy: ENGINE,
  }),
  RIGHTCALL_SHUTDOWN_S: variable({
    schema: z.coerce
      .number('is not a number')
      .min(1, 'is less than a second')
      .max(600, 'is more than ten minutes')
      .default(8),
    otherwise: '8',
    meaning:
      'seconds that what is under way gets to end after SIGTERM, 1 to 600; whoever stops the process must wait longer (`stop_grace_period`, `terminationGracePeriodSeconds`)',
    readBy: ['api', 'worker'],
  }),
  RIGHTCALL_DRAIN_S: variable({
    schema: z.coerce
      .number('is not a number')
      .min(0, 'is less than 0')
      .max(600, 'is more than ten minutes')
      .default(0),
    otherwise: '0',
    meaning:
      'seconds that the API goes on taking requests after SIGTERM while `/readyz` answers 503 already, so that load balancers send them elsewhere first, 0 to 600; they come on top of `RIGHTCALL_SHUTDOWN_S`',
    readBy: ['api'],
  }),
  RIGHTCALL_HOST: variable({
    schema: text.default('127.0.0.1'),
    otherwise: '`127.0.0.1`',
    meaning: 'address to listen on',
    readBy: ['api', 'doctor'],
  }),
  RIGHTCALL_PORT: variable({
    schema: port.default(8473),
    otherwise: '`8473`',
    meaning: 'port; 0 takes any free one',
    readBy: ['api'],
  }),
  RIGHTCALL_API_KEY: variable({
    schema: z.string().min(16, 'is shorter than 16 characters').optional(),
    otherwise: '',
    meaning:
      'bearer token of an administrator of `RIGHTCALL_TENANT`, 16 characters or more, for setting up: keys made by the API and OIDC take its place. With none of the three the API refuses to listen anywhere but on this machine; there it makes one for the run and says it on standard error',
    readBy: ['api', 'doctor', 'client'],
    secret: true,
  }),
  RIGHTCALL_OIDC_ISSUER: variable({
    schema: webUrl.optional(),
    otherwise: 'no OIDC',
    meaning: 'issuer of OIDC bearer tokens, exactly as it stands in their `iss`',
    readBy: ['api', 'doctor'],
  }),
  RIGHTCALL_OIDC_AUDIENCE: variable({
    schema: text.optional(),
    otherwise: 'required with an issuer',
    meaning: 'audience that a token must name in its `aud`',
    readBy: ['api', 'doctor'],
  }),
  RIGHTCALL_OIDC_TENANT_CLAIM: variable({
    schema: claim.default('rightcall_tenant'),
    otherwise: '`rightcall_tenant`',
    meaning: "claim that holds the tenant's slug",
    readBy: ['api'],
  }),
  RIGHTCALL_OIDC_ROLES_CLAIM: variable({
    schema: claim.default('rightcall_roles'),
    otherwise: '`rightcall_roles`',
    meaning: 'claim that holds the roles, a list',
    readBy: ['api'],
  }),
  RIGHTCALL_OIDC_JWKS_URL: variable({
    schema: webUrl.optional(),
    otherwise: 'by discovery',
    meaning: "where the issuer's keys are",
    readBy: ['api', 'doctor'],
  }),
  RIGHTCALL_RATE_LIMIT: variable({
    schema: z
      .string()
      .regex(/^\d{1,6}(:\d{1,6})?$/, 'is not a rate such as 300 or 300:600')
      .default('300:600'),
    otherwise: '`300:600`',
    meaning:
      'requests per second that one key may make, and after `:` how many of them at once (twice the rate where it is not said); counted in each process; 0: no limit. Stops are never limited',
    readBy: ['api'],
  }),
  RIGHTCALL_TEMPORAL_UI_URL: variable({
    schema: webUrl.optional(),
    otherwise: 'no links',
    meaning: "Temporal's web UI, such as `https://temporal.example`, for the links in a contact's timeline",
    readBy: ['api'],
  }),
  RIGHTCALL_WEBHOOK_ALLOW: variable({
    schema: list.default([]),
    otherwise: 'none',
    meaning:
      'hosts and networks (CIDR), with commas between, that outgoing events may go to although they are private, local, or without TLS',
    readBy: ['api', 'worker'],
  }),
  TEMPORAL_ADDRESS: variable({
    schema: text.default('127.0.0.1:7233'),
    otherwise: '`127.0.0.1:7233`',
    meaning: 'the Temporal server',
    readBy: ['worker', 'migrate', 'doctor'],
  }),
  TEMPORAL_NAMESPACE: variable({
    schema: text.default('default'),
    otherwise: '`default`',
    meaning: 'its namespace',
    readBy: ['api', 'worker', 'migrate', 'doctor'],
  }),
  RIGHTCALL_DEPLOYMENT: variable({
    schema: versionPart.default('rightcall'),
    otherwise: '`rightcall`',
    meaning: 'name of the worker deployment (docs/upgrading.md)',
    readBy: ['worker', 'doctor'],
  }),
  RIGHTCALL_BUILD_ID: variable({
    schema: buildId.optional(),
    otherwise: 'not versioned',
    meaning:
      "this build's name, new for every release: makes the worker a version of its deployment, which gets no work before it is made the current one",
    readBy: ['worker', 'doctor'],
  }),
  RIGHTCALL_METRICS_HOST: variable({
    schema: text.default('127.0.0.1'),
    otherwise: '`127.0.0.1`',
    meaning: 'address that the next one listens on',
    readBy: ['api', 'worker'],
  }),
  RIGHTCALL_METRICS_PORT: variable({
    schema: port.optional(),
    otherwise: 'none',
    meaning:
      'port of its own for `/healthz`, `/readyz` and `/metrics`, without a key: keep it to the network that watches. 0 takes any free one. Without it the API serves `/metrics` on its own port where that can be reached from this machine alone, and a worker serves none of them',
    readBy: ['api', 'worker'],
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable({
    schema: webUrl.optional(),
    otherwise: 'no traces',
    meaning:
      'OpenTelemetry collector that traces go to (OTLP over HTTP); `/v1/traces` is added to it. `OTEL_EXPORTER_OTLP_HEADERS` is honoured too',
    readBy: ['api', 'worker'],
  }),
  OTEL_TRACES_SAMPLER_ARG: variable({
    schema: z.coerce
      .number('is not a number')
      .min(0, 'is not a share from 0 to 1')
      .max(1, 'is not a share from 0 to 1')
      .default(1),
    otherwise: '1',
    meaning: 'share of traces that are kept, 0 to 1; a request that was sampled by its caller always is',
    readBy: ['api', 'worker'],
  }),
  RIGHTCALL_SIMULATOR_HOST: variable({
    schema: text.default('127.0.0.1'),
    otherwise: '`127.0.0.1`',
    meaning: 'address that the simulated carrier listens on',
    readBy: ['simulator'],
  }),
  RIGHTCALL_SIMULATOR_PORT: variable({
    schema: port.default(8474),
    otherwise: '`8474`',
    meaning: 'its port; 0 takes any free one',
    readBy: ['simulator'],
  }),
  RIGHTCALL_SIMULATOR_LOG: variable({
    schema: text.default('simulator/requests.jsonl'),
    otherwise: '`simulator/requests.jsonl`',
    meaning:
      'file that it writes every request to, numbers included, as a carrier knows them; its calls survive a new start by it',
    readBy: ['simulator'],
  }),
  RIGHTCALL_SIMULATOR_WEBHOOK_URL: variable({
    schema: webUrl.optional(),
    otherwise: 'no events',
    meaning:
      "where it sends its calls' events: the API's address and the `webhookPath` that `rightcall carrier` shows",
    readBy: ['simulator'],
  }),
  RIGHTCALL_SIMULATOR_WEBHOOK_SECRET: variable({
    schema: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/, 'is not whsec_ followed by base64')
      .optional(),
    otherwise: 'required with a URL',
    meaning: 'what it signs them with: the `webhookSecret` that was answered when the carrier was added',
    readBy: ['simulator'],
    secret: true,
  }),
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;
