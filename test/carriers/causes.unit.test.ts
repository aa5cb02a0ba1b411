import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  codesOf,
  Q850_TABLE,
  readCause,
  RFC3398_SIP_TO_Q850,
  SIP_TABLE,
  VENDOR_TABLES,
  type CauseInput,
} from '../../carriers/causes.ts';
import { OUTCOMES } from '../../domain/vocabulary.ts';

/** The project's table of causes, row by row (docs/carriers.md): SIP statuses, Q.850 values, outcome, retry. */
const ROWS = [
  { outcome: 'busy', retry: 'soon', sip: [486, 600], q850: [17] },
  { outcome: 'no_answer', retry: 'yes', sip: [], q850: [18, 19] },
  { outcome: 'unreachable', retry: 'later', sip: [480], q850: [20, 27] },
  { outcome: 'invalid_number', retry: 'never', sip: [404, 410, 484, 604], q850: [1, 22, 28] },
  { outcome: 'declined', retry: 'as_policy_says', sip: [603, 403], q850: [21] },
  { outcome: 'blocked', retry: 'never', sip: [607, 608], q850: [] },
  { outcome: 'congestion', retry: 'back_off', sip: [503, 500, 502, 504], q850: [34, 38, 41, 42] },
  { outcome: 'carrier_error', retry: 'pause_carrier', sip: [401, 407, 488], q850: [57, 88] },
  { outcome: 'unknown', retry: 'reconcile_first', sip: [408], q850: [102] },
] as const;

describe('each code alone reads as the table says', () => {
  for (const { outcome, retry, sip, q850 } of ROWS) {
    for (const code of sip) {
      test(`SIP ${code} is ${outcome}`, () => {
        expect(readCause({ sip: code })).toMatchObject({ outcome, retry });
      });
    }
    for (const code of q850) {
      test(`Q.850 ${code} is ${outcome}`, () => {
        expect(readCause({ q850: code })).toMatchObject({ outcome, retry, basis: 'q850' });
      });
    }
  }
});

const code = fc.option(fc.integer({ min: 1, max: 127 }), { nil: null });
const status = fc.option(fc.integer({ min: 400, max: 699 }), { nil: null });

test('a Q.850 value that says something is believed before any SIP status or vendor code', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Q850_TABLE.keys()), status, fc.boolean(), (q850, sip, rang) => {
      const input: CauseInput = { q850, sip, rang, vendor: { name: 'aliyun', code: '200002' } };
      expect(readCause(input)).toEqual(readCause({ q850 }));
    }),
  );
});

test('normal clearing says nothing by itself, so the SIP status decides', () => {
  for (const q850 of [16, 31, 127]) {
    expect(readCause({ q850, sip: 486 })).toMatchObject({ outcome: 'busy', basis: 'sip' });
    expect(readCause({ q850 })).toMatchObject({ outcome: 'unknown', ambiguous: true });
  }
});

test('whoever picked up was reached, whatever cleared the call later', () => {
  fc.assert(
    fc.property(code, status, (q850, sip) => {
      expect(readCause({ q850, sip, answered: true }).outcome).toBe('answered');
      expect(readCause({ q850, sip, answered: true, machine: true }).outcome).toBe('voicemail');
    }),
  );
});

test('our own cancel is no answer after the ring time-out and cancelled after a stop', () => {
  expect(readCause({ sip: 487, endedByUs: 'ring_timeout' }).outcome).toBe('no_answer');
  expect(readCause({ sip: 487, q850: 16, endedByUs: 'stop' }).outcome).toBe('cancelled');
  expect(readCause({ sip: 487 }).outcome).toBe('unknown');
});

test('an answer of the callee that crossed our cancel on the wire stands', () => {
  expect(readCause({ sip: 486, endedByUs: 'stop' }).outcome).toBe('busy');
  expect(readCause({ sip: 603, q850: 21, endedByUs: 'ring_timeout' }).outcome).toBe('declined');
});

test('408 is no answer once it rang and unknown before', () => {
  expect(readCause({ sip: 408, rang: true })).toMatchObject({ outcome: 'no_answer', retry: 'yes' });
  expect(readCause({ sip: 408, rang: false })).toMatchObject({
    outcome: 'unknown',
    retry: 'reconcile_first',
  });
});

test('the vendor is asked last, and what nobody explains is unknown', () => {
  expect(readCause({ vendor: { name: 'aliyun', code: '200105' } })).toMatchObject({
    outcome: 'blocked',
    retry: 'never',
    basis: 'vendor',
  });
  expect(readCause({ vendor: { name: 'twilio', code: 'no-answer' } }).outcome).toBe('no_answer');
  expect(readCause({ vendor: { name: 'aliyun', code: '999' } })).toMatchObject({
    outcome: 'unknown',
    basis: 'none',
  });
  expect(readCause({})).toMatchObject({ outcome: 'unknown', retry: 'reconcile_first', basis: 'none' });
});

test('codes with more than one use are marked, so that the raw code is looked at', () => {
  expect(readCause({ sip: 403 }).ambiguous).toBe(true);
  expect(readCause({ vendor: { name: 'aliyun', code: '200005' } }).ambiguous).toBe(true);
  expect(readCause({ sip: 486 }).ambiguous).toBe(false);
});

test('congestion and our own configuration are not held against the contact', () => {
  for (const row of [...Q850_TABLE.values(), ...SIP_TABLE.values()]) {
    const ours = row.outcome === 'congestion' || row.outcome === 'carrier_error';
    expect(row.countsAsTry).toBe(!ours);
  }
});

test('SIP statuses agree with RFC 3398, but for the differences that are stated', () => {
  const differing = [...SIP_TABLE].flatMap(([sip, own]) => {
    const q850 = RFC3398_SIP_TO_Q850.get(sip);
    const theirs = q850 === undefined ? undefined : Q850_TABLE.get(q850);
    return theirs === undefined || theirs.outcome === own.outcome ? [] : [sip];
  });
  expect(differing.sort()).toEqual([401, 407, 480, 504]);
});

test('a status without a row of its own is read through RFC 3398, as a guess', () => {
  expect(readCause({ sip: 485 })).toMatchObject({ outcome: 'invalid_number', basis: 'sip', ambiguous: true });
  expect(readCause({ sip: 481 })).toMatchObject({ outcome: 'congestion', ambiguous: true });
  expect(readCause({ sip: 420 })).toMatchObject({ outcome: 'unknown', basis: 'none' });
});

test('what a well-behaved carrier sends for an outcome is read back to it', () => {
  for (const outcome of OUTCOMES) {
    const connected = outcome === 'answered' || outcome === 'voicemail';
    const reading = readCause({
      ...codesOf(outcome),
      answered: connected,
      machine: outcome === 'voicemail',
      endedByUs: outcome === 'cancelled' ? 'stop' : outcome === 'no_answer' ? 'ring_timeout' : null,
    });
    expect(reading.outcome).toBe(outcome);
  }
});

test('no code, known or not, makes it throw', () => {
  const vendor = fc.record({
    name: fc.constantFrom(...(Object.keys(VENDOR_TABLES) as ['aliyun'])),
    code: fc.string(),
  });
  fc.assert(
    fc.property(
      fc.option(fc.integer(), { nil: null }),
      fc.option(fc.integer(), { nil: null }),
      fc.option(vendor, { nil: null }),
      (q850, sip, v) => {
        expect(OUTCOMES).toContain(readCause({ q850, sip, vendor: v }).outcome);
      },
    ),
  );
});
