import type { NounModule } from '../noun.ts';

export const verbs: NounModule['verbs'] = [];
