import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'list',
    operation: 'listDuties',
    about: 'what calls left behind with a due date: to keep, erase, renew, assess, answer',
    columns: [
      ['DUE', 'dueAt'],
      ['KIND', 'kind'],
      ['RULE', 'rule'],
      ['CONTACT', 'contactId'],
      ['ATTEMPT', 'attemptId'],
    ],
    examples: ['duties list --due-before 2027-01-01T00:00:00Z --kind erase'],
  },
];
