import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { serve, type ServerType } from '@hono/node-server';
import { createApp } from '../../api/app.ts';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { removeLeftUploads } from '../../api/uploads.ts';
import { CARRIER_KINDS, createWebhookVerifier } from '../../carriers/registry.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { invalidInput } from '../../domain/failures.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { parseConfig, type EngineConfig } from '../../runtime/config.ts';
import { createLogger } from '../../runtime/logging.ts';
import { openEngine } from '../engine.ts';
import { configurationKey } from './credentials.ts';
import { importsOf } from './imports.ts';

/** Of PostgreSQL; an import holds three of them while it runs. */
const CONNECTIONS = 16;
/** Real ms that requests under way get to end after SIGTERM; an acknowledgement of a stop takes at most about 5 s. */
const SHUTDOWN_MS = 8_000;

/** Real ms a request's body may take to arrive: a large list over a slow line; Node's own five minutes cut it off. */
const UPLOAD_MS = 3_600_000;

/**
 * Serve the API until SIGTERM or SIGINT; then take no more requests, finish those under way, and return. Says
 * `{"ready":true,"url":…}` on standard output once it answers.
 * @throws RightcallError `refused` where the network could reach it and nothing would let anybody in (credentials.ts).
 */
export async function runApi(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(environment);
  const log = createLogger({ level: config.logLevel, name: 'api' });
  const engine = await openEngine(config, { applicationName: 'rightcall-api', maxConnections: CONNECTIONS });
  try {
    const tenantId = await ensureTenant(engine.db, { slug: config.tenantSlug, name: config.tenantSlug });
    const spoolDir = spoolDirOf(config);
    await removeLeftUploads(spoolDir);
    const app = createApp({
      db: engine.db,
      clock: engine.clock,
      logger: log,
      tenantId,
      apiKey: await configurationKey(config, engine.db),
      oidc: config.oidc,
      rateLimit: config.rateLimit,
      vault: engine.vault,
      imports: importsOf(engine),
      carrierKinds: CARRIER_KINDS,
      createWebhookVerifier,
      defaultPolicySet: () => {
        const documents = bundledDocuments();
        return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
      },
      spoolDir,
      limits: DEFAULT_LIMITS,
    });
    const server = await listen(app.fetch, config.api);
    const { port } = server.address() as AddressInfo;
    const url = `http://${config.api.host.includes(':') ? `[${config.api.host}]` : config.api.host}:${port}`;
    process.stdout.write(`${JSON.stringify({ ready: true, url, port })}\n`);
    log.info({ url, tenant: config.tenantSlug }, 'serving');
    await untilToldToStop();
    await closeServer(server);
    log.info('stopped');
  } finally {
    await engine.close();
  }
}

/** Of this user and this port alone, so that two APIs on one machine leave each other's uploads alone. */
function spoolDirOf(config: EngineConfig): string {
  return join(tmpdir(), `rightcall-uploads-${userInfo().username}-${config.api.port}`);
}

function listen(fetch: Parameters<typeof serve>[0]['fetch'], at: EngineConfig['api']): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: at.host, port: at.port }, () => resolve(server));
    if ('requestTimeout' in server) server.requestTimeout = UPLOAD_MS;
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      const expected = 'a free port; 0 takes any';
      reject(invalidInput([{ field: 'RIGHTCALL_PORT', fault: `${at.port} is taken already`, expected }]));
    });
  });
}

function untilToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  const late = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
  }, SHUTDOWN_MS);
  await closed;
  clearTimeout(late);
}
