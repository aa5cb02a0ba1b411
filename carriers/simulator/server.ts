import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { createCalls } from './calls.ts';
import { createEventOutlet } from './events.ts';
import { createExchange } from './exchange.ts';
import { parseFaults } from './faults.ts';
import { openJournal, type RequestLine } from './journal.ts';
import { modelWith } from './model.ts';
import { clockOf, parseSimulatorOptions, type SimulatorOptions } from './options.ts';
import { planCall, scenarioFor, type CallPlan, type PlanOf } from './plan.ts';
import { restoreCalls } from './restore.ts';
import { createSimulatorApp } from './routes.ts';

/**
 * Longer than any caller's own keep-alive: a carrier that closed idle connections at the instant of a
 * dial would add unknowns of its own to those asked for.
 */
const KEEP_ALIVE_MS = 120_000;

export interface RunningSimulator {
  /** `http://<host>:<port>`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * People wait as long as the engine needs: on a clock that runs `speed` times as fast its own work takes so much longer,
 * and nobody would be there any more when it has found them an agent. Real seconds; above the engine's own allowance.
 */
const PATIENCE_REAL_S = 2;

function patientAt(speed: number, plan: CallPlan): CallPlan {
  return speed <= 1 ? plan : { ...plan, patienceS: Math.max(plan.patienceS, PATIENCE_REAL_S * speed) };
}

/**
 * Start a simulated carrier. It takes up the calls of an earlier run that wrote the same log.
 * @throws RightcallError `invalid_input` for options; the system's error when the port is taken
 */
export async function startSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const settings = parseSimulatorOptions(options);
  const model = modelWith(settings.model);
  const clock = clockOf(settings);
  const faults = { current: parseFaults(settings.faults), since: Date.now() };

  const outlet = createEventOutlet(settings, clock, () => faults.current);
  const calls = createCalls(clock, (event) => outlet.emit(event));
  const log = openJournal<RequestLine>(settings.logFile);
  const planOf: PlanOf = (attemptId, to, context) => {
    const scenario = scenarioFor(settings.scenarios, to, attemptId);
    const plan = planCall(settings.seed, attemptId, context, model, scenario);
    return scenario.patienceS === undefined ? patientAt(clock.speed, plan) : plan;
  };
  const exchange = createExchange({ settings, clock, calls, log, faults, planOf });
  const untaken = await restoreCalls(settings.logFile, calls, planOf);
  outlet.resend(untaken);

  const stats = (): Record<string, unknown> => ({
    requests: exchange.counts(),
    calls: { live: calls.liveCount(), known: calls.knownCount() },
    webhooks: outlet.stats(),
  });
  const app = createSimulatorApp({ exchange, calls, stats });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const stop = async (): Promise<void> => {
    calls.stop();
    await outlet.close();
    log.close();
  };
  try {
    server.listen(settings.port, settings.host);
    await once(server, 'listening');
  } catch (error) {
    await stop();
    throw error;
  }
  const { port } = server.address() as AddressInfo;

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    await stop();
  };
  return { url: `http://${settings.host}:${port}`, port, close: () => (closing ??= close()) };
}
