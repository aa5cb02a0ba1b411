import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { createActivities } from '../../activities/index.ts';
import { TASK_QUEUES } from '../../workflows/messages.ts';

/** Gate passes at once: each holds a connection for a few milliseconds, then waits for its send slot without one. */
const DIALS_AT_ONCE = 40;

/** Endpoints that are delivered to at once; each gives its place to another within a minute. */
const ENDPOINTS_AT_ONCE = 40;

/** The workers of one process, one for each task queue. */
export async function createWorkers(options: {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly bundlePath: string;
  readonly activities: ReturnType<typeof createActivities>;
}): Promise<Worker[]> {
  const { placeCall, pace, deliver, ...lifecycle } = options.activities;
  const common = {
    connection: options.connection,
    namespace: options.namespace,
    shutdownGraceTime: '5s',
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
      maxConcurrentActivityTaskExecutions: 100,
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
