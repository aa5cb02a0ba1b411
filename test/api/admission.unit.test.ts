import { expect, test } from 'vitest';
import { workClassOf } from '../../api/admission.ts';
import { admissionLimits } from '../../api/admission-limits.ts';
import { isStop } from '../../api/limits.ts';
import { OPERATIONS } from '../../api/routes/index.ts';

const idsOf = (workClass: string | null) =>
  OPERATIONS.filter((operation) => workClassOf(operation) === workClass).map(
    ({ operationId }) => operationId,
  );

test('every stop is counted apart from what is not a stop, and single ones apart from lists', () => {
  for (const operation of OPERATIONS) {
    const workClass = workClassOf(operation);
    expect(workClass === 'stops' || workClass === 'bulk_stops', operation.operationId).toBe(
      isStop(operation),
    );
  }
  expect(idsOf('stops')).toEqual(
    expect.arrayContaining([
      'pauseCampaign',
      'stopCampaign',
      'withdrawConsent',
      'addSuppression',
      'stopContact',
      'pauseCarrier',
      'stopDialling',
    ]),
  );
  expect(idsOf('bulk_stops').sort()).toEqual([
    'addSuppressions',
    'importConsentRecords',
    'recordConsents',
    'stopContacts',
  ]);
});

test("the carrier's events and imports have a class of their own, and probes are never turned away", () => {
  expect(idsOf('carrier')).toEqual(['receiveCarrierEvents']);
  expect(idsOf('imports').sort()).toEqual(['importContacts', 'importDoNotCall']);
  expect(idsOf(null)).toEqual(expect.arrayContaining(['getLiveness', 'getReadiness']));
  // What is open beside is files out of memory.
  const uncounted = OPERATIONS.filter((operation) => workClassOf(operation) === null);
  for (const { permission, path } of uncounted) {
    expect([permission, path.startsWith('/v1/')]).toEqual(['open', false]);
  }
});

test('no more requests than connections are let at the database that they share', () => {
  expect(admissionLimits(16).other.atOnce).toBe(16);
  expect(admissionLimits(100).other).toMatchObject({ atOnce: 100, waiting: 400 });
});
