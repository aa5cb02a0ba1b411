import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  { verb: 'active', operation: 'getActivePolicies', examples: ['policy active', 'policy active --json'] },
];
