import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SimulatorOptions } from '../../carriers/simulator/options.ts';
import type { ScaledClockSetting } from '../../domain/clock.ts';
import { superviseChild, type ChildOptions, type SupervisedChild } from '../../runtime/servers/child.ts';
import { readJsonFile, writeJsonFile } from '../../runtime/servers/directory.ts';
import { endLeftover, type EndSignals } from '../../runtime/servers/leftover.ts';
import { LOOPBACK, choosePort } from '../../runtime/servers/ports.ts';
import { evidencePlaces } from './layout.ts';
import type { ServerContext } from './servers.ts';

/** Workers bundle their workflows when they start, which takes seconds on a slow machine. */
const READY_TIMEOUT_MS = 120_000;
/** A worker lets its activities end first. */
const SIGNALS: EndSignals = { stop: 'SIGTERM', hard: 'SIGKILL', stopTimeoutMs: 10_000 };
const CHILD_NAMES = ['api', 'worker', 'simulator'] as const;
type ChildName = (typeof CHILD_NAMES)[number];
const DEFAULT_API_PORT = 8473;
/** Where no earlier start has measured it, real ms. */
const DEFAULT_BOOT_MS = 15_000;
const MAX_BOOT_MS = 30_000;
const BOOT_MARGIN = 1.4;

const pidFileOf = (context: ServerContext, name: ChildName) => join(context.layout.pids, `${name}.pid.json`);
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What the engine's processes are told, by environment (runtime/config.ts). */
export interface EngineSettings {
  readonly databaseUrl: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly tenant: string;
  readonly apiKey: string;
  /** Null where RIGHTCALL_MASTER_KEY itself is set. */
  readonly masterKeyFile: string | null;
  readonly clock: ScaledClockSetting;
}

function engineEnvironment(context: ServerContext, settings: EngineSettings): NodeJS.ProcessEnv {
  const evidence = evidencePlaces(context.layout, context.env);
  return {
    ...context.env,
    DATABASE_URL: settings.databaseUrl,
    TEMPORAL_ADDRESS: settings.temporal.address,
    TEMPORAL_NAMESPACE: settings.temporal.namespace,
    RIGHTCALL_TENANT: settings.tenant,
    RIGHTCALL_API_KEY: settings.apiKey,
    RIGHTCALL_HOST: LOOPBACK,
    RIGHTCALL_CLOCK: JSON.stringify(settings.clock),
    RIGHTCALL_EVIDENCE_KEY_FILE: evidence.keyFile,
    RIGHTCALL_EVIDENCE_DIR: evidence.checkpoints,
    ...(settings.masterKeyFile === null ? {} : { RIGHTCALL_MASTER_KEY_FILE: settings.masterKeyFile }),
    // Local times are computed by named zones; the host's own must not leak in.
    TZ: 'UTC',
  };
}

/** What all children have in common: TypeScript, a log, a pid file, and a new start after every crash. */
function childOptions(
  context: ServerContext,
  child: { name: ChildName; entry: string; args: readonly string[]; env: NodeJS.ProcessEnv; port?: number },
  ready: ChildOptions['ready'],
): ChildOptions {
  return {
    name: child.name,
    command: process.execPath,
    args: ['--import', import.meta.resolve('tsx'), file(child.entry), ...child.args],
    env: child.env,
    pidFile: pidFileOf(context, child.name),
    logFile: join(context.layout.logs, `${child.name}.log`),
    ...(child.port === undefined ? {} : { port: child.port }),
    restart: 'always',
    ready,
    signals: SIGNALS,
    onEvent: context.fleet.onEvent,
  };
}

const readyLine: ChildOptions['ready'] = { kind: 'line', timeoutMs: READY_TIMEOUT_MS };

/** End what an earlier start left behind when it was killed, so that it gives its ports free. */
export async function endLeftoverChildren(context: ServerContext): Promise<void> {
  await Promise.all(
    CHILD_NAMES.map(async (name) => {
      const { result, pid } = await endLeftover(pidFileOf(context, name), SIGNALS);
      if (result === 'ended')
        context.screen.line(`  ! ${name} of an earlier run was still there (pid ${pid}) and was ended`);
    }),
  );
}

/** Ports of the children, kept from run to run: the carrier's address and the webhook's stand in the database. */
export interface ChildPorts {
  readonly api: number;
  readonly simulator: number;
}

/** @param wished the port that `--port` or RIGHTCALL_PORT asks for, and who asks */
export async function chooseChildPorts(
  context: ServerContext,
  wished: { readonly port: number; readonly option: string } | null,
): Promise<ChildPorts> {
  const last = (await readJsonFile(context.layout.children)) ?? {};
  const lastOf = (key: string) => (typeof last[key] === 'number' ? { preferred: last[key] } : {});
  const api =
    wished === null
      ? await choosePort({ preferred: DEFAULT_API_PORT, ...lastOf('api') })
      : await choosePort({ required: wished.port, option: wished.option });
  const simulator = await choosePort(lastOf('simulator'));
  await writeJsonFile(context.layout.children, { ...last, api, simulator });
  return { api, simulator };
}

/** How long the children took to come up last time, with a margin; real ms. */
export async function readBootMs(context: ServerContext): Promise<number> {
  const last = (await readJsonFile(context.layout.children))?.['bootMs'];
  return typeof last === 'number' ? Math.min(Math.max(last * BOOT_MARGIN, 0), MAX_BOOT_MS) : DEFAULT_BOOT_MS;
}

export async function writeBootMs(context: ServerContext, bootMs: number): Promise<void> {
  const last = (await readJsonFile(context.layout.children)) ?? {};
  await writeJsonFile(context.layout.children, { ...last, bootMs });
}

export async function startSimulatorProcess(
  context: ServerContext,
  options: SimulatorOptions & { readonly port: number },
): Promise<SupervisedChild> {
  // In a file and not among the arguments, which every user of the machine can list.
  const optionsFile = join(context.layout.dir, 'simulator', 'options.json');
  await mkdir(dirname(optionsFile), { recursive: true });
  await writeJsonFile(optionsFile, options);
  return context.fleet.start('simulator', () =>
    superviseChild(
      childOptions(
        context,
        {
          name: 'simulator',
          entry: 'carriers/simulator/main.ts',
          args: ['--options-file', optionsFile],
          env: { ...context.env, TZ: 'UTC' },
          port: options.port,
        },
        readyLine,
      ),
    ),
  );
}

export async function startApiProcess(
  context: ServerContext,
  settings: EngineSettings,
  port: number,
): Promise<SupervisedChild> {
  const env = { ...engineEnvironment(context, settings), RIGHTCALL_PORT: String(port) };
  return context.fleet.start('api', () =>
    superviseChild(
      childOptions(context, { name: 'api', entry: 'cli/main.ts', args: ['api'], env, port }, readyLine),
    ),
  );
}

export async function startWorkerProcess(
  context: ServerContext,
  settings: EngineSettings,
): Promise<SupervisedChild> {
  const env = engineEnvironment(context, settings);
  return context.fleet.start('worker', () =>
    superviseChild(
      childOptions(context, { name: 'worker', entry: 'cli/main.ts', args: ['worker'], env }, readyLine),
    ),
  );
}
