/** The schema's one door: every table, one file a concept. */
export { tenants } from './tenants.ts';
export { persons, personNumbers, personKeys, vault } from './persons.ts';
export { campaigns, campaignRevisions } from './campaigns.ts';
export { contacts } from './contacts.ts';
export { consentEvents, consentNotices } from './consents.ts';
export { suppressions, suppressionLists } from './suppressions.ts';
export { policyDocuments, policySets, policyActivations } from './policies.ts';
export { decisions, attempts, calls, dispositions } from './attempts.ts';
export { carriers, sendPace, callEvents } from './carriers.ts';
export { imports, importIssues } from './imports.ts';
export { stopRequests, installationStops } from './stops.ts';
export { changes } from './changes.ts';
export { keyCanaries } from './key-canaries.ts';
export { reveals } from './reveals.ts';
export { workflowNotes } from './workflow-notes.ts';
export { endpoints, endpointDrains, outgoingEvents, deliveries } from './events.ts';
export { apiKeys, idempotencyKeys } from './access.ts';
export { scripts, scriptVersions } from './scripts.ts';
export { callbacks } from './callbacks.ts';
export {
  policyDrafts,
  policyChecks,
  policyReviews,
  policyPreviews,
  policyCancellations,
  policyRetimings,
} from './policy-drafts.ts';
export { attestedFacts, callerNumbers } from './attestations.ts';
export { factHistory } from './fact-history.ts';
export { policyPreviewEntries } from './policy-previews.ts';
export { evidenceLogs, evidenceLeaves, evidenceNodes, evidenceCheckpoints } from './evidence-log.ts';
export { dutyChecks } from './duty-checks.ts';
export { restores, restoreCarriers, restoredCalls } from './restores.ts';
export { orphanedCalls } from './orphaned-calls.ts';
export {
  teams,
  agents,
  seats,
  seatSpans,
  agentCalls,
  previews,
  answerCounts,
  answerHours,
  paceMemories,
} from './agents.ts';
export { priceLists } from './prices.ts';
export { campaignRules, quotaCounts } from './campaign-rules.ts';
