import { DefaultLogger, Runtime } from '@temporalio/worker';
import { addressPolicy } from '../../activities/deliver/address.ts';
import { createWebhookSender } from '../../activities/deliver/post.ts';
import { createActivities } from '../../activities/index.ts';
import { startServices, type Services } from '../../activities/services/index.ts';
import { createTemporalCensus } from '../../activities/temporal-census.ts';
import { createTemporalGateway } from '../../activities/temporal-gateway.ts';
import { workflowBundle } from '../../cli/worker/bundle.ts';
import { createWorkers } from '../../cli/worker/workers.ts';
import { RETRY_PLAN, type RetryPlan } from '../../domain/outgoing.ts';
import { scaledClock, type ScaledClockSetting } from '../../domain/clock.ts';
import type { SimulatorOptions } from '../../carriers/simulator/options.ts';
import { createTestEngine, type TestEngine } from './engine.ts';
import { connectTestTemporal, type TestTemporal } from './temporal.ts';

export interface RunningEngine extends TestEngine {
  readonly temporal: TestTemporal;
  readonly services: Services;
  /** Resolves with the campaign's status once it is over. @throws when it takes longer than `withinMs` (real). */
  untilOver(campaignId: string, withinMs: number): Promise<string>;
  stop(): Promise<void>;
}

/** Only what should worry somebody belongs in a test's output. */
function quietTemporal(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch {
    // Installed by an earlier engine of this process.
  }
}

/** The whole engine in this process, on a scaled clock: PostgreSQL, Temporal, simulator, workers, services. */
export async function startRunningEngine(options: {
  readonly from: number;
  readonly speed: number;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly callsPerSecond?: number;
  /** Of outgoing events. */
  readonly retryPlan?: RetryPlan;
  readonly webhookTimeoutMs?: number;
}): Promise<RunningEngine> {
  quietTemporal();
  const setting: ScaledClockSetting = { from: options.from, realStart: Date.now(), speed: options.speed };
  const clock = scaledClock(setting);
  const engine = await createTestEngine({
    clock,
    simulator: { clock: setting, ...options.simulator },
    ...(options.callsPerSecond === undefined ? {} : { callsPerSecond: options.callsPerSecond }),
  });
  const temporal = await connectTestTemporal();
  const workflows = createTemporalGateway(temporal.client, { attachTimeoutMs: 10_000 });
  const log = {
    info: () => undefined,
    warn: (fields: object, message: string) =>
      void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  };
  const { db, carriers, vault, policies } = engine;
  const services = await startServices({
    db,
    clock,
    vault,
    policies,
    carriers,
    workflows,
    census: createTemporalCensus(temporal.client),
    log,
    sealing: null,
  });
  // Receivers of tests are on this machine.
  const webhooks = createWebhookSender({
    policy: addressPolicy(['127.0.0.1']),
    timeoutMs: options.webhookTimeoutMs ?? 5_000,
  });
  const activities = createActivities({
    db,
    clock,
    vault,
    carriers,
    workflows,
    policies,
    waitForWork: services.waitForWork,
    webhooks,
    retryPlan: options.retryPlan ?? RETRY_PLAN,
  });
  const workers = await createWorkers({
    connection: temporal.nativeConnection,
    namespace: temporal.namespace,
    bundlePath: await workflowBundle(),
    activities,
  });
  const running = Promise.all(workers.map((worker) => worker.run()));

  return {
    ...engine,
    temporal,
    services,
    untilOver: async (campaignId, withinMs) => {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const rows = await db.inTenant(engine.tenantId, (tx) =>
          tx.query<{ status: string; open: number }>(
            `SELECT status, (SELECT count(*) FROM contacts c WHERE c.tenant_id = $1 AND c.campaign_id = $2
                              AND (c.state IN ('waiting', 'admitted') OR c.workflow_open)) AS open
             FROM campaigns WHERE tenant_id = $1 AND id = $2`,
            [engine.tenantId, campaignId],
          ),
        );
        const { status, open } = rows[0]!;
        if ((status === 'completed' || status === 'stopped') && open === 0) return status;
        if (Date.now() > deadline) throw new Error(`the campaign is ${status} with ${open} contacts open`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await services.stop();
      await webhooks.close();
      await temporal.close();
      await engine.close();
    },
  };
}
