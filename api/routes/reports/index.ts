import type { Operation } from '../../operation.ts';
import { reportAttempts } from './attempts.ts';
import { reportCampaigns } from './campaigns.ts';
import { reportKpis } from './kpis.ts';
import { listCampaignResults } from './results.ts';
import { listSuggestions } from './suggestions.ts';
import { reportStops } from './stops.ts';

export const reportsOperations: readonly Operation[] = [
  reportAttempts,
  reportCampaigns,
  listCampaignResults,
  reportStops,
  reportKpis,
  listSuggestions,
];
