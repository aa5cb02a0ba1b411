import type { WebhookVerifier } from '../carriers/port.ts';
import type { Database } from '../db/client.ts';
import type { Vault } from '../db/vault/index.ts';
import type { PolicySetInput } from '../db/repositories/policies.ts';
import type { Clock } from '../domain/clock.ts';
import type { Fault } from '../domain/failures.ts';
import type { Purpose, SuppressionScope } from '../domain/vocabulary.ts';
import type { Logger } from 'pino';
import type { TemporalUi } from './story/links.ts';
import type { LiveLimits } from './live/feed.ts';
import type { OidcSettings } from './access/oidc.ts';
import type { AdmissionLimits, ReservedDatabases } from './admission-limits.ts';
import type { RateLimit } from './limits.ts';

/** The part of the vault that the API needs. */
export type ApiVault = Pick<Vault, 'numberHash' | 'mac' | 'sealersOf' | 'sealForTenant' | 'openForTenant'>;

export interface ImportSource {
  readonly name: string;
  readonly path: string;
}

export interface ContactsImportRequest {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly source: ImportSource;
  readonly format?: 'csv' | 'jsonl';
  readonly defaultCountry?: string;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly limit?: number;
  readonly importedBy: string;
}

export interface DoNotCallImportRequest {
  readonly tenantId: string;
  readonly source: ImportSource;
  readonly format?: 'csv' | 'jsonl';
  readonly defaultCountry?: string;
  readonly list: string;
  readonly scope: SuppressionScope;
  readonly campaignId?: string;
  readonly purpose?: Purpose;
  /** Engine clock, ms: the instant at which the list was true at its source. */
  readonly asOf?: number;
  readonly importedBy: string;
}

/** The import engine as the API calls it; resolves when every row is stored. */
export interface ApiImports {
  contacts(request: ContactsImportRequest): Promise<{ importId: string; alreadyImported: boolean }>;
  doNotCall(request: DoNotCallImportRequest): Promise<{ importId: string; alreadyImported: boolean }>;
}

export interface ApiDeps {
  readonly db: Database;
  /** Connections that stops, carriers and the look-up of keys do not share with the rest; absent: all share `db`. */
  readonly reserved?: ReservedDatabases;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The tenant that the key of the configuration belongs to. */
  readonly tenantId: string;
  /** RIGHTCALL_API_KEY: an administrator's; null: there is none, keys of the database and tokens alone. */
  readonly apiKey: string | null;
  /** Whose tokens are taken; null or absent: nobody's. */
  readonly oidc?: OidcSettings | null;
  /** Requests of one key; null or absent: as many as it likes. */
  readonly rateLimit?: RateLimit | null;
  readonly vault: ApiVault;
  readonly imports: ApiImports;
  /** Where people look at workflows; null or absent: timelines name workflows without linking to them. */
  readonly temporalUi?: TemporalUi | null;
  /** Adapters that a carrier may name as its kind. */
  readonly carrierKinds: readonly string[];
  /** Whether carriers of this kind let supervisors listen in; absent: none does. */
  listensIn?(kind: string): boolean;
  createWebhookVerifier(kind: string, options: { secret: string }): WebhookVerifier;
  /** The set put in force by the first start of a campaign when none is yet. */
  defaultPolicySet(): PolicySetInput;
  /** What is wrong with where an endpoint of outgoing events would be; null: nothing. Looks its host up. */
  endpointUrlFault(url: string): Promise<Fault | null>;
  /** Folder in which an uploaded file lies while it is read; private to the process's user. */
  readonly spoolDir: string;
  readonly limits: ApiLimits;
  /** How late the process runs, real ms: while it does, less is done at once of what can wait; absent: it never is. */
  readonly lateness?: () => number;
  /** Aborted when the process is told to stop: streams that would go on for minutes end then. */
  readonly closing?: AbortSignal;
}

export interface ApiLimits {
  /** JSON bodies and webhooks, bytes. */
  readonly bodyBytes: number;
  /** Uploaded files, bytes. */
  readonly uploadBytes: number;
  /** Of live streams; what is left out is as api/live/feed.ts has it. */
  readonly live?: Partial<LiveLimits>;
  /** What may be under way at once; absent: as the default number of connections has it. */
  readonly admission?: AdmissionLimits;
}

/** 1 MiB of JSON is some thousand webhook events; 2 GiB is a list of about 20 million rows. */
export const DEFAULT_LIMITS: ApiLimits = { bodyBytes: 1024 ** 2, uploadBytes: 2 * 1024 ** 3 };
