import type {
  CappedAttempt,
  SendInScope,
  StoredAttempt,
  StoredDecision,
  StoredStop,
} from '../../audit/records.ts';

/** Records of a true history, for tests to spoil one field of. */
export const CONTACT = '018f0000-0000-7000-8000-000000000001';
export const CAMPAIGN = '018f0000-0000-7000-8000-000000000002';
export const PERSON = '018f0000-0000-7000-8000-000000000003';
export const AT = Date.parse('2026-11-23T02:00:00Z');
export const REAL = Date.parse('2026-11-22T20:00:00Z');

export function decision(more: Partial<StoredDecision> = {}): StoredDecision {
  return {
    id: '018f0000-0000-7000-8000-00000000000d',
    campaignId: CAMPAIGN,
    contactId: CONTACT,
    personId: PERSON,
    stage: 'dial',
    admission: 1,
    at: AT,
    recordedReal: REAL,
    horizonMs: 800,
    verdict: 'allow',
    until: AT + 3_600_000,
    reasons: [],
    engine: 'rightcall.evaluator/1',
    policySetHash: 'set',
    facts: {},
    factsHash: '',
    results: [
      {
        pack: 'p',
        rule: 'r',
        type: 'calling_window',
        outcome: 'pass',
        reason: null,
        until: null,
        inputs: {},
        unverified: false,
      },
    ],
    ...more,
  };
}

export function attempt(more: Partial<StoredAttempt> = {}): StoredAttempt {
  return {
    id: `${CONTACT}/1`,
    contactId: CONTACT,
    campaignId: CAMPAIGN,
    personId: PERSON,
    n: 1,
    admission: 1,
    decisionId: decision().id,
    purpose: 'marketing',
    state: 'ended',
    carrierRef: 'ref',
    claimedAt: AT,
    claimedReal: REAL,
    sendingAt: AT + 40,
    sendingReal: REAL + 40,
    allowUntil: AT + 3_600_000,
    restoredReal: null,
    decision: decision(),
    dials: [{ line: 1, atReal: REAL + 50, at: AT + 50, accepted: true }],
    ...more,
  };
}

export function send(more: Partial<SendInScope> = {}): SendInScope {
  return {
    attemptId: `${CONTACT}/1`,
    campaignId: CAMPAIGN,
    purpose: 'marketing',
    channel: 'voice',
    sendingAt: AT + 60_000,
    sendingReal: REAL + 60_000,
    dialsReal: [REAL + 60_010],
    consents: [],
    suppressions: [],
    ...more,
  };
}

export function stop(more: Partial<StoredStop> = {}): StoredStop {
  return {
    id: '018f0000-0000-7000-8000-00000000000e',
    kind: 'stop',
    scope: 'campaign',
    acknowledgedReal: REAL + 30_000,
    liftedReal: null,
    stillStopped: true,
    about: { purposes: [], channels: [] },
    sends: [],
    ...more,
  };
}

export function capped(id: string, at: number, more: Partial<CappedAttempt> = {}): CappedAttempt {
  return {
    id,
    personId: PERSON,
    number: 'aa',
    purpose: 'marketing',
    debt: null,
    subject: null,
    state: 'ended',
    claimedAt: at,
    sendingAt: at,
    rangAt: at,
    connectedAt: null,
    conversation: false,
    policySetHash: 'set',
    caps: [{ pack: 'p', rule: 'cap' }],
    zones: ['Asia/Shanghai'],
    rungAt: [at],
    ...more,
  };
}
