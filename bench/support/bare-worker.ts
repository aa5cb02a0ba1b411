import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';

/**
 * The worker of the bare workflow, in a process of its own like the engine's and with the same limits
 * (cli/worker/workers.ts): bare-worker.ts <address> <namespace>. Ends on SIGTERM.
 */
export const BARE_TASK_QUEUE = 'bench-bare';

async function main(address: string, namespace: string): Promise<void> {
  const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: BARE_TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL('./bare-workflow.ts', import.meta.url)),
    activities: { nothing: async () => undefined },
    maxCachedWorkflows: 600,
    maxConcurrentWorkflowTaskExecutions: 20,
    maxConcurrentActivityTaskExecutions: 40,
  });
  const running = worker.run();
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  await running;
  await connection.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(process.argv[2]!, process.argv[3]!);
}
