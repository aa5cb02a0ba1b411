import type { NounModule } from '../noun.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';

/** `verify`, which reads the database itself, is added beside these (cli/audit.ts). */
export const verbs: NounModule['verbs'] = [
  {
    verb: 'decision',
    operation: 'verifyDecision',
    about: 'evaluate one decision again from its stored facts and documents, and say whether it holds',
    examples: [`audit decision ${ID}`],
  },
  {
    verb: 'evidence',
    operation: 'exportEvidence',
    about: "a contact's evidence in one bundle (JSON), for a regulator",
    arguments: ['contactId'],
    text: (bundle: object) => JSON.stringify(bundle, null, 2),
    examples: [`audit evidence ${ID} > evidence.json`],
  },
];
