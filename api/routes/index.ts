import type { Operation } from '../operation.ts';
import { accessOperations } from './access/index.ts';
import { agentsOperations } from './agents/index.ts';
import { attemptsOperations } from './attempts/index.ts';
import { attestationsOperations } from './attestations/index.ts';
import { auditOperations } from './audit/index.ts';
import { callbacksOperations } from './callbacks/index.ts';
import { callsOperations } from './calls/index.ts';
import { campaignsOperations } from './campaigns/index.ts';
import { carriersOperations } from './carriers/index.ts';
import { changesOperations } from './changes/index.ts';
import { consentRecordsOperations } from './consent-records/index.ts';
import { contactsOperations } from './contacts/index.ts';
import { decisionsOperations } from './decisions/index.ts';
import { diallingOperations } from './dialling/index.ts';
import { docsOperations } from './docs/index.ts';
import { dutiesOperations } from './duties/index.ts';
import { endpointsOperations } from './endpoints/index.ts';
import { healthOperations } from './health/index.ts';
import { importsOperations } from './imports/index.ts';
import { noticesOperations } from './notices/index.ts';
import { personsOperations } from './persons/index.ts';
import { policiesOperations } from './policies/index.ts';
import { pricesOperations } from './prices/index.ts';
import { reportsOperations } from './reports/index.ts';
import { scriptsOperations } from './scripts/index.ts';
import { suppressionsOperations } from './suppressions/index.ts';
import { teamsOperations } from './teams/index.ts';
import { webhooksOperations } from './webhooks/index.ts';

/** Every operation of the API, in the order in which it is described. A new one is a file and a line in its resource's index. */
export const OPERATIONS: readonly Operation[] = [
  ...campaignsOperations,
  ...importsOperations,
  ...contactsOperations,
  ...personsOperations,
  ...noticesOperations,
  ...consentRecordsOperations,
  ...suppressionsOperations,
  ...attestationsOperations,
  ...callbacksOperations,
  ...scriptsOperations,
  ...decisionsOperations,
  ...attemptsOperations,
  ...callsOperations,
  ...dutiesOperations,
  ...teamsOperations,
  ...agentsOperations,
  ...reportsOperations,
  ...pricesOperations,
  ...carriersOperations,
  ...webhooksOperations,
  ...endpointsOperations,
  ...policiesOperations,
  ...auditOperations,
  ...changesOperations,
  ...diallingOperations,
  ...accessOperations,
  ...healthOperations,
  ...docsOperations,
];
