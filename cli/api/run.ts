import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serve, type ServerType } from '@hono/node-server';
import { addressPolicy, urlFault } from '../../activities/deliver/address.ts';
import {
  API_CONNECTIONS,
  RESERVED_CONNECTIONS,
  admissionLimits,
  type ReservedDatabases,
} from '../../api/admission-limits.ts';
import { measureLateness, type EarlyRefusal } from '../../api/early-refusal.ts';
import { createServedApp } from '../../api/app.ts';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { removeLeftUploads } from '../../api/uploads.ts';
import { CARRIER_KINDS, createWebhookVerifier, listensIn } from '../../carriers/registry.ts';
import { openDatabase } from '../../db/client.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { ensureMasterKey } from '../../db/vault/index.ts';
import type { Clock } from '../../domain/clock.ts';
import { invalidInput, messageOf } from '../../domain/failures.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { parseConfig, type EngineConfig } from '../../runtime/config.ts';
import { createLogger } from '../../runtime/logging.ts';
import { METRICS_TYPE } from '../../runtime/telemetry/metrics.ts';
import type { Readiness } from '../../runtime/telemetry/ops-server.ts';
import { openServingEngine, type Engine } from '../engine.ts';
import { isLoopback } from '../loopback.ts';
import { observePool, startTelemetry, type Telemetry } from '../telemetry.ts';
import { untilToldToStop } from '../until-told-to-stop.ts';
import { ACCEPTED_A_TURN, acceptMore } from './accepting.ts';
import { configurationKey } from './credentials.ts';
import { importsOf } from './imports.ts';

/** Real ms a request's body may take to arrive: a large list over a slow line; Node's own five minutes cut it off. */
const UPLOAD_MS = 3_600_000;

/**
 * Serve the API until SIGTERM or SIGINT. Then `/readyz` answers 503 and live streams end; after RIGHTCALL_DRAIN_S no
 * more requests are taken, those under way get RIGHTCALL_SHUTDOWN_S to end, and it returns. Says
 * `{"ready":true,"url":…}` on standard output once it answers.
 * @throws RightcallError `refused` where the network could reach it and nothing would let anybody in (credentials.ts).
 */
export async function runApi(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(environment);
  const log = createLogger({ level: config.logLevel, name: 'api' });
  const told = untilToldToStop();
  const closing = new AbortController();
  const telemetry = startTelemetry(config, 'rightcall-api');
  const connections = config.dbConnections ?? API_CONNECTIONS;
  const engine = await openServingEngine(config, {
    applicationName: 'rightcall-api',
    maxConnections: connections,
  });
  const reserved = await openReserved(config.databaseUrl, engine.clock).catch(async (error: unknown) => {
    await engine.close();
    throw error;
  });
  const ops = await telemetry.serve(() => readinessOf(engine, closing.signal));
  try {
    observePool(engine.db);
    const tenantId = await ensureTenant(engine.db, { slug: config.tenantSlug, name: config.tenantSlug });
    // A tenant that was made just now has nothing sealed yet.
    await ensureMasterKey(engine.db, engine.vault, tenantId);
    const spoolDir = spoolDirOf(config);
    await removeLeftUploads(spoolDir);
    const allowed = addressPolicy(config.webhookAllow);
    const { app, refuses } = createServedApp({
      db: engine.db,
      reserved,
      clock: engine.clock,
      logger: log,
      tenantId,
      apiKey: await configurationKey(config, engine.db),
      oidc: config.oidc,
      rateLimit: config.rateLimit,
      vault: engine.vault,
      temporalUi:
        config.temporalUiUrl === null
          ? null
          : { url: config.temporalUiUrl, namespace: config.temporal.namespace },
      imports: importsOf(engine),
      carrierKinds: CARRIER_KINDS,
      createWebhookVerifier,
      listensIn,
      defaultPolicySet: () => {
        const documents = bundledDocuments();
        return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
      },
      endpointUrlFault: (url) => urlFault(allowed, url),
      spoolDir,
      limits: { ...DEFAULT_LIMITS, admission: admissionLimits(connections) },
      lateness: measureLateness(),
      closing: closing.signal,
    });
    const underWay = keepUnderWay(withMetrics(app.fetch, config, telemetry));
    const server = await listen(underWay.fetch, refuses, config.api);
    const accepting = await acceptMore(server);
    if (accepting.sockets < ACCEPTED_A_TURN) log.warn({ sockets: accepting.sockets }, 'accepts few a turn');
    const { port } = server.address() as AddressInfo;
    const url = `http://${config.api.host.includes(':') ? `[${config.api.host}]` : config.api.host}:${port}`;
    const metricsPort = ops === null ? {} : { metricsPort: ops.port };
    process.stdout.write(`${JSON.stringify({ ready: true, url, port, ...metricsPort })}\n`);
    log.info({ url, tenant: config.tenantSlug }, 'serving');
    log.info({ signal: await told }, 'stopping');
    closing.abort();
    await delay(config.drainMs);
    const over = delay(config.shutdownMs, undefined, { ref: false });
    const accepted = accepting.close();
    await closeServer(server, accepted, config.shutdownMs);
    // A request whose client has gone holds no connection of the server's, and yet is being worked on.
    await Promise.race([underWay.ended(), over]);
    log.info('stopped');
  } finally {
    await ops?.close();
    await Promise.all(Object.values(reserved).map((db) => db.close()));
    await engine.close();
    await telemetry.stop();
  }
}

