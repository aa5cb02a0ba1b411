import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [
  { verb: 'ready', operation: 'getReadiness', examples: ['server ready'] },
  { verb: 'live', operation: 'getLiveness', examples: ['server live'] },
];
