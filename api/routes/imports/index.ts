import type { Operation } from '../../operation.ts';
import { importContacts } from './contacts.ts';
import { importDoNotCall } from './do-not-call.ts';
import { listImportIssues } from './issues.ts';
import { listImports } from './list.ts';
import { getImport } from './read.ts';

export const importsOperations: readonly Operation[] = [
  importContacts,
  importDoNotCall,
  listImports,
  getImport,
  listImportIssues,
];
