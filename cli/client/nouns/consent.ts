import type { NounModule } from '../noun.ts';
import { stopLine, type StopAck } from '../render/stop.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';
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
  {
    verb: 'list',
    operation: 'listConsents',
    about: "a person's consents and withdrawals, as they were recorded, latest first",
    byNumber: true,
    columns: [
      ['OCCURRED', 'occurredAt'],
      ['KIND', 'kind'],
      ['PURPOSES', 'purposes'],
      ['CHANNELS', 'channels'],
      ['SOURCE', 'source'],
      ['EXPIRES', 'expiresAt'],
      ['LAST USED', 'lastUsedAt'],
    ],
    examples: ['consent list --number -', `consent list --person ${ID} --purpose marketing`],
  },
  {
    verb: 'due',
    operation: 'listConsentsDue',
    about: 'consents in force that end soon, soonest first',
    columns: [
      ['EXPIRES', 'expiresAt'],
      ['DAYS', 'daysLeft'],
      ['PERSON', 'personId'],
      ['PURPOSES', 'purposes'],
      ['CHANNELS', 'channels'],
      ['LEVEL', 'level'],
      ['CONSENT', 'id'],
    ],
    examples: ['consent due --within-days 14 --purpose marketing'],
  },
  {
    verb: 'due-in',
    operation: 'listCampaignConsentsDue',
    about: 'consents of waiting contacts that end or are to be renewed soon, by the rules of a campaign',
    columns: [
      ['DUE', 'dueAt'],
      ['DAYS', 'daysLeft'],
      ['CONTACT', 'contactId'],
      ['PERSON', 'personId'],
      ['CONSENT', 'consentId'],
    ],
    examples: ['consent due-in "March" --within-days 14', 'consent due-in "March" --json'],
  },
  {
    verb: 'record-many',
    operation: 'recordConsents',
    about: 'record grants and withdrawals of many, from a file of JSON lines; - reads standard input',
    more:
      'A line is an object such as {"kind":"withdrawal","number":"+12025550100","source":"hotline"} ' +
      'or {"kind":"grant","personId":"…","purposes":["survey"],"source":"web-form"}.',
    fileArgument: true,
    listField: 'items',
    examples: ['consent record-many consents.jsonl', 'consent record-many - --json'],
  },
  {
    verb: 'export',
    operation: 'exportConsentRecords',
    about:
      'consent records with what became of them, all of them, a line of JSON each, in the order recorded',
    lines: true,
    examples: [
      'consent export --output records.jsonl',
      'consent export --person 0195b3a0-0000-7000-8000-000000000001',
      'consent export --purpose marketing --from 2026-03-01T00:00:00+08:00',
    ],
  },
  {
    verb: 'import',
    operation: 'importConsentRecords',
    about:
      'take in consent records with their withdrawals, from a file of JSON lines as export writes it; - reads standard input',
    fileArgument: true,
    listField: 'items',
    examples: ['consent import records.jsonl', 'consent import - --json'],
  },
  {
    verb: 'notice-publish',
    operation: 'publishNotice',
    about: 'publish a version of a text that people are shown before they consent; a version never changes',
    text: (notice: { id: string; version: number; textSha256: string }) =>
      `${notice.id} version ${notice.version} is published; SHA-256 of its text ${notice.textSha256}`,
    examples: [
      'consent notice-publish --id web-signup --version 1 --language en --title "Calls about offers" --text "…"',
    ],
  },
  {
    verb: 'notices',
    operation: 'listNotices',
    about: 'the texts that people are shown before they consent, with their versions',
    columns: [
      ['ID', 'id'],
      ['VERSION', 'version'],
      ['LANGUAGE', 'language'],
      ['TITLE', 'title'],
      ['PUBLISHED', 'publishedAt'],
      ['SHA-256', 'textSha256'],
    ],
    examples: ['consent notices'],
  },
];
