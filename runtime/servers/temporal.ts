import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import { superviseChild } from './child.ts';
import { folderError, readJsonFile, writeJsonFile } from './directory.ts';
import { endLeftover } from './leftover.ts';
import type { EndSignals } from './leftover.ts';
import { LOOPBACK, choosePort } from './ports.ts';
import type { Progress, RunningServer, ServerEvent } from './server.ts';
import { checkTemporal, namespaceAnswers } from './temporal-connection.ts';
import type { SearchAttributes } from './temporal-connection.ts';

const NAME = 'Temporal';
const READY_TIMEOUT_MS = 60_000;
const PORT_TRIES = 3;
/** The dev server stops at once on SIGINT; its file database is safe on any end. */
const SIGNALS: EndSignals = { stop: 'SIGINT', hard: 'SIGKILL', stopTimeoutMs: 10_000 };

/** Fairness between campaigns and priorities within the dial queue are off by default on one's own server. */
const DYNAMIC_CONFIG: Readonly<Record<string, unknown>> = {
  'matching.useNewMatcher': true,
  'matching.enableFairness': true,
};

export interface StartTemporalOptions {
  /** The instance's data folder; Temporal keeps to its subfolder `temporal`. */
  readonly dataDir: string;
  /** The `temporal` command, from `resolveTemporalServer`. */
  readonly executable: string;
  /** These ports or none; without them, last time's when free, else any. */
  readonly port?: number;
  readonly uiPort?: number;
  /** Where `port` and `uiPort` came from, for errors. */
  readonly portOption?: string;
  readonly uiPortOption?: string;
  readonly namespace: string;
  /** Registered at start, such as `{ CampaignId: 'Keyword' }`. */
  readonly searchAttributes?: SearchAttributes;
  /** Keeps everything in memory; for tests. @default false */
  readonly ephemeral?: boolean;
  /** Lets tests skip time for single executions (`timeSkippingConfig`). @default false */
  readonly timeSkipping?: boolean;
  /** Further dynamic configuration; values are JSON. */
  readonly dynamicConfig?: Readonly<Record<string, unknown>>;
  readonly onProgress?: Progress;
  readonly onEvent?: (event: ServerEvent) => void;
}

export interface RunningTemporal extends RunningServer {
  /** gRPC address. @example '127.0.0.1:7233' */
  readonly address: string;
  readonly namespace: string;
  /** The web UI, or null when the server is somebody else's. */
  readonly uiUrl: string | null;
  /** For `Connection.connect` and `NativeConnection.connect`; holds keys when the environment gave some. */
  readonly connectionOptions: ClientConnectConfig['connectionOptions'];
}

async function knowsFlag(executable: string, flag: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(executable, ['server', 'start-dev', '--help'], {
    timeout: 20_000,
  });
  return stdout.includes(flag);
}

function argumentsOf(options: StartTemporalOptions, folder: string, port: number, uiPort: number): string[] {
  const dynamic = {
    ...DYNAMIC_CONFIG,
    ...(options.timeSkipping === true ? { 'frontend.WorkflowTimeSkippingEnabled': true } : {}),
    ...options.dynamicConfig,
  };
  const file = ['--db-filename', join(folder, 'temporal.db')];
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port), '--ui-port', String(uiPort)],
    ...['--namespace', options.namespace, '--log-level', 'warn', '--log-format', 'json'],
    ...(options.ephemeral === true ? [] : [...file, ...pragmas]),
    ...Object.entries(options.searchAttributes ?? {}).flatMap(([key, type]) => [
      '--search-attribute',
      `${key}=${type}`,
    ]),
    ...Object.entries(dynamic).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}

/**
 * Starts a Temporal dev server on 127.0.0.1 and keeps it running on the same ports and file; after a
 * crash, running workflows go on (workers reconnect by themselves).
 * @throws RightcallError `conflict` (port taken), `unavailable` with the end of its log
 */
export async function startTemporal(options: StartTemporalOptions): Promise<RunningTemporal> {
  const folder = join(resolve(options.dataDir), 'temporal');
  const stateFile = join(folder, 'state.json');
  const pidFile = join(folder, 'temporal.pid.json');
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw folderError(folder, error);
  });
  options.onProgress?.('Starting Temporal');
  // Before the choice of ports: what is left of an earlier run may hold ours.
  await endLeftover(pidFile, SIGNALS);
  const quiet = (await knowsFlag(options.executable, '--ui-disable-news-fetch'))
    ? ['--ui-disable-news-fetch']
    : [];
  const last = await readJsonFile(stateFile);
  for (let n = 1; ; n++) {
    const portOf = async (required: number | undefined, option: string | undefined, remembered: unknown) =>
      choosePort({
        ...(required === undefined ? {} : { required }),
        ...(option === undefined ? {} : { option }),
        ...(typeof remembered === 'number' && n === 1 ? { preferred: remembered } : {}),
      });
    const port = await portOf(options.port, options.portOption, last?.['port']);
    const uiPort = await portOf(options.uiPort, options.uiPortOption, last?.['uiPort']);
    const address = `${LOOPBACK}:${port}`;
    try {
      const child = await superviseChild({
        name: NAME,
        command: options.executable,
        args: [...argumentsOf(options, folder, port, uiPort), ...quiet],
        cwd: folder,
        pidFile,
        logFile: join(folder, 'temporal.log'),
        port,
        restart: 'always',
        ready: {
          kind: 'probe',
          timeoutMs: READY_TIMEOUT_MS,
          probe: () => namespaceAnswers({ address }, options.namespace),
        },
        signals: SIGNALS,
        ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
      });
      await writeJsonFile(stateFile, { port, uiPort });
      return {
        ...child,
        address,
        namespace: options.namespace,
        uiUrl: `http://${LOOPBACK}:${uiPort}`,
        connectionOptions: { address },
      };
    } catch (error) {
      const race = /address already in use/i.test(messageOf(error)) && options.port === undefined;
      if (!race || n >= PORT_TRIES) throw error;
    }
  }
}

/**
 * A Temporal server that somebody else runs, from TEMPORAL_ADDRESS and its sisters (TEMPORAL_NAMESPACE,
 * TEMPORAL_TLS_*, TEMPORAL_API_KEY, TEMPORAL_PROFILE …): checked, never stopped. Search attributes that it
 * lacks are registered when it allows that.
 * @param env the environment to read, given by the entry point
 * @throws RightcallError `unavailable` naming the variable at fault
 */
export async function connectTemporal(options: {
  readonly env: NodeJS.ProcessEnv;
  /** Used when the environment names none. */
  readonly namespace: string;
  readonly searchAttributes?: SearchAttributes;
}): Promise<RunningTemporal> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const overrideEnvVars = Object.fromEntries(
    Object.entries(options.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  let config: ClientConnectConfig;
  try {
    config = loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    throw new RightcallError(
      'unavailable',
      `the Temporal settings in the environment cannot be read: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  const namespace = options.env['TEMPORAL_NAMESPACE'] ?? config.namespace ?? options.namespace;
  await checkTemporal(config.connectionOptions, namespace, options.searchAttributes ?? {});
  return {
    name: NAME,
    address: config.connectionOptions.address ?? 'localhost:7233',
    namespace,
    uiUrl: null,
    connectionOptions: config.connectionOptions,
    port: null,
    pid: () => null,
    stop: async () => undefined,
    onExit: () => undefined,
  };
}
