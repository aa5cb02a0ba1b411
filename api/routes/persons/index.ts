import type { Operation } from '../../operation.ts';
import { addLocation } from './locate.ts';
import { listLocations } from './locations.ts';
import { retractLocations } from './retract-locations.ts';
import { listConsents } from './consents.ts';
import { listConsentsDue } from './due.ts';
import { grantConsent } from './grant.ts';
import { getPerson } from './read.ts';
import { recordConsents } from './record-many.ts';
import { revealPerson } from './reveal.ts';
import { searchPerson } from './search.ts';
import { withdrawConsent } from './withdraw.ts';

export const personsOperations: readonly Operation[] = [
  searchPerson,
  getPerson,
  revealPerson,
  addLocation,
  listLocations,
  retractLocations,
  listConsents,
  grantConsent,
  withdrawConsent,
  recordConsents,
  listConsentsDue,
];
