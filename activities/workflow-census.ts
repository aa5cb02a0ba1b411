import type { CampaignKey } from './workflow-gateway.ts';

/** One run of a workflow. */
export interface WorkflowRun {
  readonly workflowId: string;
  readonly runId: string;
}

export interface WorkflowPage {
  readonly runs: readonly WorkflowRun[];
  /** To go on with; null: that was all. */
  readonly next: Uint8Array | null;
}

/**
 * What Temporal has, to compare with what the database has. Apart from the gateway, which only tells: this asks, and is
 * the one place that ends a workflow by force.
 */
export interface WorkflowCensus {
  /** A tenant's running workflows, page by page; seconds old. Each is one request to the visibility store. */
  running(tenantId: string, from: Uint8Array | null): Promise<WorkflowPage>;
  /** Whether a contact's workflow runs now. */
  isRunning(campaign: CampaignKey, contactId: string): Promise<boolean>;
  /** End a run. Done too when it is over. @param reason shown in Temporal: codes and words only (I8) */
  end(run: WorkflowRun, reason: string): Promise<void>;
}
