import type { Outcome } from '../domain/vocabulary.ts';

/**
 * What a carrier's codes mean. One table for every adapter, so that a busy line is a busy line whoever
 * reported it. Order of trust: what happened on the call (someone picked up; we gave up), then Q.850
 * (in `Reason`, RFC 3326), then the SIP status, then the vendor's own code. SIP and Q.850 are brought
 * together after RFC 3398 (section 8.2.6.1), except where a row below says why not. Raw codes are kept by the caller;
 * this only reads them.
 */

/** What to do about the next attempt; the campaign's rules turn it into minutes. */
export const RETRY_CLASSES = [
  'soon',
  'yes',
  'later',
  'never',
  'as_policy_says',
  'back_off',
  'pause_carrier',
  'reconcile_first',
  'not_applicable',
] as const;
export type RetryClass = (typeof RETRY_CLASSES)[number];

export interface CauseReading {
  readonly outcome: Outcome;
  readonly retry: RetryClass;
  /** What decided: the course of the call, one of the codes, or nothing that we know. */
  readonly basis: 'course' | 'q850' | 'sip' | 'vendor' | 'none';
  /** True when carriers use the code for more than one thing, so that ours is a guess. */
  readonly ambiguous: boolean;
  /** False when the attempt says nothing about the contact (congestion, our configuration). */
  readonly countsAsTry: boolean;
}

export const VENDORS = ['aliyun', 'twilio'] as const;
export type Vendor = (typeof VENDORS)[number];

export interface CauseInput {
  /** Cause value of ITU-T Q.850, 1–127. */
  readonly q850?: number | null;
  /** Final SIP status. */
  readonly sip?: number | null;
  readonly vendor?: { readonly name: Vendor; readonly code: string } | null;
  /** Someone or something picked up. */
  readonly answered?: boolean;
  /** Answering-machine detection said machine. */
  readonly machine?: boolean;
  /** A 18x (or the vendor's word for ringing) was seen. */
  readonly rang?: boolean;
  /** Why we asked for the end, if we did. */
  readonly endedByUs?: 'ring_timeout' | 'stop' | null;
}

type Row = Omit<CauseReading, 'basis'>;

const row = (outcome: Outcome, retry: RetryClass, options: Partial<Row> = {}): Row => ({
  outcome,
  retry,
  ambiguous: false,
  countsAsTry: true,
  ...options,
});

const ANSWERED = row('answered', 'not_applicable');
const VOICEMAIL = row('voicemail', 'yes');
const BUSY = row('busy', 'soon');
const NO_ANSWER = row('no_answer', 'yes');
const UNREACHABLE = row('unreachable', 'later');
const INVALID = row('invalid_number', 'never');
const DECLINED = row('declined', 'as_policy_says');
const BLOCKED = row('blocked', 'never');
const CONGESTION = row('congestion', 'back_off', { countsAsTry: false });
const CONFIGURATION = row('carrier_error', 'pause_carrier', { countsAsTry: false });
const NOT_ROUTED = row('carrier_error', 'back_off', { countsAsTry: false, ambiguous: true });
const UNKNOWN = row('unknown', 'reconcile_first', { ambiguous: true });
const CANCELLED = row('cancelled', 'not_applicable');
const guess = (of: Row): Row => ({ ...of, ambiguous: true });

/**
 * Q.850 causes that say something by themselves. 16, 31 and 127 (normal clearing, normal unspecified,
 * interworking) do not: the SIP status or the course of the call decides then.
 */
export const Q850_TABLE: ReadonlyMap<number, Row> = new Map<number, Row>([
  [1, INVALID],
  [2, NOT_ROUTED],
  [3, NOT_ROUTED],
  [17, BUSY],
  [18, NO_ANSWER],
  [19, NO_ANSWER],
  [20, UNREACHABLE],
  [21, DECLINED],
  [22, INVALID],
  [25, NOT_ROUTED],
  [27, UNREACHABLE],
  [28, INVALID],
  [34, CONGESTION],
  [38, CONGESTION],
  [41, CONGESTION],
  [42, CONGESTION],
  [47, CONGESTION],
  [57, CONFIGURATION],
  [63, CONFIGURATION],
  [79, CONFIGURATION],
  [88, CONFIGURATION],
  [102, UNKNOWN],
]);

/** Final SIP statuses with a reading of their own; the rest go through RFC 3398 to Q.850. */
export const SIP_TABLE: ReadonlyMap<number, Row> = new Map<number, Row>([
  // An adapter answers the first challenge itself, so what reaches us is the second: our credentials.
  [401, CONFIGURATION],
  [407, CONFIGURATION],
  // 403 is also used for caller ids that the carrier does not like.
  [403, guess(DECLINED)],
  [404, INVALID],
  [410, INVALID],
  // RFC 3398 says 18, no answer; carriers say it of phones that are off.
  [480, UNREACHABLE],
  [484, INVALID],
  [486, BUSY],
  [488, CONFIGURATION],
  [500, CONGESTION],
  [502, CONGESTION],
  [503, CONGESTION],
  // RFC 3398 says 102; a gateway that timed out did not reach the callee.
  [504, CONGESTION],
  [600, BUSY],
  [603, DECLINED],
  [604, INVALID],
  [607, BLOCKED], // RFC 8197, unwanted
  [608, BLOCKED], // RFC 8688, rejected by an intermediary
]);

