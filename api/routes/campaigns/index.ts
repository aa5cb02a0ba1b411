import type { Operation } from '../../operation.ts';
import { changeCampaign } from './change.ts';
import { cloneCampaign } from './clone.ts';
import { explainCampaignCohort } from './cohort.ts';
import { listCampaignConsentsDue } from './consents-due.ts';
import { createCampaign } from './create.ts';
import { dryRunCampaign } from './dry-run.ts';
import { listCampaigns } from './list.ts';
import { pauseCampaign } from './pause.ts';
import { getCampaignProgress } from './progress.ts';
import { streamCampaignProgress } from './progress-stream.ts';
import { getCampaign } from './read.ts';
import { getCampaignReport } from './report.ts';
import { resumeCampaign } from './resume.ts';
import { forecastCampaignRetries } from './retry-forecast.ts';
import { listCampaignRevisions } from './revisions.ts';
import { getCampaignRules } from './rules.ts';
import { startCampaign } from './start.ts';
import { stopCampaign } from './stop.ts';
import { tryCampaignRule } from './try-rule.ts';
import { explainCampaignWaiting } from './why.ts';

export const campaignsOperations: readonly Operation[] = [
  createCampaign,
  listCampaigns,
  getCampaign,
  changeCampaign,
  cloneCampaign,
  listCampaignRevisions,
  dryRunCampaign,
  forecastCampaignRetries,
  startCampaign,
  pauseCampaign,
  resumeCampaign,
  stopCampaign,
  getCampaignProgress,
  streamCampaignProgress,
  explainCampaignWaiting,
  explainCampaignCohort,
  getCampaignRules,
  tryCampaignRule,
  getCampaignReport,
  listCampaignConsentsDue,
];
