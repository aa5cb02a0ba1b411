/**
 * Identifiers. Row ids are UUIDs (version 7 where we make them, so that they sort by creation). Workflow and attempt
 * ids are built here and nowhere else; none of them holds anything about a person (I8).
 */

/** Deterministic attempt id: the n-th attempt (from 1) of a contact. */
export function attemptIdOf(contactId: string, n: number): string {
  return `${contactId}/${n}`;
}

const ATTEMPT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\/[1-9]\d{0,8}$/;

/** Whether a text has the form of our attempt ids. */
export function isAttemptId(text: string): boolean {
  return ATTEMPT_ID.test(text);
}

/** Workflow id of a contact's lifecycle. */
export function contactWorkflowId(campaignId: string, contactId: string): string {
  return `contact/${campaignId}/${contactId}`;
}

/** Workflow id of a campaign. */
export function campaignWorkflowId(campaignId: string): string {
  return `campaign/${campaignId}`;
}

/** What a workflow id built above is about; null: it is none of a contact or a campaign. */
export function subjectOfWorkflow(
  workflowId: string,
): { readonly campaignId: string; readonly contactId: string | null } | null {
  const [kind, campaignId, contactId, ...rest] = workflowId.split('/');
  if (campaignId === undefined || campaignId === '' || rest.length > 0) return null;
  if (kind === 'campaign' && contactId === undefined) return { campaignId, contactId: null };
  return kind === 'contact' && contactId !== undefined ? { campaignId, contactId } : null;
}

/** Workflow id of the deliveries to an endpoint. */
export function deliverWorkflowId(endpointId: string): string {
  return `deliver/${endpointId}`;
}

/** Activity id of the call made for the k-th admission (from 1) of a contact to the dialler. */
export function placeCallActivityId(admission: number): string {
  return `place-call-${admission}`;
}
