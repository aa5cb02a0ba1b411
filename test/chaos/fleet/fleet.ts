import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { request } from 'undici';
import type { SimulatorOptions } from '../../../carriers/simulator/options.ts';
import type { ScaledClockSetting } from '../../../domain/clock.ts';
import { choosePort } from '../../../runtime/servers/ports.ts';
import type { ServerEvent } from '../../../runtime/servers/server.ts';
import { createProxy, type Proxy } from '../../support/proxy.ts';
import { EVIDENCE_FILES } from '../evidence.ts';
import { startMember, type Member } from './child.ts';
import { APIS, WORKERS, isWorker, type ApiName, type EngineName } from './members.ts';
import { migrate, NAMESPACE, startServers, type Servers } from './servers.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const TENANT = 'chaos';
const CARRIER = 'simulator';
/** Of PostgreSQL, per process: four of them share it with the second pacers. */
const CONNECTIONS = '10';

/**
 * The clock must be fixed before the processes that go by it come up. How long they will take is told by the first one,
 * `rightcall migrate`: seen here, what follows until campaigns run takes five times as long, on idle machines and on busy ones.
 */
const BOOT_PER_MIGRATION = 5;
const BOOT_MIN_MS = 10_000;

/** The wires between the parts, each with a proxy of its own: `postgres/worker-1`, `temporal/worker-1`, `carrier`, `webhooks`. */
export type Wires = ReadonlyMap<string, Proxy>;

export interface Fleet {
  readonly dir: string;
  readonly evidenceDir: string;
  readonly clock: ScaledClockSetting;
  readonly servers: Servers;
  readonly wires: Wires;
  readonly members: ReadonlyMap<EngineName, Member>;
  readonly simulator: Member;
  readonly simulatorUrl: string;
  readonly apiKey: string;
  readonly apiUrls: Readonly<Record<ApiName, string>>;
  /** Of the simulator's events. */
  readonly webhookPath: string;
  /** Database, past the proxies. */
  readonly databaseUrl: string;
  readonly secondPlaceDir: string;
  /** How long all took to come up, real ms. */
  readonly bootMs: number;
  /** End a process of the engine, and start another release in its place. */
  replace(name: EngineName, release: Release): Promise<void>;
  /** End the engine's processes in order, and leave the servers up. */
  stopEngine(): Promise<void>;
  stop(): Promise<void>;
}

/** What runs as the engine's processes. */
export interface Release {
  /** A checkout. */
  readonly code: string;
  /** A version of the worker deployment (docs/upgrading.md); null: not versioned. */
  readonly buildId: string | null;
  /** `chaos`: by the entries of this suite, which obey orders. `own`: as it is deployed; a version before may have no such entries. */
  readonly entries: 'chaos' | 'own';
}

export interface FleetOptions {
  readonly dir: string;
  readonly release: Release;
  /** Where PostgreSQL's data lies; null: in `dir`. */
  readonly postgresDir: string | null;
  readonly seed: string;
  readonly speed: number;
  /** Simulated instant at which dialling should begin. */
  readonly from: number;
  readonly simulator: Partial<SimulatorOptions>;
  readonly callsPerSecond: number;
  readonly onEvent: (event: ServerEvent) => void;
}

