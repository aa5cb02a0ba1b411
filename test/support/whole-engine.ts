import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { runMigrate } from '../../cli/migrate/run.ts';
import { choosePort } from '../../runtime/servers/ports.ts';
import type { SimulatorOptions } from '../../carriers/simulator/options.ts';
import type { ScaledClockSetting } from '../../domain/clock.ts';
import { createBlankDatabase } from './blank-database.ts';
import { startEngineProcess, type EngineProcess } from './engine-process.ts';
import { connectTestTemporal, type TestTemporal } from './temporal.ts';

const KEY = 'an-administrators-key';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The body as JSON; null where it is none. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** The engine as it is deployed: migrated by its own verb, API, worker and simulator each a process. */
export interface WholeEngine {
  readonly databaseUrl: string;
  readonly temporal: TestTemporal;
  /** Of its own, so that everything in it is this engine's. */
  readonly namespace: string;
  readonly api: EngineProcess;
  readonly worker: EngineProcess;
  readonly simulator: EngineProcess;
  readonly apiUrl: string;
  /** The simulator's log of requests. */
  readonly requestLog: string;
  /** The environment that its processes share; for further ones. */
  readonly environment: Readonly<Record<string, string>>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer>;
  /** The answer's body. @throws when it is a refusal */
  made(...args: Parameters<WholeEngine['call']>): Promise<Readonly<Record<string, unknown>>>;
  /** What a process answers on its metrics port. */
  ops(of: 'api' | 'worker', path: string): Promise<HttpAnswer>;
  /** Resolves once the campaign has this status. @throws after `withinMs` (real), with where it stands */
  untilStatus(campaignId: string, status: string, withinMs: number): Promise<void>;
  close(): Promise<void>;
}

/** For the project `workflow`. */
export async function startWholeEngine(options: {
  readonly clock: ScaledClockSetting;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<WholeEngine> {
  const [database, temporal, folder, simulatorPort] = await Promise.all([
    createBlankDatabase(),
    connectTestTemporal(),
    mkdtemp(join(tmpdir(), 'rightcall-whole-')),
    choosePort(),
  ]);
  const namespace = await createNamespace(temporal);
  const environment = {
    DATABASE_URL: database.url,
    RIGHTCALL_MASTER_KEY: '5a'.repeat(32),
    RIGHTCALL_API_KEY: KEY,
    RIGHTCALL_PORT: '0',
    RIGHTCALL_METRICS_PORT: '0',
    RIGHTCALL_LOG_LEVEL: 'trace',
    RIGHTCALL_CLOCK: JSON.stringify(options.clock),
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: namespace,
    ...options.environment,
  };
  await runMigrate({}, environment, () => undefined);

  const api = await startEngineProcess('api', environment);
  const apiUrl = String(api.ready['url']);
  const call: WholeEngine['call'] = async (method, path, body, headers = {}) => {
    const raw = typeof body === 'string' || body === undefined;
    return http(`${apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body === undefined ? {} : { 'content-type': raw ? 'text/csv' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    });
  };
  const carrier = await call('PUT', '/v1/carriers/simulator', {
    kind: 'simulator',
    baseUrl: `http://127.0.0.1:${simulatorPort}`,
    callsPerSecond: 100,
    maxConcurrentCalls: 200,
  });
  if (carrier.status !== 201) throw new Error(`the carrier was not added: ${carrier.text}`);
  const requestLog = join(folder, 'requests.jsonl');
  const optionsFile = join(folder, 'simulator.json');
  await writeFile(optionsFile, JSON.stringify(options.simulator ?? {}));
  const [worker, simulator] = await Promise.all([
    startEngineProcess('worker', environment),
    startEngineProcess(['simulator', '--options-file', optionsFile], {
      ...environment,
      RIGHTCALL_SIMULATOR_PORT: String(simulatorPort),
      RIGHTCALL_SIMULATOR_LOG: requestLog,
      RIGHTCALL_SIMULATOR_WEBHOOK_URL: `${apiUrl}${String(carrier.body!['webhookPath'])}`,
      RIGHTCALL_SIMULATOR_WEBHOOK_SECRET: String(carrier.body!['webhookSecret']),
    }),
  ]);
  const processes = { api, worker, simulator };
  return {
    ...processes,
    databaseUrl: database.url,
    temporal,
    namespace,
    apiUrl,
    requestLog,
    environment,
    call,
    made: async (...args) => {
      const { status, text, body } = await call(...args);
      if (status >= 400 || body === null) throw new Error(`${args[0]} ${args[1]}: ${text}`);
      return body;
    },
    ops: (of, path) =>
      http(`http://127.0.0.1:${String(processes[of].ready['metricsPort'])}${path}`, { method: 'GET' }),
    untilStatus: async (campaignId, status, withinMs) => {
      const until = Date.now() + withinMs;
      for (;;) {
        const { text, body } = await call('GET', `/v1/campaigns/${campaignId}`);
        if (body?.['status'] === status) return;
        if (Date.now() > until)
          throw new Error(`not ${status} within ${withinMs} ms: ${text} ${worker.log()}`);
        await delay(300);
      }
    },
    close: async () => {
      await Promise.all([worker.stop(), api.stop(), simulator.stop()]);
      await temporal.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function http(
  url: string,
  options: { method: string; headers?: Record<string, string>; body?: string },
): Promise<HttpAnswer> {
  const answer = await request(url, options as Parameters<typeof request>[1]);
  const text = await answer.body.text();
  const isJson = String(answer.headers['content-type'] ?? '').includes('json');
  return {
    status: answer.statusCode,
    text,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : null,
  };
}

/** The frontend knows a new namespace a second or so later. */
async function createNamespace(temporal: TestTemporal): Promise<string> {
  const namespace = `rightcall-${randomBytes(4).toString('hex')}`;
  const { workflowService, operatorService } = temporal.client.connection;
  await workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  for (let n = 1; ; n++) {
    try {
      await workflowService.describeNamespace({ namespace });
      await operatorService.listSearchAttributes({ namespace });
      await workflowService.listWorkflowExecutions({ namespace, pageSize: 1 });
      return namespace;
    } catch (error) {
      if (n >= 100) throw error;
      await delay(200);
    }
  }
}
