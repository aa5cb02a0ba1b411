import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'me',
    operation: 'getMe',
    about: 'who you are to the server, and what you may do',
    examples: ['access me', 'access me --profile production'],
  },
  { verb: 'roles', operation: 'listRoles', examples: ['access roles'] },
];
