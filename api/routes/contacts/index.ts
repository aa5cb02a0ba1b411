import type { Operation } from '../../operation.ts';
import { setContactAgent } from './agent.ts';
import { explainNumber } from './explain.ts';
import { explainContact } from './explanation.ts';
import { listContacts } from './list.ts';
import { changeMatter } from './matter.ts';
import { moveContact } from './move.ts';
import { getContact } from './read.ts';
import { searchContacts } from './search-all.ts';
import { searchContact } from './search.ts';
import { stopContacts } from './stop-many.ts';
import { stopContact } from './stop.ts';
import { getTimeline } from './timeline.ts';

export const contactsOperations: readonly Operation[] = [
  listContacts,
  searchContact,
  searchContacts,
  getContact,
  getTimeline,
  explainContact,
  explainNumber,
  stopContact,
  stopContacts,
  moveContact,
  changeMatter,
  setContactAgent,
];
