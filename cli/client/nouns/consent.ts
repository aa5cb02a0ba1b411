import type { NounModule } from '../noun.ts';
import { stopLine, type StopAck } from '../render/stop.ts';

const names = { purposes: 'purpose', channels: 'channel' };

export const verbs: NounModule['verbs'] = [
  {
    verb: 'grant',
    operation: 'grantConsent',
    about: 'record a consent',
    byNumber: true,
    names,
    text: (answer: { eventId: string; reopenedContacts: number }) =>
      `recorded as ${answer.eventId}; ${answer.reopenedContacts} contacts wait again`,
    examples: [
      'consent grant --number - --purpose marketing --source web-form',
      'consent grant --person 0195b3a0-0000-7000-8000-000000000001 --purpose survey --channel voice --source call',
    ],
  },
  {
    verb: 'withdraw',
    operation: 'withdrawConsent',
    about:
      'withdraw consent; returns when nothing is sent to the person any more (default: for all purposes)',
    byNumber: true,
    names,
    text: (answer: { endedContacts: number; stop: StopAck }) =>
      `${answer.endedContacts} contacts ended as withdrawn; ${stopLine(answer.stop)}`,
    examples: ['consent withdraw --number +12025550100 --source hotline'],
  },
];
