import type { Operation } from '../../operation.ts';
import { exportConsentRecords } from './export.ts';
import { importConsentRecords } from './import.ts';

export const consentRecordsOperations: readonly Operation[] = [exportConsentRecords, importConsentRecords];
