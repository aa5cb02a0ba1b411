import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'list',
    operation: 'listCalls',
    about: 'calls (通话), latest first; with --live those that ring or are up now',
    columns: [
      ['ATTEMPT', 'attemptId'],
      ['AT', 'attemptedAt'],
      ['STATUS', 'status'],
      ['CARRIER', 'carrier'],
      ['RING S', 'ringS'],
      ['TALK S', 'talkS'],
      ['SIP', 'sip'],
    ],
    examples: ['call list --live', 'call list --campaign "March" --all --json'],
  },
  {
    verb: 'show',
    operation: 'getCall',
    about: 'the call of an attempt, with every event that the carrier reported',
    joined: 'attempt',
    examples: ['call show 0195b3a0-0000-7000-8000-000000000001/2'],
  },
];
