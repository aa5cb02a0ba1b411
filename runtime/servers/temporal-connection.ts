import type { ConnectionOptions } from '@temporalio/client';
import { RightcallError, messageOf } from '../../domain/failures.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 5_000;
const PROBE_TIMEOUT_MS = 1_000;

/** Types as `temporal operator search-attribute create` names them; values as the gRPC API numbers them. */
const ATTRIBUTE_TYPES = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
} as const;
export type SearchAttributes = Readonly<Record<string, keyof typeof ATTRIBUTE_TYPES>>;

/** Whether the server answers for the namespace now. Never throws. */
export async function namespaceAnswers(options: ConnectionOptions, namespace: string): Promise<boolean> {
  // Loaded when first needed: a command that starts no server should not pay for it.
  const { Connection } = await import('@temporalio/client');
  // Without the SDK's own retries: the caller tries again soon anyway.
  const connection = Connection.lazy({ ...options, interceptors: [], connectTimeout: PROBE_TIMEOUT_MS });
  try {
    await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection.close().catch(() => undefined);
  }
}

function unusable(field: string, fault: string, expected: string, cause: unknown): RightcallError {
  return new RightcallError('unavailable', `${field}: ${fault}; expected ${expected}`, {
    faults: [{ field, fault, expected }],
    cause,
  });
}

/**
 * Checks that the server answers, has the namespace and the search attributes; registers missing ones.
 * @throws RightcallError `unavailable` naming what is at fault and the command that repairs it
 */
export async function checkTemporal(
  options: ConnectionOptions,
  namespace: string,
  searchAttributes: SearchAttributes,
): Promise<void> {
  const { Connection, isGrpcServiceError } = await import('@temporalio/client');
  const address = options.address ?? 'localhost:7233';
  const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS }).catch(
    (error: unknown) => {
      throw unusable(
        'TEMPORAL_ADDRESS',
        `no Temporal server answers at ${address} (${messageOf(error)})`,
        'the host:port of a running server, with TEMPORAL_TLS or TEMPORAL_API_KEY if it asks for them',
        error,
      );
    },
  );
  const call = <T>(work: () => Promise<T>) => connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, work);
  try {
    await call(() => connection.workflowService.describeNamespace({ namespace })).catch((error: unknown) => {
      // 5 is NOT_FOUND in gRPC.
      const missing = isGrpcServiceError(error) && Number(error.code) === 5;
      throw unusable(
        'TEMPORAL_NAMESPACE',
        missing
          ? `${address} has no namespace ${namespace}`
          : `${address} refuses namespace ${namespace} (${messageOf(error)})`,
        `a namespace that exists ("temporal operator namespace create -n ${namespace}") and that you may use`,
        error,
      );
    });
    if (Object.keys(searchAttributes).length === 0) return;
    try {
      const { customAttributes } = await call(() =>
        connection.operatorService.listSearchAttributes({ namespace }),
      );
      const missing = Object.entries(searchAttributes).filter(
        ([key]) => customAttributes?.[key] === undefined,
      );
      if (missing.length === 0) return;
      await call(() =>
        connection.operatorService.addSearchAttributes({
          namespace,
          searchAttributes: Object.fromEntries(missing.map(([key, type]) => [key, ATTRIBUTE_TYPES[type]])),
        }),
      );
    } catch (error) {
      const commands = Object.entries(searchAttributes)
        .map(
          ([key, type]) =>
            `temporal operator search-attribute create -n ${namespace} --name ${key} --type ${type}`,
        )
        .join('; ');
      throw unusable(
        'TEMPORAL_NAMESPACE',
        `the search attributes of ${namespace} could not be read or registered (${messageOf(error)})`,
        `that someone with the right to do so runs: ${commands}`,
        error,
      );
    }
  } finally {
    await connection.close().catch(() => undefined);
  }
}
