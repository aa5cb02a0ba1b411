import { proxyActivities } from '@temporalio/workflow';

/** The least that a durable step costs: one workflow, one activity that does nothing. */
const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '30s' });

export async function bareWorkflow(): Promise<void> {
  await nothing();
}
