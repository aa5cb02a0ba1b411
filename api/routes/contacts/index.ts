import type { Operation } from '../../operation.ts';
import { listContacts } from './list.ts';
import { getContact } from './read.ts';
import { searchContact } from './search.ts';
import { getTimeline } from './timeline.ts';

export const contactsOperations: readonly Operation[] = [
  listContacts,
  searchContact,
  getContact,
  getTimeline,
];
