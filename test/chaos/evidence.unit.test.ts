import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVIDENCE_FILES, readEvidence } from './evidence.ts';

const TENANT = '01990000-0000-7000-8000-000000000001';
const RUN = {
  seed: '7',
  clock: { from: 1_000, realStart: 2_000, speed: 720 },
  startedReal: 2_000,
  endedReal: 9_000,
  quiet: true,
  tenants: [{ id: TENANT, name: 'default' }],
  campaigns: [],
  databaseUrl: 'postgres://all@localhost/db',
  engineDatabaseUrl: 'postgres://engine@localhost/db',
};
const ACK = {
  operation: 'stopDialling',
  effect: 'stop',
  tenantId: TENANT,
  scope: 'tenant',
  targetId: null,
  sentReal: 3_000,
  receivedReal: 3_010,
  status: 200,
  stopId: 's',
  complete: true,
};
const HANGUP = {
  kind: 'hangup',
  at: '2026-01-01T00:00:00.000Z',
  simulatedAt: '2026-01-01T00:00:00.000Z',
  status: 200,
  reference: 'r',
  reason: null,
  attemptId: 'a/1',
  result: 'accepted',
};
const KILL = {
  kind: 'kill',
  atReal: 4_000,
  untilReal: 4_000,
  process: 'worker-1',
  step: 'send.begun',
  of: 'a/1',
};

let dir: string;
const lines = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const write = (name: keyof typeof EVIDENCE_FILES, text: string) =>
  writeFileSync(join(dir, EVIDENCE_FILES[name]), text);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'evidence-'));
  mkdirSync(join(dir, EVIDENCE_FILES.reports));
  write('run', JSON.stringify(RUN));
  write('requests', lines(HANGUP));
  write('acks', lines(ACK));
  write('faults', lines(KILL));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('the evidence of a chaos run', () => {
  test('is read whole, with what was left out filled in', () => {
    const evidence = readEvidence(dir);
    expect(evidence.run).toMatchObject({ build: 'this', secondPlaceDir: null });
    expect(evidence.requests).toEqual([HANGUP]);
    expect(evidence.events).toBeNull();
    expect(evidence.acks).toEqual([
      { ...ACK, purposes: [], campaignId: null, requestKey: null, process: null },
    ]);
    expect(evidence.faults).toEqual([KILL]);
    expect(evidence.torn).toBe(0);
  });

  test('may have lines of the carrier that a kill tore off, and they are counted', () => {
    appendFileSync(join(dir, EVIDENCE_FILES.requests), '{"kind":"di\n');
    expect(readEvidence(dir)).toMatchObject({ torn: 1, requests: [HANGUP] });
  });

  test('may have no torn line of a client: the error names file and line', () => {
    appendFileSync(join(dir, EVIDENCE_FILES.acks), '{"oper\n');
    expect(() => readEvidence(dir)).toThrow(/acks\.jsonl:2: cannot be read as JSON; expected/);
  });

  test('is refused where a field is wrong: the error names file, line, field and fault', () => {
    write('faults', lines(KILL, { ...KILL, step: 'send.maybe' }));
    expect(() => readEvidence(dir)).toThrow(/faults\.jsonl:2: step: /);
  });

  test('is refused where a file is missing: the error names it', () => {
    rmSync(join(dir, EVIDENCE_FILES.run));
    expect(() => readEvidence(dir)).toThrow(/run\.json: is not there; expected/);
  });
});
