import type { NounModule } from '../noun.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'create',
    operation: 'createAgent',
    examples: [
      'agent create --name Anna --account key:anna --team renewals --zone Asia/Shanghai --set skills.loans=5',
    ],
  },
  {
    verb: 'list',
    operation: 'listAgents',
    columns: [
      ['ID', 'id'],
      ['NAME', 'name'],
      ['ACCOUNT', 'account'],
      ['TEAM', 'teamId'],
      ['ENABLED', 'enabled'],
    ],
    examples: ['agent list --enabled', 'agent list --team renewals --all'],
  },
  { verb: 'show', operation: 'getAgent', examples: [`agent show ${ID}`] },
  {
    verb: 'change',
    operation: 'changeAgent',
    examples: [`agent change ${ID} --no-enabled`, `agent change ${ID} --set skills.loans=7`],
  },
  {
    verb: 'set-state',
    operation: 'setAgentState',
    arguments: ['state'],
    examples: [`agent set-state ${ID} break --reason coaching`, `agent set-state ${ID} offline --force`],
  },
  { verb: 'me', operation: 'getMyAgent', examples: ['agent me'] },
  {
    verb: 'state',
    operation: 'setMyState',
    arguments: ['state'],
    about: 'sign in, be ready, take a break, sign out',
    examples: ['agent state ready', 'agent state break --reason lunch'],
  },
  { verb: 'beat', operation: 'beat', examples: ['agent beat'] },
];
