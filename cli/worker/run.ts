import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { request } from 'undici';
import { createActivities } from '../../activities/index.ts';
import { createCarrierSource } from '../../activities/calls/carrier-source.ts';
import { addressPolicy } from '../../activities/deliver/address.ts';
import { createWebhookSender } from '../../activities/deliver/post.ts';
import { refuseTakenBack, watchTakenBack } from '../../activities/restore/taken-back.ts';
import { createPolicySource } from '../../gate/policy-source.ts';
import { startServices } from '../../activities/services/index.ts';
import { createTemporalCensus } from '../../activities/temporal-census.ts';
import { createTemporalGateway } from '../../activities/temporal-gateway.ts';
import { RETRY_PLAN } from '../../domain/outgoing.ts';
import { messageOf } from '../../domain/failures.ts';
import { parseConfig } from '../../runtime/config.ts';
import { createLogger, type Logger } from '../../runtime/logging.ts';
import type { Readiness } from '../../runtime/telemetry/ops-server.ts';
import { openServingEngine, type Engine } from '../engine.ts';
import { EXIT } from '../exit-codes.ts';
import { sealingOf } from '../sealing.ts';
import { observePool, startTelemetry } from '../telemetry.ts';
import { temporalOptions } from '../temporal-options.ts';
import { choosePort } from '../../runtime/servers/ports.ts';
import { untilToldToStop } from '../until-told-to-stop.ts';
import { workflowBundle } from './bundle.ts';
import { observeWork } from './gauges.ts';
import { createWorkers } from './workers.ts';

/** Real ms: how long a call can go unwatched when its worker died before it wrote anything (ContactWorkflowInput). */
const ATTACH_TIMEOUT_MS = 30_000;
/** Of PostgreSQL, where RIGHTCALL_DB_CONNECTIONS says nothing. */
const CONNECTIONS = 24;

/**
 * Run a worker until it is told to stop by SIGTERM or SIGINT; then `/readyz` answers 503, it takes no more work,
 * finishes what it is in the middle of within RIGHTCALL_SHUTDOWN_S, and returns. Says `{"ready":true}` on standard
 * output once it polls.
 */
export async function runWorker(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(environment);
  const log = createLogger({ level: config.logLevel, name: 'worker' });
  const told = untilToldToStop();
  // The SDK's core serves its metrics itself; ours are answered together with them.
  const sdkPort = config.metrics === null ? null : await choosePort({ host: SDK_METRICS_HOST });
  const telemetry = startTelemetry(config, 'rightcall-worker', () => sdkMetrics(sdkPort));
  installRuntime(log, sdkPort);
  const engine = await openServingEngine(config, {
    applicationName: 'rightcall-worker',
    maxConnections: config.dbConnections ?? CONNECTIONS,
  });
  const sealing = sealingOf(config);
  if (sealing !== null && sealing.secondPlace !== null) {
    await refuseTakenBack(engine.db, sealing.secondPlace).catch(async (error: unknown) => {
      await engine.close();
      throw error;
    });
  }
  const connectOptions = temporalOptions(environment, config);
  const [bundlePath, connection, nativeConnection] = await Promise.all([
    workflowBundle(),
    Connection.connect(connectOptions),
    // What is sent is a few ids: compressing it costs both ends more than it saves.
    NativeConnection.connect({ ...connectOptions, grpcCompression: { codec: 'none' } }),
  ]);
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const workflows = createTemporalGateway(client, { attachTimeoutMs: ATTACH_TIMEOUT_MS });
  const census = createTemporalCensus(client);
  const carriers = createCarrierSource(engine.db, engine.clock);
  const { db, clock, vault } = engine;
  if (sealing === null) log.warn({}, 'decisions are not sealed: RIGHTCALL_EVIDENCE_KEY_FILE is not set');
  const policies = createPolicySource();
  const services = await startServices({
    db,
    clock,
    vault,
    policies,
    carriers,
    workflows,
    census,
    log,
    sealing,
  });
  const webhooks = createWebhookSender({ policy: addressPolicy(config.webhookAllow) });
  const activities = createActivities({
    db,
    clock,
    vault,
    carriers,
    workflows,
    policies,
    waitForWork: services.waitForWork,
    webhooks,
    retryPlan: RETRY_PLAN,
  });

  const workers = await createWorkers({
    connection: nativeConnection,
    namespace: config.temporal.namespace,
    bundlePath,
    activities,
    deployment: config.deployment,
    shutdownMs: config.shutdownMs,
  });
  const unwatch =
    sealing === null || sealing.secondPlace === null
      ? () => undefined
      : watchTakenBack(db, sealing.secondPlace, (error) => {
          log.fatal({}, error.message);
          // At once, as if killed: what is in the middle of something would go on calling. Started again, it refuses.
          process.exit(EXIT.refused);
        });
  const running = Promise.all(workers.map((worker) => worker.run()));
  let stopping = false;
  observePool(db);
  observeWork(db, clock, sealing !== null);
  const ops = await telemetry.serve(() => readinessOf(engine, connection, workers, () => stopping));
  void told.then((signal) => {
    stopping = true;
    log.info({ signal }, 'stopping');
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  });
  const metricsPort = ops === null ? {} : { metricsPort: ops.port };
  process.stdout.write(
    `${JSON.stringify({ ready: true, name: 'worker', pid: process.pid, ...metricsPort })}\n`,
  );
  log.info(
    { temporal: config.temporal.address, speed: clock.speed, buildId: config.deployment?.buildId ?? null },
    'worker is ready',
  );
  try {
    await running;
  } finally {
    unwatch();
    await services.stop();
    await carriers.close();
    await webhooks.close();
    await connection.close();
    await nativeConnection.close();
    await ops?.close();
    await engine.close();
    await telemetry.stop();
    log.info('stopped');
  }
}

async function readinessOf(
  engine: Engine,
  connection: Connection,
  workers: readonly Worker[],
  isStopping: () => boolean,
): Promise<Readiness> {
  const sayingOk = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: unknown) => messageOf(error),
    );
  const [database, temporal] = await Promise.all([
    sayingOk(engine.db.tenants()),
    sayingOk(connection.workflowService.getSystemInfo({})),
  ]);
  const polling = workers.every((worker) => worker.getState() === 'RUNNING');
  const process = isStopping() ? 'is stopping' : polling ? 'ok' : 'a worker does not poll';
  const checks = { database, temporal, process };
  return { ready: Object.values(checks).every((check) => check === 'ok'), checks };
}

/** Temporal's own messages in our log, in our form; its metrics where ours are. */
function installRuntime(log: Logger, metricsPort: number | null): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const fields = { ...meta };
      if (level === 'ERROR') log.error(fields, message);
      else log.warn(fields, message);
    }),
    // Ours, so that activities and services stop in order.
    shutdownSignals: [],
    ...(metricsPort === null
      ? {}
      : {
          telemetryOptions: {
            metrics: {
              prometheus: {
                bindAddress: `${SDK_METRICS_HOST}:${metricsPort}`,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
              },
            },
          },
        }),
  });
}

/** Only this process asks there. */
const SDK_METRICS_HOST = '127.0.0.1';

async function sdkMetrics(port: number | null): Promise<string> {
  if (port === null) return '';
  const answer = await request(`http://${SDK_METRICS_HOST}:${port}/metrics`, {
    signal: AbortSignal.timeout(2_000),
  });
  return answer.body.text();
}
