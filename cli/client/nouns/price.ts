import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'list',
    operation: 'listPrices',
    columns: [
      ['VALID FROM', 'validFrom'],
      ['CURRENCY', 'prices.currency'],
      ['ATTEMPT', 'prices.perAttempt'],
      ['TALK MINUTE', 'prices.perTalkMinute'],
      ['AGENT HOUR', 'prices.perAgentHour'],
    ],
    examples: ['price list'],
  },
  {
    verb: 'add',
    operation: 'addPrices',
    examples: ['price add --currency CNY --per-attempt 0.05 --per-talk-minute 0.12 --per-agent-hour 38'],
  },
];
