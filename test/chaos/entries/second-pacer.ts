import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { paceCampaign } from '../../../activities/pace/pacer.ts';
import { createTemporalGateway } from '../../../activities/temporal-gateway.ts';
import { openEngine } from '../../../cli/engine.ts';
import { temporalOptions } from '../../../cli/temporal-options.ts';
import { createPolicySource } from '../../../gate/policy-source.ts';
import { parseConfig } from '../../../runtime/config.ts';

/** As the worker's own (cli/worker/run.ts). */
const ATTACH_TIMEOUT_MS = 30_000;
/** How often campaigns are looked for, and how long to wait after a failure, real ms. */
const LOOK_EVERY_MS = 1_000;

/** Pace every running campaign beside the pacer that its workflow runs, until told to stop. Failures are tried again. */
export function paceAsWell(environment: NodeJS.ProcessEnv): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await paceUntilFailure(environment, stopping.signal).catch(() => undefined);
      await pause(LOOK_EVERY_MS, stopping.signal);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function paceUntilFailure(environment: NodeJS.ProcessEnv, stopping: AbortSignal): Promise<void> {
  const config = parseConfig(environment);
  const engine = await openEngine(config, { applicationName: 'second-pacer', maxConnections: 4 });
  const connection = await Connection.connect(temporalOptions(environment, config));
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const deps = {
    db: engine.db,
    clock: engine.clock,
    policies: createPolicySource(),
    workflows: createTemporalGateway(client, { attachTimeoutMs: ATTACH_TIMEOUT_MS }),
  };
  const paced = new Map<string, Promise<void>>();
  try {
    while (!stopping.aborted) {
      for (const { tenantId } of await engine.db.tenants()) {
        const campaigns = await engine.db.single(tenantId, (tx) =>
          tx.query<{ id: string }>(`SELECT id FROM campaigns WHERE tenant_id = $1 AND status = 'running'`, [
            tenantId,
          ]),
        );
        for (const { id } of campaigns) {
          if (paced.has(id)) continue;
          const pacing = paceCampaign(
            deps,
            { tenantId, campaignId: id },
            {
              beat: () => undefined,
              cancelled: stopping,
              waitForWork: (_tenant, ms) => pause(ms, stopping),
            },
          );
          const over = pacing.then(() => undefined).catch(() => undefined);
          paced.set(
            id,
            over.finally(() => paced.delete(id)),
          );
        }
      }
      await pause(LOOK_EVERY_MS, stopping);
    }
  } finally {
    await Promise.all(paced.values());
    await connection.close();
    await engine.close();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
