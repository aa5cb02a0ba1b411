import { Connection, type ConnectionOptions } from '@temporalio/client';
import { messageOf } from '../../domain/failures.ts';
import type { EngineConfig } from '../../runtime/config.ts';
import { checkTemporal } from '../../runtime/servers/temporal-connection.ts';
import { MIN_TEMPORAL_SERVER, isAtLeast } from '../../runtime/servers/temporal-executable.ts';
import { TASK_QUEUES } from '../../workflows/messages.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../search-attributes.ts';
import { fail, failOf, ok, warn, type Finding } from './finding.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const CALL_TIMEOUT_MS = 5_000;
/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;

/** The server, its namespace, what must be registered there, and who works for us. */
export async function checkTemporalServer(
  config: EngineConfig,
  options: ConnectionOptions,
  fix: boolean,
): Promise<Finding[]> {
  const { address, namespace } = config.temporal;
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS });
  } catch (error) {
    return [
      fail(
        'temporal',
        `no server answers at ${address} (${messageOf(error)})`,
        'start it, or set TEMPORAL_ADDRESS (and TEMPORAL_TLS or TEMPORAL_API_KEY if it asks for them)',
      ),
    ];
  }
  try {
    const findings = [await checkVersion(connection)];
    const found = await checkNamespace(connection, namespace);
    findings.push(found);
    if (found.level === 'fail') return findings;
    findings.push(await checkAttributes(connection, options, namespace, fix));
    findings.push(await checkPollers(connection, namespace));
    if (config.deployment !== null)
      findings.push(await checkDeployment(connection, namespace, config.deployment));
    return findings;
  } finally {
    await connection.close();
  }
}

function call<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, work);
}

async function checkVersion(connection: Connection): Promise<Finding> {
  try {
    const { serverVersion } = await call(connection, () => connection.workflowService.getSystemInfo({}));
    return versionFinding(serverVersion);
  } catch (error) {
    return failOf('temporal', error, 'what answers there is no Temporal server');
  }
}

/** @param version as the server says it; empty where it does not (Temporal Cloud) */
export function versionFinding(version: string | null | undefined): Finding {
  if (version === null || version === undefined || version === '') return ok('temporal', 'answers');
  return isAtLeast(version, MIN_TEMPORAL_SERVER)
    ? ok('temporal', `server ${version}`)
    : fail('temporal', `server ${version} is too old`, `upgrade it to ${MIN_TEMPORAL_SERVER} or newer`);
}

async function checkNamespace(connection: Connection, namespace: string): Promise<Finding> {
  const check = 'temporal.namespace';
  try {
    await call(connection, () => connection.workflowService.describeNamespace({ namespace }));
    return ok(check, namespace);
  } catch (error) {
    return (error as { code?: unknown }).code === NOT_FOUND
      ? fail(
          check,
          `there is no namespace ${namespace}`,
          `temporal operator namespace create -n ${namespace} --retention 30d, or set TEMPORAL_NAMESPACE`,
        )
      : failOf(check, error, 'may this client use it?');
  }
}

async function checkAttributes(
  connection: Connection,
  options: ConnectionOptions,
  namespace: string,
  fix: boolean,
): Promise<Finding> {
  const check = 'temporal.search-attributes';
  const mend = 'run rightcall doctor --fix, or rightcall migrate with TEMPORAL_ADDRESS set';
  try {
    const missing = await missingAttributes(connection, namespace);
    if (missing.length === 0) return ok(check, Object.keys(SEARCH_ATTRIBUTE_TYPES).join(', '));
    if (!fix) return fail(check, `${namespace} lacks ${missing.join(', ')}`, mend);
    await checkTemporal(options, namespace, SEARCH_ATTRIBUTE_TYPES);
    return ok(check, `registered ${missing.join(', ')}`);
  } catch (error) {
    return failOf(check, error, mend);
  }
}

async function missingAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await call(connection, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  return Object.keys(SEARCH_ATTRIBUTE_TYPES).filter((name) => customAttributes?.[name] === undefined);
}

async function checkPollers(connection: Connection, namespace: string): Promise<Finding> {
  const check = 'temporal.workers';
  try {
    const unmanned: string[] = [];
    for (const name of Object.values(TASK_QUEUES)) {
      // 1 is workflow tasks, 2 activities (temporal.api.enums.v1.TaskQueueType).
      const taskQueueType = name === TASK_QUEUES.lifecycle ? 1 : 2;
      const { pollers } = await call(connection, () =>
        connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType }),
      );
      if ((pollers ?? []).length === 0) unmanned.push(name);
    }
    return unmanned.length === 0
      ? ok(check, 'poll every queue')
      : warn(check, `nobody polls ${unmanned.join(', ')}`, 'start rightcall worker');
  } catch (error) {
    return failOf(check, error, 'may this client use the namespace?');
  }
}

async function checkDeployment(
  connection: Connection,
  namespace: string,
  deployment: { readonly name: string; readonly buildId: string },
): Promise<Finding> {
  const check = 'temporal.deployment';
  const { name, buildId } = deployment;
  const mend = `temporal worker deployment set-current-version -n ${namespace} --deployment-name ${name} --build-id ${buildId} (docs/upgrading.md)`;
  try {
    const { workerDeploymentInfo: info } = await call(connection, () =>
      connection.workflowService.describeWorkerDeployment({ namespace, deploymentName: name }),
    );
    const current = info?.routingConfig?.currentDeploymentVersion?.buildId;
    if (current === buildId) return ok(check, `${name}:${buildId} is current`);
    return warn(
      check,
      current === undefined || current === null || current === ''
        ? `no version of ${name} is current, so no worker gets new work`
        : `${name}:${current} is current, not ${buildId}`,
      mend,
    );
  } catch (error) {
    return (error as { code?: unknown }).code === NOT_FOUND
      ? warn(check, `no worker of ${name} has ever polled`, `start one with RIGHTCALL_BUILD_ID, then ${mend}`)
      : failOf(check, error, mend);
  }
}
