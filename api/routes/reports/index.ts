import type { Operation } from '../../operation.ts';
import { reportAttempts } from './attempts.ts';
import { reportCampaigns } from './campaigns.ts';
import { listCampaignResults } from './results.ts';
import { reportStops } from './stops.ts';

export const reportsOperations: readonly Operation[] = [
  reportAttempts,
  reportCampaigns,
  listCampaignResults,
  reportStops,
];