/** Pools of few connections, which nobody else's work can take. */
async function openReserved(databaseUrl: string, clock: Clock): Promise<ReservedDatabases> {
  const open = (name: keyof typeof RESERVED_CONNECTIONS) =>
    openDatabase(databaseUrl, {
      applicationName: `rightcall-api-${name}`,
      maxConnections: RESERVED_CONNECTIONS[name],
      clock,
    });
  const [stops, carrier, access] = await Promise.all([open('stops'), open('carrier'), open('access')]);
  return { stops, carrier, access };
}

async function readinessOf(engine: Engine, closing: AbortSignal): Promise<Readiness> {
  const database = await engine.db.tenants().then(
    () => 'ok',
    (error: unknown) => messageOf(error),
  );
  const stopping = closing.aborted ? { process: 'is stopping' } : {};
  return { ready: database === 'ok' && !closing.aborted, checks: { database, ...stopping } };
}

type Fetch = Parameters<typeof serve>[0]['fetch'];

/** The same handler, with what it is still working on. */
function keepUnderWay(handler: Fetch): { fetch: Fetch; ended: () => Promise<unknown> } {
  const underWay = new Set<Promise<unknown>>();
  return {
    fetch: (...request) => {
      const answer = Promise.resolve(handler(...request));
      const settled = answer.catch(() => undefined).finally(() => underWay.delete(settled));
      underWay.add(settled);
      return answer;
    },
    ended: () => Promise.all(underWay),
  };
}

/**
 * `/metrics` on the API's own port, where there is no port for it and only this machine reaches it: it asks for no
 * key, and how many calls are made is nobody else's business.
 */
function withMetrics(fetch: Fetch, config: EngineConfig, telemetry: Telemetry): Fetch {
  if (config.metrics !== null || !isLoopback(config.api.host)) return fetch;
  return async (request, ...rest) => {
    if (request.method !== 'GET' || new URL(request.url).pathname !== '/metrics')
      return fetch(request, ...rest);
    return new Response(await telemetry.metrics.text(), { headers: { 'Content-Type': METRICS_TYPE } });
  };
}

/** Of this user and this port alone, so that two APIs on one machine leave each other's uploads alone. */
function spoolDirOf(config: EngineConfig): string {
  return join(tmpdir(), `rightcall-uploads-${userInfo().username}-${config.api.port}`);
}

function listen(fetch: Fetch, refuses: EarlyRefusal, at: EngineConfig['api']): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const options = { fetch, hostname: at.host, port: at.port, createServer: serverBehind(refuses) };
    const server = serve(options, () => resolve(server));
    if ('requestTimeout' in server) server.requestTimeout = UPLOAD_MS;
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      const expected = 'a free port; 0 takes any';
      reject(invalidInput([{ field: 'RIGHTCALL_PORT', fault: `${at.port} is taken already`, expected }]));
    });
  });
}

/** Makes a server whose handler sees only what is not refused before. */
function serverBehind(refuses: EarlyRefusal): typeof createServer {
  const behind = (options: ServerOptions, handler: RequestListener) =>
    createServer(options, (request, response) => {
      if (!refuses(request, response)) handler(request, response);
    });
  return behind as typeof createServer;
}

/** @param accepted done when the connections that were accepted for it have ended */
async function closeServer(server: ServerType, accepted: Promise<unknown>, withinMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  const late = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
  }, withinMs);
  await Promise.all([closed, accepted]);
  clearTimeout(late);
}
