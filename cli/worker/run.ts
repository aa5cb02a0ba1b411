import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createActivities } from '../../activities/index.ts';
import { createCarrierSource } from '../../activities/calls/carrier-source.ts';
import { addressPolicy } from '../../activities/deliver/address.ts';
import { createWebhookSender } from '../../activities/deliver/post.ts';
import { createPolicySource } from '../../gate/policy-source.ts';
import { startServices } from '../../activities/services/index.ts';
import { createTemporalGateway } from '../../activities/temporal-gateway.ts';
import { RETRY_PLAN } from '../../domain/outgoing.ts';
import { parseConfig } from '../../runtime/config.ts';
import { createLogger, type Logger } from '../../runtime/logging.ts';
import { openEngine } from '../engine.ts';
import { workflowBundle } from './bundle.ts';
import { createWorkers } from './workers.ts';

/** Real ms: how long a call can go unwatched when its worker died before it wrote anything (ContactWorkflowInput). */
const ATTACH_TIMEOUT_MS = 30_000;
const CONNECTIONS = 24;

/**
 * Run a worker until it is told to stop by SIGTERM or SIGINT; then it takes no more work, finishes what it is in the
 * middle of, and returns. Says `{"ready":true}` on standard output once it polls.
 */
export async function runWorker(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(environment);
  const log = createLogger({ level: config.logLevel, name: 'worker' });
  installTemporalLogger(log);
  const engine = await openEngine(config, {
    applicationName: 'rightcall-worker',
    maxConnections: CONNECTIONS,
  });
  const address = { address: config.temporal.address };
  const connectOptions = { ...loadClientConnectConfig().connectionOptions, ...address };
  const [bundlePath, connection, nativeConnection] = await Promise.all([
    workflowBundle(),
    Connection.connect(connectOptions),
    // What is sent is a few ids: compressing it costs both ends more than it saves.
    NativeConnection.connect({ ...connectOptions, grpcCompression: { codec: 'none' } }),
  ]);
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const workflows = createTemporalGateway(client, { attachTimeoutMs: ATTACH_TIMEOUT_MS });
  const carriers = createCarrierSource(engine.db, engine.clock);
  const { db, clock, vault } = engine;
  const services = await startServices({ db, clock, carriers, workflows, log });
  const webhooks = createWebhookSender({ policy: addressPolicy(config.webhookAllow) });
  const activities = createActivities({
    db,
    clock,
    vault,
    carriers,
    workflows,
    policies: createPolicySource(),
    waitForWork: services.waitForWork,
    webhooks,
    retryPlan: RETRY_PLAN,
  });

  const workers = await createWorkers({
    connection: nativeConnection,
    namespace: config.temporal.namespace,
    bundlePath,
    activities,
  });
  const running = Promise.all(workers.map((worker) => worker.run()));
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    log.info('stopping');
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, name: 'worker', pid: process.pid })}\n`);
  log.info({ temporal: config.temporal.address, speed: clock.speed }, 'worker is ready');
  try {
    await running;
  } finally {
    await services.stop();
    await carriers.close();
    await webhooks.close();
    await connection.close();
    await nativeConnection.close();
    await engine.close();
  }
}

/** Temporal's own messages in our log, in our form. */
function installTemporalLogger(log: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const fields = { ...meta };
      if (level === 'ERROR') log.error(fields, message);
      else log.warn(fields, message);
    }),
    // Ours, so that activities and services stop in order.
    shutdownSignals: [],
  });
}
