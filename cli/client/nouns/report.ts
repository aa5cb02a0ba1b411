import type { NounModule } from '../noun.ts';
import { reportText } from '../render/report.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'campaign',
    operation: 'getCampaignReport',
    about: 'figures (KPI) of one campaign',
    isDefault: true,
    text: reportText,
    examples: ['report "March" --zone Asia/Shanghai'],
  },
];
