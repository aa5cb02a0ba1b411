import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { createCarrier, createWebhookVerifier, type ClosableCarrier } from '../../../carriers/registry.ts';
import { readRequestLog, type RequestLine } from '../../../carriers/simulator/journal.ts';
import type { SimulatorOptions } from '../../../carriers/simulator/options.ts';
import { startSimulator, type RunningSimulator } from '../../../carriers/simulator/server.ts';
import type { Scenarios } from '../../../carriers/simulator/plan.ts';
import type { CarrierRig } from '../conformance.ts';
import { startWebhookSink, type WebhookSink } from '../webhook-sink.ts';

export const SECRET = `whsec_${Buffer.from('only for tests, 24 bytes!').toString('base64')}`;
/** 2,000 simulated seconds pass in a real one: a call of minutes takes tens of milliseconds. */
export const SPEED = 2_000;

/** Fates by number; a long one outlasts any test at SPEED unless it is hung up. */
export const NUMBERS = {
  answers: '+12025550101',
  is_busy: '+12025550102',
  is_invalid: '+12025550103',
  talks_long: '+12025550104',
  rings_long: '+12025550105',
} as const;

export const FATES: Scenarios = {
  [NUMBERS.answers]: { outcome: 'answered', ringS: 5, talkS: 40 },
  [NUMBERS.is_busy]: { outcome: 'busy' },
  [NUMBERS.is_invalid]: { outcome: 'invalid_number' },
  [NUMBERS.talks_long]: { outcome: 'answered', setupS: 0, ringS: 1, talkS: 200_000 },
  [NUMBERS.rings_long]: { outcome: 'no_answer', setupS: 0, ringS: 200_000 },
};

export interface SimulatorRig extends CarrierRig {
  readonly carrier: ClosableCarrier;
  readonly simulator: RunningSimulator;
  readonly sink: WebhookSink;
  readonly logFile: string;
  requests(): Promise<RequestLine[]>;
  setFaults(spec: string): Promise<void>;
}

/** A simulator in this process with a receiver for its events, on a clock SPEED times as fast. */
export async function startSimulatorRig(options: Partial<SimulatorOptions> = {}): Promise<SimulatorRig> {
  const folder = await mkdtemp(join(tmpdir(), 'rightcall-simulator-'));
  const logFile = join(folder, 'requests.jsonl');
  const sink = await startWebhookSink();
  const simulator = await startSimulator({
    logFile,
    webhookUrl: sink.url,
    webhookSecret: SECRET,
    clock: { from: Date.UTC(2026, 2, 2, 1), realStart: Date.now(), speed: SPEED },
    scenarios: FATES,
    ...options,
  });
  const carrier = createCarrier('simulator', { baseUrl: simulator.url });
  const setFaults = async (spec: string): Promise<void> => {
    const answer = await fetch(`${simulator.url}/v1/faults`, {
      method: 'PUT',
      body: JSON.stringify({ spec }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  };
  const requests = async (): Promise<RequestLine[]> => {
    const lines: RequestLine[] = [];
    for await (const line of readRequestLog(logFile)) lines.push(line);
    return lines;
  };
  return {
    carrier,
    simulator,
    sink,
    logFile,
    requests,
    setFaults,
    verifier: createWebhookVerifier('simulator', { secret: SECRET }),
    deliveries: sink.deliveries,
    numberThat: (fate) => NUMBERS[fate],
    dialsSeen: async (attemptId) => {
      const lines = (await requests()).filter((l) => l.kind === 'dial' && l.attemptId === attemptId);
      return { requests: lines.length, taken: lines.filter((l) => l.result === 'accepted').length };
    },
    hangupsSeen: async (reference) =>
      (await requests()).filter((l) => l.kind === 'hangup' && l.reference === reference).length,
    loseAnswers: (on) => setFaults(on ? 'lost-answer=1' : ''),
    garbleEvents: (on) => setFaults(on ? 'dup=0.5,reorder=0.5:40,late=0.3:80' : ''),
    signedAt: (at, body) => ({
      body,
      headers: {
        'webhook-id': 'msg_test',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(SECRET).sign('msg_test', at, body),
      },
    }),
    close: async () => {
      await carrier.close();
      await simulator.close();
      await sink.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
