import type { NounModule } from '../noun.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';

/** `verify` and `export`, which read the database themselves, are added beside these (cli/audit.ts). */
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
  {
    verb: 'checkpoints',
    operation: 'listCheckpoints',
    about: 'signed checkpoints of the evidence log, newest first',
    columns: [
      ['DECISIONS', 'size'],
      ['MADE', 'madeReal'],
      ['COPIED', 'copiedReal'],
      ['KEY', 'keyId'],
      ['ROOT', 'root'],
    ],
    examples: ['audit checkpoints', 'audit checkpoints --limit 1 --json'],
  },
  {
    verb: 'checkpoint',
    operation: 'readCheckpoint',
    about: 'the checkpoint over so many decisions, as it was signed',
    examples: ['audit checkpoint 1000'],
  },
];
