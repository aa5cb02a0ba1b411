import type { Operation } from '../operation.ts';
import { changeCampaign } from './campaigns/change.ts';
import { createCampaign } from './campaigns/create.ts';
import { listCampaigns } from './campaigns/list.ts';
import { pauseCampaign } from './campaigns/pause.ts';
import { getCampaignProgress } from './campaigns/progress.ts';
import { getCampaign } from './campaigns/read.ts';
import { getCampaignReport } from './campaigns/report.ts';
import { resumeCampaign } from './campaigns/resume.ts';
import { listCampaignRevisions } from './campaigns/revisions.ts';
import { startCampaign } from './campaigns/start.ts';
import { stopCampaign } from './campaigns/stop.ts';
import { listCarriers } from './carriers/list.ts';
import { putCarrier } from './carriers/put.ts';
import { listContacts } from './contacts/list.ts';
import { getContact } from './contacts/read.ts';
import { searchContact } from './contacts/search.ts';
import { getTimeline } from './contacts/timeline.ts';
import { getLiveness } from './health/live.ts';
import { getReadiness } from './health/ready.ts';
import { importContacts } from './imports/contacts.ts';
import { importDoNotCall } from './imports/do-not-call.ts';
import { listImportIssues } from './imports/issues.ts';
import { listImports } from './imports/list.ts';
import { getImport } from './imports/read.ts';
import { grantConsent } from './persons/grant.ts';
import { getPerson } from './persons/read.ts';
import { searchPerson } from './persons/search.ts';
import { withdrawConsent } from './persons/withdraw.ts';
import { getActivePolicies } from './policies/active.ts';
import { addSuppression } from './suppressions/add.ts';
import { endSuppression } from './suppressions/end.ts';
import { listSuppressions } from './suppressions/list.ts';
import { searchSuppressions } from './suppressions/search.ts';
import { receiveCarrierEvents } from './webhooks/receive.ts';

/** Every operation of the API, in the order in which it is described. A new one is a file and a line here. */
export const OPERATIONS: readonly Operation[] = [
  createCampaign,
  listCampaigns,
  getCampaign,
  changeCampaign,
  listCampaignRevisions,
  startCampaign,
  pauseCampaign,
  resumeCampaign,
  stopCampaign,
  getCampaignProgress,
  getCampaignReport,
  importContacts,
  importDoNotCall,
  listImports,
  getImport,
  listImportIssues,
  listContacts,
  searchContact,
  getContact,
  getTimeline,
  searchPerson,
  getPerson,
  grantConsent,
  withdrawConsent,
  addSuppression,
  listSuppressions,
  searchSuppressions,
  endSuppression,
  putCarrier,
  listCarriers,
  receiveCarrierEvents,
  getActivePolicies,
  getReadiness,
  getLiveness,
];
