import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'find',
    operation: 'searchPerson',
    about: 'the person of a number; - reads it from standard input',
    arguments: ['number'],
    examples: ['person find +12025550100', 'person find -'],
  },
  {
    verb: 'show',
    operation: 'getPerson',
    about: 'one person, by id or number: numbers (masked), consents, contacts',
    examples: ['person show 0195b3a0-0000-7000-8000-000000000001', 'person show -'],
  },
  {
    verb: 'reveal',
    operation: 'revealPerson',
    about: "see a person's numbers, profile or attributes in full, for a reason; each time is recorded",
    names: { fields: 'field' },
    examples: [
      'person reveal 0195b3a0-0000-7000-8000-000000000001 --field numbers --reason "callback by hand"',
    ],
  },
  {
    verb: 'locate',
    operation: 'addLocation',
    about: 'record where somebody may be, beside what is known: every place and time zone must allow a call',
    byNumber: true,
    text: (answer: { added: number; locations: readonly unknown[] }) =>
      `${answer.added} added, ${answer.locations.length} on record`,
    examples: [
      'person locate --number - --source address --jurisdiction US-FL',
      'person locate --person 0195b3a0-0000-7000-8000-000000000001 --source declared --zone Asia/Shanghai',
    ],
  },
  {
    verb: 'locations',
    operation: 'listLocations',
    about: 'where somebody may be, by all evidence: every place and time zone must allow a call',
    byNumber: true,
    columns: [
      ['WHERE', 'jurisdiction'],
      ['ZONE', 'zone'],
      ['SOURCE', 'source'],
      ['CONFIDENCE', 'confidence'],
      ['RECORDED', 'recordedAt'],
      ['ID', 'id'],
    ],
    examples: ['person locations --number -'],
  },
  {
    verb: 'retract-location',
    operation: 'retractLocations',
    about: 'take back where somebody was said to be: decisions do not ask for that place any more',
    byNumber: true,
    names: { ids: 'id' },
    text: (answer: { retracted: readonly unknown[]; locations: readonly unknown[]; lookedAtAgain: number }) =>
      `${answer.retracted.length} taken back, ${answer.locations.length} on record; ` +
      `${answer.lookedAtAgain} contacts are looked at again`,
    examples: [
      'person retract-location --number - --id 0195b3a0-0000-7000-8000-000000000001 --reason "moved away in May"',
    ],
  },
];
