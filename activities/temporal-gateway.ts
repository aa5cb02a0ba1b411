import {
  ActivityNotFoundError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowSignalWithStartOptions,
} from '@temporalio/client';
import { TypedSearchAttributes, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  campaignWorkflowId,
  contactWorkflowId,
  deliverWorkflowId,
  placeCallActivityId,
} from '../domain/ids.ts';
import { campaignKey, stateKey, tenantKey } from '../workflows/attributes.ts';
import {
  admittedSignal,
  campaignChangedSignal,
  closedSignal,
  TASK_QUEUES,
  wokenSignal,
  type CampaignWorkflowInput,
  type ContactWorkflowInput,
  type DeliverWorkflowInput,
} from '../workflows/messages.ts';
import type { CampaignKey, WorkflowGateway } from './workflow-gateway.ts';

export interface TemporalGatewayOptions {
  /** See ContactWorkflowInput. */
  readonly attachTimeoutMs: number;
}

/** The least weight that Temporal tells apart. */
const SHARE_MIN = 0.001;

/**
 * The gateway on a Temporal client. Starts use the deterministic ids of domain/ids.ts and accept a running workflow
 * of the same id, so that each may be repeated.
 */
export function createTemporalGateway(client: Client, options: TemporalGatewayOptions): WorkflowGateway {
  const attributes = (campaign: CampaignKey, state: string) =>
    new TypedSearchAttributes([
      { key: tenantKey, value: campaign.tenantId },
      { key: campaignKey, value: campaign.campaignId },
      { key: stateKey, value: state },
    ]);

  const startOf = (campaign: CampaignKey) => ({
    taskQueue: TASK_QUEUES.lifecycle,
    workflowId: campaignWorkflowId(campaign.campaignId),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    typedSearchAttributes: attributes(campaign, 'running'),
    // Where pacers wait for a place, tenants take turns at it.
    priority: { fairnessKey: campaign.tenantId },
    args: [{ ...campaign }] as [CampaignWorkflowInput],
  });

  return {
    admit: async ({ share = 1, ...campaign }, contact) => {
      const input: ContactWorkflowInput = {
        ...campaign,
        ...pick(contact),
        attachTimeoutMs: options.attachTimeoutMs,
      };
      const start = {
        taskQueue: TASK_QUEUES.lifecycle,
        workflowId: contactWorkflowId(campaign.campaignId, contact.contactId),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        typedSearchAttributes: attributes(campaign, 'admitted'),
        // Tenants share the dial queue fairly, and each tenant's campaigns its part, whatever their size.
        priority: { fairnessKey: campaign.campaignId, fairnessWeight: Math.max(SHARE_MIN, share) },
        args: [input] as [ContactWorkflowInput],
      };
      if (!contact.workflowOpen) {
        await client.workflow.start('contactWorkflow', start);
        return;
      }
      const signal: WorkflowSignalWithStartOptions<[{ admission: number }]> = {
        ...start,
        signal: admittedSignal,
        signalArgs: [{ admission: contact.admission }],
      };
      await client.workflow.signalWithStart('contactWorkflow', signal);
    },
    close: async (campaign, contactId, final) => {
      try {
        await client.workflow
          .getHandle(contactWorkflowId(campaign.campaignId, contactId))
          .signal(closedSignal, { state: final.state, reason: final.reason });
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    reportCall: async (campaign, contactId, admission, result) => {
      try {
        await client.activity.complete(
          {
            workflowId: contactWorkflowId(campaign.campaignId, contactId),
            activityId: placeCallActivityId(admission),
          },
          result,
        );
      } catch (error) {
        // Nobody waits: told before, or the workflow is over, or the activity is about to be run again and will find
        // the result itself.
        if (!(error instanceof ActivityNotFoundError || error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    ensureCampaign: async (campaign) => {
      await client.workflow.start('campaignWorkflow', startOf(campaign));
    },
    campaignChanged: async (campaign) => {
      await client.workflow.signalWithStart('campaignWorkflow', {
        ...startOf(campaign),
        signal: campaignChangedSignal,
        signalArgs: [],
      });
    },
    deliver: async (endpoint) => {
      await client.workflow.signalWithStart('deliverWorkflow', {
        taskQueue: TASK_QUEUES.lifecycle,
        workflowId: deliverWorkflowId(endpoint.endpointId),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        typedSearchAttributes: new TypedSearchAttributes([{ key: tenantKey, value: endpoint.tenantId }]),
        args: [{ ...endpoint }] as [DeliverWorkflowInput],
        signal: wokenSignal,
        signalArgs: [],
      });
    },
  };
}

function pick(contact: { contactId: string; admission: number }): { contactId: string; admission: number } {
  return { contactId: contact.contactId, admission: contact.admission };
}
