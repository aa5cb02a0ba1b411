import { defineQuery, defineSignal } from '@temporalio/workflow';

/**
 * What workflows are started with and told. Ids, codes and instants only: nothing about a person is ever in Temporal
 * (I8). Signals and not updates: whoever tells does not wait, and telling twice must be harmless.
 */

export const TASK_QUEUES = {
  /** Workflows and their short activities. */
  lifecycle: 'rightcall-lifecycle',
  /** placeCall alone, ordered by priority and fair between campaigns. */
  dial: 'rightcall-dial',
  /** The pacers: long-running, one for each active campaign. */
  pace: 'rightcall-pace',
  /** Outgoing events, apart: a receiver that is slow must not keep calls waiting. */
  deliver: 'rightcall-deliver',
} as const;

export interface ContactWorkflowInput {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly contactId: string;
  /** The admission it is started for; later ones come by signal. */
  readonly admission: number;
  /**
   * Real ms after which an unfinished placeCall is run again, to take up its attempt: how long a call can go
   * unwatched after its worker died before it had written anything.
   */
  readonly attachTimeoutMs: number;
}

export interface CampaignWorkflowInput {
  readonly tenantId: string;
  readonly campaignId: string;
}

export interface DeliverWorkflowInput {
  readonly tenantId: string;
  readonly endpointId: string;
}

/** The endpoint has something to deliver now. */
export const wokenSignal = defineSignal('woken');

/** The hopper let the contact go again. A repeated or late one is told by its number. */
export const admittedSignal = defineSignal<[{ admission: number }]>('admitted');

/** The contact became final by something that is not its workflow: a withdrawal, a stop. */
export const closedSignal = defineSignal<[{ state: string; reason: string | null }]>('closed');

/** The campaign's row changed (started, paused, resumed, stopped, edited): look at it. */
export const campaignChangedSignal = defineSignal('campaignChanged');

/** Where a contact stands, in words. */
export const contactDetailsQuery = defineQuery<string>('details');

/** Search attributes that the engine registers and sets; no personal data, ids and codes only. */
export const SEARCH_ATTRIBUTES = {
  tenant: 'RightcallTenant',
  campaign: 'RightcallCampaign',
  state: 'RightcallState',
} as const;
