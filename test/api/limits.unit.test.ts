import fc from 'fast-check';
import { expect, test } from 'vitest';
import { depthOf } from '../../api/body.ts';
import { isStop } from '../../api/limits.ts';
import { methodsOf } from '../../api/paths.ts';
import { OPERATIONS } from '../../api/routes/index.ts';

const depth = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map((part) => depth(part)))
    : 0;

test('the depth of a JSON text is the depth of its value, whatever stands in its strings', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(depthOf(JSON.stringify(value))).toBe(depth(value));
      expect(depthOf(JSON.stringify(value, null, 2))).toBe(depth(value));
    }),
  );
  expect(depthOf('["\\\\",["[[[\\"[["]]')).toBe(2);
});

test('stops are never limited, and nothing else escapes the limit', () => {
  const stops = OPERATIONS.filter(isStop).map((operation) => operation.operationId);
  expect(stops).toEqual(
    expect.arrayContaining([
      'pauseCampaign',
      'stopCampaign',
      'withdrawConsent',
      'addSuppression',
      'stopContact',
      'stopContacts',
      'pauseCarrier',
      'stopDialling',
    ]),
  );
  // Withdrawals come in bulk beside grants.
  for (const id of stops)
    expect(id).toMatch(
      /^(pause|stop|withdraw|addSuppression|suppress|recordConsents$|importConsentRecords$)/,
    );
});

test('a path knows its methods, and is not mistaken for another', () => {
  expect(methodsOf(OPERATIONS, '/v1/campaigns')).toEqual(['GET', 'HEAD', 'POST']);
  expect(methodsOf(OPERATIONS, '/v1/campaigns/x')).toEqual(['GET', 'HEAD', 'PATCH']);
  expect(methodsOf(OPERATIONS, '/v1/campaigns/x/start')).toEqual(['POST']);
  expect(methodsOf(OPERATIONS, '/v1/campaigns/x/y/z')).toEqual([]);
  expect(methodsOf(OPERATIONS, '/v1/campaignsx')).toEqual([]);
});
