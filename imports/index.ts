/** The one door of imports/: files of contacts and do-not-call lists, taken into the database. */
export { importContacts } from './contacts.ts';
export type { ContactImport, ContactImportCounts, ImportDeps } from './contacts.ts';
export { importDoNotCall } from './do-not-call.ts';
export type { DoNotCallCounts, DoNotCallDeps, DoNotCallImport } from './do-not-call.ts';
export type { ColumnMapping } from './columns.ts';
export type { ConsentDefaults } from './consents.ts';
export type { Detected, FileOptions, Format } from './plan.ts';
export { importStatus, listImportIssues } from './repository.ts';
export type { ImportStatus, StoredIssue } from './repository.ts';
export type { ImportProgress, ImportResult } from './run.ts';
export type { ImportSource } from './source.ts';
