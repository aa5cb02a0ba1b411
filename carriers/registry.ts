import { invalidInput } from '../domain/failures.ts';
import type { Carrier, WebhookVerifier } from './port.ts';
import { createSimulatorCarrier, type SimulatorCarrierConfig } from './simulator/adapter.ts';
import { createSimulatorWebhookVerifier } from './simulator/webhook-verifier.ts';

/** The carriers there are. A new one is a folder here, a kind, and a case in each function below. */
export const CARRIER_KINDS = ['simulator'] as const;
export type CarrierKind = (typeof CARRIER_KINDS)[number];

/** Settings of an adapter, by kind. */
export interface CarrierConfigs {
  readonly simulator: SimulatorCarrierConfig;
}

/** A carrier that can be let go of when the process ends. */
export type ClosableCarrier = Carrier & { close(): Promise<void> };

/** @throws RightcallError `invalid_input` naming the kinds there are, or the setting at fault */
export function createCarrier<K extends CarrierKind>(kind: K, config: CarrierConfigs[K]): ClosableCarrier;
export function createCarrier(kind: string, config: CarrierConfigs[CarrierKind]): ClosableCarrier {
  switch (parseCarrierKind(kind)) {
    case 'simulator':
      return createSimulatorCarrier(config);
  }
}

/** @throws RightcallError `invalid_input` naming the kinds there are, or a secret that cannot be one */
export function createWebhookVerifier(kind: string, options: { readonly secret: string }): WebhookVerifier {
  switch (parseCarrierKind(kind)) {
    case 'simulator':
      return createSimulatorWebhookVerifier(options);
  }
}

/** Whether carriers of this kind let supervisors listen in on a call. */
export function listensIn(kind: string): boolean {
  switch (parseCarrierKind(kind)) {
    case 'simulator':
      return true;
  }
}

/** A kind read from configuration. @throws RightcallError `invalid_input` */
export function parseCarrierKind(kind: string): CarrierKind {
  const found = CARRIER_KINDS.find((k) => k === kind);
  if (found === undefined) {
    throw invalidInput([
      { field: 'carrier.kind', fault: `is "${kind}"`, expected: `one of ${CARRIER_KINDS.join(', ')}` },
    ]);
  }
  return found;
}

/** True when nobody's phone rings: the only kind that may be used with a scaled clock. */
export function isSimulator(kind: string): boolean {
  return kind === 'simulator';
}
