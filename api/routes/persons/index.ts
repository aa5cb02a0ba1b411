import type { Operation } from '../../operation.ts';
import { grantConsent } from './grant.ts';
import { getPerson } from './read.ts';
import { searchPerson } from './search.ts';
import { withdrawConsent } from './withdraw.ts';

export const personsOperations: readonly Operation[] = [
  searchPerson,
  getPerson,
  grantConsent,
  withdrawConsent,
];