/** RFC 3398 section 8.2.6.1: SIP status received → cause value in the REL. 487, 488 and 606 have no fixed one. */
export const RFC3398_SIP_TO_Q850: ReadonlyMap<number, number> = new Map([
  [400, 41],
  [401, 21],
  [402, 21],
  [403, 21],
  [404, 1],
  [405, 63],
  [406, 79],
  [407, 21],
  [408, 102],
  [410, 22],
  [413, 127],
  [414, 127],
  [415, 79],
  [416, 127],
  [420, 127],
  [421, 127],
  [423, 127],
  [480, 18],
  [481, 41],
  [482, 25],
  [483, 25],
  [484, 28],
  [485, 1],
  [486, 17],
  [500, 41],
  [501, 79],
  [502, 38],
  [503, 41],
  [504, 102],
  [505, 127],
  [513, 127],
  [600, 17],
  [603, 21],
  [604, 1],
]);

/**
 * Vendors' own codes. aliyun: receipt codes of the voice service's SMS-style call reports; twilio: the
 * `CallStatus` words of its voice API.
 */
export const VENDOR_TABLES: Readonly<Record<Vendor, ReadonlyMap<string, Row>>> = {
  aliyun: new Map([
    ['200002', BUSY],
    ['200003', NO_ANSWER],
    ['200004', INVALID],
    ['200005', guess(NO_ANSWER)],
    ['200007', UNREACHABLE],
    ['200010', UNREACHABLE],
    ['200011', INVALID],
    ['200105', BLOCKED],
  ]),
  twilio: new Map([
    ['completed', ANSWERED],
    ['busy', BUSY],
    ['no-answer', NO_ANSWER],
    ['canceled', CANCELLED],
    ['failed', guess(CONGESTION)],
  ]),
};

const SAYS_NOTHING_Q850 = new Set([16, 31, 127]);

/**
 * Read a call's end.
 *
 * Someone picking up settles it, whatever cleared the call later. Our own CANCEL explains a 487 or an
 * empty cause; a callee's own code that crossed it on the wire stands. 408 is no answer once it rang,
 * and an unknown otherwise (the phone may be ringing yet).
 */
export function readCause(input: CauseInput): CauseReading {
  if (input.answered === true) {
    return { ...(input.machine === true ? VOICEMAIL : ANSWERED), basis: 'course' };
  }
  const q850 = input.q850 ?? null;
  const sip = input.sip ?? null;
  const silent = (q850 === null || SAYS_NOTHING_Q850.has(q850)) && (sip === null || sip === 487);
  const endedByUs = input.endedByUs ?? null;
  if (endedByUs === 'stop' && silent) return { ...CANCELLED, basis: 'course' };
  if (endedByUs === 'ring_timeout' && silent) return { ...NO_ANSWER, basis: 'course' };

  const byQ850 = q850 === null ? undefined : Q850_TABLE.get(q850);
  if (byQ850 !== undefined) return { ...byQ850, basis: 'q850' };
  const bySip = sip === null ? undefined : readSip(sip, input.rang === true);
  if (bySip !== undefined) return { ...bySip, basis: 'sip' };
  const vendor = input.vendor ?? null;
  const byVendor = vendor === null ? undefined : VENDOR_TABLES[vendor.name].get(vendor.code);
  if (byVendor !== undefined) return { ...byVendor, basis: 'vendor' };
  return { ...UNKNOWN, basis: 'none' };
}

function readSip(sip: number, rang: boolean): Row | undefined {
  if (sip === 408) return rang ? NO_ANSWER : UNKNOWN;
  const own = SIP_TABLE.get(sip);
  if (own !== undefined) return own;
  const q850 = RFC3398_SIP_TO_Q850.get(sip);
  const mapped = q850 === undefined ? undefined : Q850_TABLE.get(q850);
  return mapped === undefined ? undefined : guess(mapped);
}

/** The codes that a well-behaved carrier sends for an outcome; `readCause` reads them back to it. */
export function codesOf(outcome: Outcome): {
  readonly sip: number | null;
  readonly q850: number | null;
} {
  return CODES[outcome];
}

const CODES: Readonly<Record<Outcome, { sip: number | null; q850: number | null }>> = {
  answered: { sip: 200, q850: 16 },
  voicemail: { sip: 200, q850: 16 },
  no_answer: { sip: 487, q850: 19 },
  busy: { sip: 486, q850: 17 },
  unreachable: { sip: 480, q850: 20 },
  invalid_number: { sip: 404, q850: 1 },
  declined: { sip: 603, q850: 21 },
  blocked: { sip: 607, q850: null },
  congestion: { sip: 503, q850: 34 },
  carrier_error: { sip: 488, q850: 88 },
  cancelled: { sip: 487, q850: 16 },
  unknown: { sip: 408, q850: 102 },
};
