import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  { verb: 'create', operation: 'createTeam', arguments: ['name'], examples: ['team create renewals'] },
  {
    verb: 'list',
    operation: 'listTeams',
    columns: [
      ['ID', 'id'],
      ['NAME', 'name'],
    ],
    examples: ['team list'],
  },
  { verb: 'show', operation: 'getTeam', examples: ['team show renewals'] },
  { verb: 'change', operation: 'changeTeam', examples: ['team change renewals --name "renewals, north"'] },
];