/** Bring everything up: servers, wires, carrier, two APIs, two workers. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const beganMs = Date.now();
  const { dir, onEvent } = options;
  const evidenceDir = join(dir, 'evidence');
  const secondPlaceDir = join(dir, 'checkpoints');
  await Promise.all(
    [evidenceDir, secondPlaceDir, join(dir, 'run')].map((path) => mkdir(path, { recursive: true })),
  );
  const ending: (() => Promise<void>)[] = [];
  const undo = async (): Promise<void> => {
    for (const end of ending.splice(0).reverse()) await end().catch(() => undefined);
  };
  try {
    const servers = await startServers(dir, onEvent, options.postgresDir ?? undefined);
    ending.push(
      () => servers.postgres.stop(),
      () => servers.temporal.stop(),
    );
    const migrating = Date.now();
    await migrate(servers, options.release.code);
    const bootMs = Math.max(BOOT_MIN_MS, (Date.now() - migrating) * BOOT_PER_MIGRATION);
    const [apiPort1, apiPort2, simulatorPort] = [await choosePort(), await choosePort(), await choosePort()];
    const apiPorts: Record<ApiName, number> = { 'api-1': apiPort1, 'api-2': apiPort2 };
    const wires = await openWires(servers, simulatorPort, Object.values(apiPorts));
    ending.push(async () => {
      for (const wire of wires.values()) await wire.close();
    });
    const apiKey = randomBytes(16).toString('hex');
    const clock = { from: options.from, realStart: Date.now() + bootMs, speed: options.speed };
    const common = {
      RIGHTCALL_MASTER_KEY: randomBytes(32).toString('hex'),
      RIGHTCALL_API_KEY: apiKey,
      RIGHTCALL_TENANT: TENANT,
      RIGHTCALL_CLOCK: JSON.stringify(clock),
      RIGHTCALL_EVIDENCE_KEY_FILE: join(dir, 'run', 'evidence-key.pem'),
      RIGHTCALL_EVIDENCE_DIR: secondPlaceDir,
      RIGHTCALL_RATE_LIMIT: '0',
      RIGHTCALL_DB_CONNECTIONS: CONNECTIONS,
      RIGHTCALL_SHUTDOWN_S: '5',
      TEMPORAL_NAMESPACE: NAMESPACE,
    };
    const environmentOf = (name: EngineName): Record<string, string> => {
      const database = new URL(servers.postgres.url);
      database.port = String(wires.get(`postgres/${name}`)!.port);
      const temporal = wires.get(`temporal/${name}`);
      return {
        ...common,
        DATABASE_URL: database.toString(),
        ...(temporal === undefined ? {} : { TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}` }),
        ...(isWorker(name) ? {} : { RIGHTCALL_PORT: String(apiPorts[name]) }),
      };
    };
    const members = new Map<EngineName, Member>();
    const start = async (name: EngineName, release = options.release): Promise<void> => {
      const verb = isWorker(name) ? 'worker' : 'api';
      const chaos = release.entries === 'chaos';
      const member = await startMember({
        name,
        code: release.code,
        entry: chaos ? `test/chaos/entries/${verb}.ts` : 'cli/main.ts',
        args: chaos ? [] : [verb],
        dir: join(dir, 'run'),
        environment: {
          ...environmentOf(name),
          ...(release.buildId === null ? {} : { RIGHTCALL_BUILD_ID: release.buildId }),
        },
        obeys: chaos,
        onEvent,
      });
      members.set(name, member);
    };
    const apiUrls = {
      'api-1': `http://127.0.0.1:${apiPort1}`,
      'api-2': `http://127.0.0.1:${apiPort2}`,
    };
    const stopEngine = async (): Promise<void> => {
      for (const names of [APIS, WORKERS])
        await Promise.all(names.map((name) => members.get(name)?.child.stop() ?? Promise.resolve()));
    };
    ending.push(stopEngine);
    // The first API makes the tenant; then the others find it.
    await start('api-1');
    const webhook = await addCarrier(
      apiUrls['api-1'],
      apiKey,
      wires.get('carrier')!.port,
      options.callsPerSecond,
    );
    const optionsFile = join(dir, 'run', 'simulator.json');
    await writeFile(
      optionsFile,
      JSON.stringify({
        ...options.simulator,
        port: simulatorPort,
        logFile: join(evidenceDir, EVIDENCE_FILES.requests),
        webhookUrl: `http://127.0.0.1:${wires.get('webhooks')!.port}${webhook.path}`,
        webhookSecret: webhook.secret,
        clock,
        seed: options.seed,
      } satisfies SimulatorOptions),
    );
    const simulator = await startMember({
      name: 'simulator',
      code: ROOT,
      entry: 'carriers/simulator/main.ts',
      args: ['--options-file', optionsFile],
      dir: join(dir, 'run'),
      environment: {},
      obeys: false,
      onEvent,
    });
    ending.push(() => simulator.child.stop());
    await Promise.all([start('api-2'), start('worker-1'), start('worker-2')]);
    return {
      dir,
      evidenceDir,
      clock,
      servers,
      wires,
      members,
      simulator,
      simulatorUrl: `http://127.0.0.1:${simulatorPort}`,
      apiKey,
      apiUrls,
      webhookPath: webhook.path,
      databaseUrl: servers.postgres.url,
      secondPlaceDir,
      bootMs: Date.now() - beganMs,
      replace: async (name, release) => {
        await members.get(name)?.child.stop();
        await start(name, release);
      },
      stopEngine,
      stop: undo,
    };
  } catch (error) {
    await undo();
    throw error;
  }
}

async function openWires(
  servers: Servers,
  simulatorPort: number,
  apiPorts: readonly number[],
): Promise<Wires> {
  const wires = new Map<string, Proxy>();
  for (const name of [...APIS, ...WORKERS]) {
    wires.set(`postgres/${name}`, await createProxy(() => [servers.postgres.port!]));
    if (isWorker(name)) wires.set(`temporal/${name}`, await createProxy(() => [servers.temporal.port!]));
  }
  wires.set('carrier', await createProxy(() => [simulatorPort]));
  // As a load balancer: an event goes to an API that is up.
  wires.set('webhooks', await createProxy(() => apiPorts));
  return wires;
}

async function addCarrier(
  apiUrl: string,
  apiKey: string,
  carrierPort: number,
  callsPerSecond: number,
): Promise<{ path: string; secret: string }> {
  const answer = await request(`${apiUrl}/v1/carriers/${CARRIER}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      kind: 'simulator',
      baseUrl: `http://127.0.0.1:${carrierPort}`,
      callsPerSecond,
      maxConcurrentCalls: 200,
    }),
  });
  const body = (await answer.body.json()) as { webhookPath?: string; webhookSecret?: string };
  if (body.webhookPath === undefined || body.webhookSecret === undefined)
    throw new Error(`the carrier was not added: ${answer.statusCode} ${JSON.stringify(body)}`);
  return { path: body.webhookPath, secret: body.webhookSecret };
}
