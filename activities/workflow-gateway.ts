import type { PlaceCallResult } from '../domain/carrier.ts';

/** An endpoint of a tenant. */
export interface EndpointKey {
  readonly tenantId: string;
  readonly endpointId: string;
}

/** A campaign of a tenant. */
export interface CampaignKey {
  readonly tenantId: string;
  readonly campaignId: string;
}

/** The same, with its part of the tenant's turns: so that a tenant's part does not grow with its campaigns. */
export interface CampaignShare extends CampaignKey {
  /** Above 0 and at most 1; absent: 1. */
  readonly share?: number;
}

/**
 * What the engine tells Temporal; every call may be repeated. Apart from the loops that use it, so that these can be
 * read, and tried, without a server.
 */
export interface WorkflowGateway {
  /** Start the contact's workflow for this admission, or tell the running one. */
  admit(
    campaign: CampaignShare,
    contact: { readonly contactId: string; readonly admission: number; readonly workflowOpen: boolean },
  ): Promise<void>;
  /** The contact became final without its workflow. Done too when there is none. */
  close(
    campaign: CampaignKey,
    contactId: string,
    final: { state: string; reason: string | null },
  ): Promise<void>;
  /** Complete the placeCall of an admission. Done too when nothing waits for it any more. */
  reportCall(
    campaign: CampaignKey,
    contactId: string,
    admission: number,
    result: PlaceCallResult,
  ): Promise<void>;
  /** See to it that the campaign's workflow runs; a running one notices nothing, and its history does not grow. */
  ensureCampaign(campaign: CampaignKey): Promise<void>;
  /** Start the campaign's workflow, or tell the running one that its row changed. */
  campaignChanged(campaign: CampaignKey): Promise<void>;
  /** Start the workflow that delivers to an endpoint, or wake the running one. */
  deliver(endpoint: EndpointKey): Promise<void>;
}
