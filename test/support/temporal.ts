import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';
// The key that the set-up provides is declared there.
import type {} from './temporal-setup.ts';

export interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  /** For workers. */
  readonly nativeConnection: NativeConnection;
  /** A task queue that no other test has. */
  readonly taskQueue: string;
  close(): Promise<void>;
}

/**
 * Connections to the run's Temporal server, with a task queue of their own: tests share the server and
 * the namespace, never a queue. For the project `workflow`. The server lets single executions skip time
 * when `inject('temporal').timeSkipping` says so.
 */
export async function connectTestTemporal(): Promise<TestTemporal> {
  const { address, namespace } = inject('temporal');
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  return {
    address,
    namespace,
    client: new Client({ connection, namespace }),
    nativeConnection,
    taskQueue: `test-${randomUUID()}`,
    close: async () => {
      await connection.close();
      await nativeConnection.close();
    },
  };
}
