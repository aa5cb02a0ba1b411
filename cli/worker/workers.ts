import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { createActivities } from '../../activities/index.ts';
import { DIALS_AT_ONCE, ENDPOINTS_AT_ONCE, PACERS_AT_ONCE } from '../../activities/places.ts';
import { TASK_QUEUES } from '../../workflows/messages.ts';

/** Real ms that a worker gets to let go of what it cancelled when its grace was over. */
const LETTING_GO_MS = 3_000;
const DEFAULT_SHUTDOWN_MS = 8_000;

/** The workers of one process, one for each task queue. */
export async function createWorkers(options: {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly bundlePath: string;
  readonly activities: ReturnType<typeof createActivities>;
  /** The version that they are of its deployment; null: not versioned (docs/upgrading.md). */
  readonly deployment?: { readonly name: string; readonly buildId: string } | null;
  /** Real ms within which `shutdown` is over. */
  readonly shutdownMs?: number;
}): Promise<Worker[]> {
  const { placeCall, pace, deliver, ...lifecycle } = options.activities;
  const shutdownMs = options.shutdownMs ?? DEFAULT_SHUTDOWN_MS;
  const common = {
    connection: options.connection,
    namespace: options.namespace,
    shutdownGraceTime: Math.max(500, shutdownMs - LETTING_GO_MS),
    shutdownForceTime: shutdownMs,
    ...versionOf(options.deployment ?? null),
  } satisfies Partial<WorkerOptions>;
  return Promise.all([
    Worker.create({
      ...common,
      taskQueue: TASK_QUEUES.lifecycle,
      workflowBundle: { codePath: options.bundlePath },
      activities: lifecycle,
      // A cached workflow costs about 1 MB; one that was let go is replayed when it is needed again.
      maxCachedWorkflows: 600,
      maxConcurrentWorkflowTaskExecutions: 20,
    }),
    Worker.create({
      ...common,
      taskQueue: TASK_QUEUES.dial,
      activities: { placeCall },
      maxConcurrentActivityTaskExecutions: DIALS_AT_ONCE,
    }),
    Worker.create({
      ...common,
      taskQueue: TASK_QUEUES.pace,
      activities: { pace },
      // A pacer holds nothing that another could not take up: it is let go of at once, so that it claims no more.
      shutdownGraceTime: 0,
      maxConcurrentActivityTaskExecutions: PACERS_AT_ONCE,
      maxHeartbeatThrottleInterval: '2s',
    }),
    Worker.create({
      ...common,
      taskQueue: TASK_QUEUES.deliver,
      activities: { deliver },
      maxConcurrentActivityTaskExecutions: ENDPOINTS_AT_ONCE,
      maxHeartbeatThrottleInterval: '2s',
    }),
  ]);
}

/** Workflows move to the current version with their next step (docs/adr/0012-versions-by-deployment.md says why). */
function versionOf(
  deployment: { readonly name: string; readonly buildId: string } | null,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (deployment === null) return {};
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName: deployment.name, buildId: deployment.buildId },
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
