/**
 * Identifiers. Free of zod, because workflows build them too. Row ids are UUIDs (version 7 where we make them, so that they sort by creation).
 * Workflow and attempt ids are built here and nowhere else, each builder beside its parser; none of
 * them holds anything about a person (I8).
 */
/** Deterministic attempt id: the n-th attempt (from 1) of a contact. */
export function attemptIdOf(contactId: string, n: number): string {
  return `${contactId}/${n}`;
}

/** The parts of an attempt id, or null when the text is not one. */
export function parseAttemptId(attemptId: string): { contactId: string; n: number } | null {
  const match = /^([0-9a-f-]{36})\/([1-9]\d{0,5})$/.exec(attemptId);
  return match === null ? null : { contactId: match[1]!, n: Number(match[2]) };
}

/** Workflow id of a contact's lifecycle. */
export function contactWorkflowId(campaignId: string, contactId: string): string {
  return `contact/${campaignId}/${contactId}`;
}

export function parseContactWorkflowId(workflowId: string): { campaignId: string; contactId: string } | null {
  const match = /^contact\/([0-9a-f-]{36})\/([0-9a-f-]{36})$/.exec(workflowId);
  return match === null ? null : { campaignId: match[1]!, contactId: match[2]! };
}

/** Workflow id of a campaign. */
export function campaignWorkflowId(campaignId: string): string {
  return `campaign/${campaignId}`;
}

/** Activity id of the call made for the k-th admission (from 1) of a contact to the dialler. */
export function placeCallActivityId(admission: number): string {
  return `place-call-${admission}`;
}
