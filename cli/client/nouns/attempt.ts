import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'list',
    operation: 'listAttempts',
    about: 'attempts (呼叫尝试), latest first',
    columns: [
      ['ATTEMPT', 'id'],
      ['CLAIMED', 'claimedAt'],
      ['STATE', 'state'],
      ['OUTCOME', 'outcome'],
      ['DISPOSITION', 'disposition'],
      ['CARRIER', 'carrier'],
    ],
    examples: ['attempt list --campaign "March" --outcome busy', 'attempt list --state unknown'],
  },
  {
    verb: 'show',
    operation: 'getAttempt',
    about: 'one attempt, by its id or by contact and number',
    joined: 'attempt',
    examples: [
      'attempt show 0195b3a0-0000-7000-8000-000000000001/2',
      'attempt show 0195b3a0-0000-7000-8000-000000000001 2',
    ],
  },
];
