import { expect, test } from 'vitest';
import {
  createCarrier,
  createWebhookVerifier,
  isSimulator,
  parseCarrierKind,
} from '../../carriers/registry.ts';
import { parseSimulatorOptions } from '../../carriers/simulator/options.ts';
import { createWebhookSecret } from '../../carriers/webhook-secret.ts';

test('a carrier is made by its kind', async () => {
  const carrier = createCarrier('simulator', { baseUrl: 'http://127.0.0.1:1', maxCallsPerSecond: 7 });
  expect(carrier.kind).toBe('simulator');
  expect(carrier.capabilities()).toMatchObject({ dedupe: 'live', lookup: 'attempt', maxCallsPerSecond: 7 });
  await carrier.close();
});

test('an unknown kind is refused with the kinds there are', () => {
  expect(() => parseCarrierKind('twilio')).toThrow('carrier.kind: is "twilio"; expected one of simulator');
  expect(() => createWebhookVerifier('', { secret: 'whsec_AAAA' })).toThrow('carrier.kind');
});

test('a secret that is not one, and an address that is none, are refused by name', () => {
  expect(() => createWebhookVerifier('simulator', { secret: 'whsec_' })).toThrow('carrier.webhookSecret');
  expect(() => createCarrier('simulator', { baseUrl: 'localhost' })).toThrow('carrier.baseUrl');
});

test('a fresh secret is one that both ends take, and no two are the same', () => {
  const secret = createWebhookSecret();
  expect(secret).not.toBe(createWebhookSecret());
  expect(() => createWebhookVerifier('simulator', { secret })).not.toThrow();
  const options = { logFile: 'x', webhookUrl: 'http://127.0.0.1:1/', webhookSecret: secret };
  expect(parseSimulatorOptions(options).webhookSecret).toBe(secret);
});

test('only the simulator may go with a scaled clock', () => {
  expect(isSimulator('simulator')).toBe(true);
  expect(isSimulator('sip')).toBe(false);
});
