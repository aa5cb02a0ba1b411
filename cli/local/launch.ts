import { readModelFile } from '../../carriers/simulator/model.ts';
import type { ScaledClockSetting } from '../../domain/clock.ts';
import { LOOPBACK } from '../../runtime/servers/ports.ts';
import type { RunningTemporal } from '../../runtime/servers/temporal.ts';
import { patienceS } from './agents/modes.ts';
import {
  startApiProcess,
  startSimulatorProcess,
  startWorkerProcess,
  type ChildPorts,
  type EngineSettings,
} from './children.ts';
import { MAX_CONCURRENT_CALLS, type LocalEngine } from './engine.ts';
import type { ServerContext } from './servers.ts';

export interface Launch {
  readonly context: ServerContext;
  readonly engine: LocalEngine;
  readonly postgres: { readonly url: string };
  readonly temporal: RunningTemporal;
  readonly ports: ChildPorts;
  readonly apiKey: string;
  readonly carrierId: string;
  readonly webhookSecret: string;
  readonly clock: ScaledClockSetting;
  readonly seed: string;
  readonly carrierFaults: string;
  readonly withAgents: boolean;
}

export const urlOf = (port: number) => `http://${LOOPBACK}:${port}`;

/** Start the simulator, the API and the worker, at once: each waits by itself for what it needs of the others. */
export async function launch(l: Launch): Promise<void> {
  const { context, engine } = l;
  const settings: EngineSettings = {
    databaseUrl: l.postgres.url,
    temporal: l.temporal,
    tenant: engine.tenantSlug,
    apiKey: l.apiKey,
    masterKeyFile: engine.masterKeyFile,
    clock: l.clock,
  };
  const simulator = {
    port: l.ports.simulator,
    logFile: context.layout.requestLog,
    webhookUrl: `${urlOf(l.ports.api)}/v1/webhooks/${engine.tenantId}/${l.carrierId}`,
    webhookSecret: l.webhookSecret,
    clock: l.clock,
    seed: l.seed,
    faults: l.carrierFaults,
    maxConcurrentCalls: MAX_CONCURRENT_CALLS,
    ...(l.withAgents
      ? { model: { patience: patienceS(l.clock.speed, readModelFile().model.patience) } }
      : {}),
  };
  const starts: [string, Promise<unknown>][] = [
    ['Carrier simulator', startSimulatorProcess(context, simulator)],
    ['API', startApiProcess(context, settings, l.ports.api)],
    ['Worker', startWorkerProcess(context, settings)],
  ];
  const shown = starts.map(async ([title, starting]) => {
    const phase = context.screen.phase(title);
    try {
      await starting;
      phase.done();
    } catch (error) {
      phase.failed();
      throw error;
    }
  });
  await context.interruption.guard(Promise.all(shown));
}
