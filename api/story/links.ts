import { campaignWorkflowId, contactWorkflowId } from '../../domain/ids.ts';

/** Where people look at workflows: RIGHTCALL_TEMPORAL_UI_URL, without a slash at its end. */
export interface TemporalUi {
  readonly url: string;
  readonly namespace: string;
}

/** Ids of the workflows a contact belongs to, with their pages in Temporal's UI where that is known. */
export interface WorkflowLinks {
  readonly contactWorkflowId: string;
  readonly campaignWorkflowId: string;
  /** Null where no UI is configured. */
  readonly contactUrl: string | null;
  readonly campaignUrl: string | null;
}

/** Temporal's UI shows the latest run of a workflow named without one. */
function pageOf(ui: TemporalUi | null, workflowId: string): string | null {
  if (ui === null) return null;
  return `${ui.url}/namespaces/${encodeURIComponent(ui.namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}

export function workflowLinks(ui: TemporalUi | null, campaignId: string, contactId: string): WorkflowLinks {
  const contactWorkflow = contactWorkflowId(campaignId, contactId);
  const campaignWorkflow = campaignWorkflowId(campaignId);
  return {
    contactWorkflowId: contactWorkflow,
    campaignWorkflowId: campaignWorkflow,
    contactUrl: pageOf(ui, contactWorkflow),
    campaignUrl: pageOf(ui, campaignWorkflow),
  };
}
