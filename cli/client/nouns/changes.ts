import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'list',
    isDefault: true,
    operation: 'listChanges',
    about: 'who changed what, when, before and after; newest first',
    columns: [
      ['AT', 'at'],
      ['ACTOR', 'actor'],
      ['ACTION', 'action'],
      ['RESOURCE', 'resource'],
      ['ID', 'resourceId'],
      ['REASON', 'reason'],
    ],
    examples: [
      'changes list --resource campaign --limit 20',
      'changes list --action revealPerson --from 2026-03-01T00:00:00+08:00 --json',
    ],
  },
];
