import type { NounModule } from '../noun.ts';
import { attemptReportText, reportText } from '../render/report.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'campaign',
    operation: 'getCampaignReport',
    about: 'figures (KPI) of one campaign',
    isDefault: true,
    text: reportText,
    examples: ['report "March" --zone Asia/Shanghai'],
  },
  {
    verb: 'attempts',
    operation: 'reportAttempts',
    about: 'attempts by hour, day, outcome, reason, disposition or carrier',
    names: { groupBy: 'by' },
    text: attemptReportText,
    examples: [
      'report attempts --campaign "March" --by hour --zone Asia/Shanghai',
      'report attempts --by reason --from 2026-03-01T00:00:00+08:00 --csv --output reasons.csv',
    ],
  },
  {
    verb: 'campaigns',
    operation: 'reportCampaigns',
    about: 'figures (KPI) of several campaigns side by side',
    columns: [
      ['NAME', 'name'],
      ['STATUS', 'status'],
      ['IMPORTED', 'imported'],
      ['ATTEMPTS', 'attempts'],
      ['ANSWER RATE', 'answerRate'],
      ['REACHED', 'reached'],
      ['CONVERTED', 'converted'],
      ['CONVERSION', 'conversionRateOfReached'],
    ],
    examples: ['report campaigns --status running', 'report campaigns --csv'],
  },
  {
    verb: 'stops',
    operation: 'reportStops',
    about: 'stops by kind and scope: how many, how soon acknowledged, what they took back',
    examples: [
      'report stops --from 2026-03-01T00:00:00+08:00 --to 2026-04-01T00:00:00+08:00',
      'report stops --from 2026-03-01T00:00:00+08:00 --to 2026-04-01T00:00:00+08:00 --csv --output stops.csv',
    ],
  },
  {
    verb: 'kpis',
    operation: 'reportKpis',
    about:
      'figures (KPI) of a period, by campaign, team, agent, hour, day, mode, script version, segment or list',
    names: { groupBy: 'by' },
    examples: [
      'report kpis --by agent --from 2026-03-01T00:00:00+08:00 --to 2026-04-01T00:00:00+08:00 --csv --output agents.csv',
    ],
  },
  {
    verb: 'suggestions',
    operation: 'listSuggestions',
    about: 'what the figures of a period suggest, with the evidence',
    examples: ['report suggestions --from 2026-03-01T00:00:00+08:00 --to 2026-04-01T00:00:00+08:00'],
  },
];
