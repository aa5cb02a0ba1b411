import { describe, expect, it } from 'vitest';
import { checkFailClosed } from '../../audit/checks/fail-closed.ts';
import { checkIsolation } from '../../audit/checks/isolation.ts';
import {
  checkClaimInstant,
  checkDocuments,
  checkFacts,
  checkReevaluation,
} from '../../audit/checks/evidence.ts';
import { checkLocalTime } from '../../audit/checks/local-time.ts';
import { checkOneRing } from '../../audit/checks/one-ring.ts';
import { checkPermit, checkUnknownDial } from '../../audit/checks/permit.ts';
import { checkPrivacy } from '../../audit/checks/privacy.ts';
import { checkStop } from '../../audit/checks/stop.ts';
import { checkStuck, STALE_ADMISSION_MS, STALE_LEASE_MS } from '../../audit/checks/stuck.ts';
import { checkTightenOnly } from '../../audit/checks/tighten.ts';
import type { StoredContact } from '../../audit/records.ts';
import { canonicalHash, compilePolicySet, evaluate, toStored } from '../../policies/index.ts';
import { facts, housePack, inZones, pack, rule } from '../policies/support.ts';
import { AT, attempt, CAMPAIGN, CONTACT, decision, REAL, send, stop } from './records.ts';

describe('I1 permit', () => {
  it('finds nothing against an attempt with its own decision to allow', () => {
    expect(checkPermit(attempt())).toEqual([]);
  });

  const spoilt: [string, Parameters<typeof attempt>[0]][] = [
    ['no decision', { decision: null }],
    ['a decision of another stage', { decision: decision({ stage: 'admission' }) }],
    ['a decision to defer', { decision: decision({ verdict: 'defer' }) }],
    ["another contact's decision", { decision: decision({ contactId: CAMPAIGN }) }],
    ["another campaign's decision", { decision: decision({ campaignId: CONTACT }) }],
    ["another person's decision", { decision: decision({ personId: CONTACT }) }],
    ['the decision of another admission', { decision: decision({ admission: 2 }) }],
    [
      'a decision recorded after the claim',
      { decision: decision({ recordedReal: REAL + 1_001 }), dials: [] },
    ],
    ['a decision recorded after the send', { decision: decision({ recordedReal: REAL + 42 }) }],
    ['a longer right to send than was decided', { allowUntil: AT + 3_600_001 }],
    ['an endless right to send', { allowUntil: null }],
    ['a state past sending without the send', { sendingReal: null, dials: [] }],
    ['a request while only claimed', { state: 'claimed', sendingReal: null }],
    ['a taken request on record as rejected', { state: 'rejected' }],
    ['a taken request on record as abandoned', { state: 'abandoned' }],
    ['a request before it was set to sending', { sendingReal: REAL + 52 }],
  ];
  it.each(spoilt)('catches %s', (_name, more) => {
    expect(checkPermit(attempt(more)).length).toBeGreaterThan(0);
  });

  it('accepts a request that the carrier refused for an attempt that is rejected', () => {
    const dials = [{ line: 1, atReal: REAL + 50, at: AT + 50, accepted: false }];
    expect(checkPermit(attempt({ state: 'rejected', dials }))).toEqual([]);
  });

  it('catches a request with an unknown attempt id, and one with none', () => {
    expect(checkUnknownDial({ line: 3, attemptId: 'x/1' })[0]?.subject).toEqual({
      line: 3,
      attemptId: 'x/1',
    });
    expect(checkUnknownDial({ line: 3, attemptId: null })[0]?.what).toContain('without an attempt id');
  });
});

describe('I2 one ring', () => {
  const second = attempt({ id: `${CONTACT}/2`, n: 2, admission: 2 });

  it('finds nothing against attempts that count up, one request each, in any order', () => {
    expect(checkOneRing([second, attempt()])).toEqual([]);
  });
  it('catches a second request, even one that the carrier knew for a duplicate', () => {
    const dials = [attempt().dials[0]!, { line: 9, atReal: REAL + 90, at: AT + 90, accepted: false }];
    expect(checkOneRing([attempt({ dials })])[0]?.subject).toMatchObject({ lines: '1, 9' });
  });
  it('catches a gap, a repeat, a second attempt of an admission and an id that is not its own', () => {
    expect(checkOneRing([second])).toHaveLength(1);
    expect(checkOneRing([attempt(), attempt({ admission: 2 })])).toHaveLength(1);
    expect(checkOneRing([attempt(), { ...second, admission: 1 }])).toHaveLength(1);
    expect(checkOneRing([attempt({ id: `${CAMPAIGN}/1` })])).toHaveLength(1);
  });
});

describe('I3 stop means stop', () => {
  it('catches a send after the acknowledgement, by the record or by the carrier alone', () => {
    expect(checkStop(stop({ sends: [send()] })).violations).toHaveLength(1);
    const late = send({ sendingReal: REAL, dialsReal: [REAL + 31_000] });
    expect(checkStop(stop({ sends: [late] })).violations).toHaveLength(1);
  });
  it('finds nothing against sends up to the acknowledgement', () => {
    const early = send({ sendingReal: REAL + 29_000, dialsReal: [REAL + 30_000] });
    expect(checkStop(stop({ sends: [early] })).violations).toEqual([]);
  });
  it('lets a pause bind until it was lifted, and not after', () => {
    const lifted = stop({ kind: 'pause', liftedReal: REAL + 40_000, stillStopped: false });
    expect(checkStop({ ...lifted, sends: [send()] }).violations).toEqual([]);
    const between = send({ sendingReal: REAL + 35_000 });
    expect(checkStop({ ...lifted, sends: [between] }).violations).toHaveLength(1);
  });
  it('says that it cannot tell where a pause was lifted at an unknown time', () => {
    const unknown = stop({ kind: 'pause', stillStopped: false, sends: [send()] });
    expect(checkStop(unknown)).toMatchObject({ violations: [], notChecked: expect.any(String) as string });
    expect(checkStop({ ...unknown, sends: [] }).notChecked).toBeNull();
    expect(checkStop({ ...unknown, stillStopped: true }).violations).toHaveLength(1);
  });

  const event = (kind: 'grant' | 'withdrawal', occurredAt: number, more = {}) => ({
    kind,
    purposes: ['marketing'],
    channels: ['voice'],
    occurredAt,
    ...more,
  });
  it.each([
    ['a withdrawal', [event('withdrawal', 5)], 1],
    ['a withdrawal of everything', [event('withdrawal', 5, { purposes: [], channels: [] })], 1],
    ['a grant before it', [event('grant', 4), event('withdrawal', 5)], 1],
    ['a grant at the same instant', [event('grant', 5), event('withdrawal', 5)], 1],
    ['a grant after it', [event('withdrawal', 5), event('grant', 6)], 0],
    [
      'a later grant of another purpose',
      [event('withdrawal', 5), event('grant', 6, { purposes: ['survey'] })],
      1,
    ],
    ['a withdrawal of another purpose', [event('withdrawal', 5, { purposes: ['survey'] })], 0],
    ['a withdrawal of another channel', [event('withdrawal', 5, { channels: ['sms'] })], 0],
  ])('a withdrawal is judged by the consents at the send: %s', (_name, consents, violations) => {
    const withdrawal = stop({ kind: 'withdrawal', scope: 'person', sends: [send({ consents })] });
    expect(checkStop(withdrawal).violations).toHaveLength(violations);
  });
  it('a withdrawal is held against what it is about alone, whatever else was withdrawn since', () => {
    const sends = [send({ consents: [event('withdrawal', 5)] })];
    const about = (purposes: string[], channels: string[] = []) =>
      checkStop(stop({ kind: 'withdrawal', scope: 'person', about: { purposes, channels }, sends }));
    expect(about(['survey', 'marketing']).violations).toHaveLength(1);
    expect(about(['survey', 'collection']).violations).toEqual([]);
    expect(about([], ['sms']).violations).toEqual([]);
  });
  it.each([
    [[{ scope: 'tenant' as const, campaignId: null, purpose: null }], 1],
    [[{ scope: 'campaign' as const, campaignId: CAMPAIGN, purpose: null }], 1],
    [[{ scope: 'campaign' as const, campaignId: CONTACT, purpose: null }], 0],
    [[{ scope: 'purpose' as const, campaignId: null, purpose: 'survey' }], 0],
    [[], 0],
  ])('a suppression is judged by the entries in force at the send: %j', (suppressions, violations) => {
    const suppression = stop({ kind: 'suppression', scope: 'number', sends: [send({ suppressions })] });
    expect(checkStop(suppression).violations).toHaveLength(violations);
  });
});

describe('I4 local time', () => {
  const hours = rule('hours', 'calling_window', { windows: { daily: ['09:00-20:00'] } });
  const set = compilePolicySet([pack([hours])]);
  const at = (iso: string) => Date.parse(iso);
  const sentAt = (iso: string) => attempt({ sendingAt: at(iso), allowUntil: null, dials: [] });

  it('allows the last millisecond of the window and catches the next', () => {
    expect(checkLocalTime(sentAt('2026-11-23T11:59:59.999Z'), facts(), set)).toEqual([]);
    expect(checkLocalTime(sentAt('2026-11-23T12:00:00.000Z'), facts(), set)[0]?.what).toContain('no.hours');
  });
  it('asks every candidate zone', () => {
    // 09:30 in New York is 06:30 in Los Angeles.
    const both = facts(inZones('America/New_York', 'America/Los_Angeles'));
    expect(checkLocalTime(sentAt('2026-11-23T14:30:00Z'), facts(inZones('America/New_York')), set)).toEqual(
      [],
    );
    expect(checkLocalTime(sentAt('2026-11-23T14:30:00Z'), both, set)).toHaveLength(1);
  });
  it("judges the carrier's instant of a call it took, and not of one it refused", () => {
    const night = { line: 4, atReal: REAL, at: at('2026-11-23T15:00:00Z'), accepted: true };
    const day = sentAt('2026-11-23T02:00:00Z');
    expect(checkLocalTime({ ...day, dials: [night] }, facts(), set)[0]?.subject).toMatchObject({ line: 4 });
    expect(checkLocalTime({ ...day, dials: [{ ...night, accepted: false }] }, facts(), set)).toEqual([]);
  });
  it('catches a send at the end of its permit, whatever the rules say', () => {
    const over = { ...sentAt('2026-11-23T02:00:00Z'), allowUntil: at('2026-11-23T02:00:00Z') };
    expect(checkLocalTime(over, facts(), set)[0]?.subject).toMatchObject({ rule: 'permit' });
  });
});

describe('I6 fail closed', () => {
  it('finds nothing against an allow on known places by rules that pass', () => {
    expect(checkFailClosed(decision(), facts())).toEqual([]);
  });
  it('catches an allow without zone, without jurisdiction, without rules, against a rule, against a reason', () => {
    const nowhere = facts({ country: null, locations: [] });
    expect(checkFailClosed(decision(), nowhere)).toHaveLength(2);
    expect(checkFailClosed(decision({ results: [] }), facts())).toHaveLength(1);
    const against = [{ ...decision().results[0]!, outcome: 'defer' as const }];
    expect(checkFailClosed(decision({ results: against }), facts())).toHaveLength(1);
    expect(checkFailClosed(decision({ reasons: ['x.y'] }), facts())).toHaveLength(1);
  });
  it('has nothing to say of a denial', () => {
    expect(checkFailClosed(decision({ verdict: 'deny' }), facts({ country: null, locations: [] }))).toEqual(
      [],
    );
  });
});

describe('I7 evidence', () => {
  const own = { ...facts(), contactId: CONTACT, campaignId: CAMPAIGN, personId: decision().personId };
  const held = decision({ facts: own, factsHash: canonicalHash(own) });

  it('reads facts whatever the order of their keys, and catches one changed value', () => {
    const reordered = Object.fromEntries(Object.entries(own).reverse());
    expect(checkFacts({ ...held, facts: reordered })).toMatchObject({ violations: [], facts: own });
    expect(checkFacts({ ...held, facts: { ...own, sector: 'other' } }).violations).toHaveLength(1);
  });
  it('catches facts that are none, and facts of another contact', () => {
    expect(checkFacts({ ...held, facts: {} }).facts).toBeNull();
    expect(checkFacts({ ...held, contactId: CAMPAIGN }).violations).toHaveLength(1);
  });

  const set = compilePolicySet([
    pack([rule('hours', 'calling_window', { windows: { daily: ['09:00-20:00'] } })]),
  ]);
  const again = evaluate({ policySet: set, facts: own, at: AT, horizonMs: 800 });
  const same = decision({
    verdict: again.verdict.kind,
    until: again.verdict.kind === 'deny' ? null : again.verdict.until,
    reasons: again.reasons,
    results: again.results,
  });
  it('finds the same trace the same, and catches another verdict, end, reason or result', () => {
    expect(checkReevaluation(same, again)).toEqual([]);
    expect(checkReevaluation({ ...same, verdict: 'deny', until: null }, again)).toHaveLength(1);
    expect(checkReevaluation({ ...same, until: same.until! + 1 }, again)).toHaveLength(1);
    expect(checkReevaluation({ ...same, reasons: ['a.b'] }, again)).toHaveLength(1);
    expect(checkReevaluation({ ...same, results: same.results.slice(1) }, again)[0]?.what).toContain(
      'engine/engine.jurisdiction',
    );
    expect(checkReevaluation({ ...same, results: same.results.toReversed() }, again)).toHaveLength(1);
  });

  it('catches a document that is missing, and one whose bytes changed', () => {
    const stored = toStored(pack([]));
    expect(checkDocuments('set', [stored.hash], [stored])).toEqual([]);
    expect(checkDocuments('set', [stored.hash], [])).toHaveLength(1);
    expect(checkDocuments('set', [stored.hash], [{ ...stored, body: `${stored.body} ` }])).toHaveLength(1);
  });
  it('catches a claim at another instant than its decision', () => {
    expect(checkClaimInstant(attempt())).toEqual([]);
    expect(checkClaimInstant(attempt({ claimedAt: AT + 1 }))).toHaveLength(1);
  });
});

describe('I8 privacy', () => {
  it('catches a number in any part, and does not repeat it', () => {
    const found = checkPrivacy(decision({ facts: { note: 'call +12025550123 back' } }));
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain('5550123');
    expect(checkPrivacy(decision({ reasons: ['+8619900000100'] }))).toHaveLength(1);
  });
  it('takes pseudonyms, instants and zones for what they are', () => {
    const harmless = {
      pseudonym: 'ab12345678'.repeat(6),
      at: AT,
      zone: 'Etc/GMT+12',
      iso: '2026-11-23T10:00:00+08:00',
    };
    expect(checkPrivacy(decision({ facts: harmless }))).toEqual([]);
  });
});

describe('I9 tighten only', () => {
  const house = housePack([rule('cap', 'frequency_cap', {})]);
  it('finds nothing against a house pack that only narrows, nor against a pack of the law', () => {
    expect(checkTightenOnly('set', house)).toEqual([]);
    expect(checkTightenOnly('set', pack([rule('x', 'consent', {})]))).toEqual([]);
  });
  it.each([
    ['coverage', { ...house, covers: [{ jurisdiction: 'CN', purposes: ['marketing'] }] }],
    ['the strength of law', { ...house, rules: [{ ...house.rules[0], strength: 'law' }] }],
    ['an exemption', { ...house, rules: [{ ...house.rules[0], exemptions: [{}] }] }],
    [
      'a window that a consent opens',
      { ...house, rules: [{ ...house.rules[0], params: { widenedWindows: {} } }] },
    ],
  ])('catches a house pack with %s', (_name, document) => {
    expect(checkTightenOnly('set', document)).toHaveLength(1);
  });
});

describe('I10 nothing stuck', () => {
  const contact = (more: Partial<StoredContact> = {}): StoredContact => ({
    id: CONTACT,
    campaignId: CAMPAIGN,
    campaignStatus: 'running',
    state: 'waiting',
    readyAt: AT,
    admissions: 0,
    admittedReal: null,
    openAttempts: [],
    withAgent: false,
    ...more,
  });
  const open = (state: 'claimed' | 'sending' | 'sent', leaseUntilReal: number) => [
    { id: `${CONTACT}/1`, state, leaseUntilReal },
  ];

  it('finds nothing against a contact that waits with an instant, or is being called', () => {
    expect(checkStuck(contact(), REAL)).toEqual({ violations: [], warnings: [] });
    const called = contact({ state: 'admitted', admittedReal: REAL, openAttempts: open('sent', REAL) });
    expect(checkStuck(called, REAL + STALE_ADMISSION_MS * 9)).toEqual({ violations: [], warnings: [] });
  });
  it('points out who is admitted for long without an attempt, but not whom an agent has before them', () => {
    const admitted = { state: 'admitted' as const, admittedReal: REAL };
    const later = REAL + STALE_ADMISSION_MS * 2;
    expect(checkStuck(contact(admitted), later).warnings).toHaveLength(1);
    expect(checkStuck(contact({ ...admitted, withAgent: true }), later).warnings).toEqual([]);
  });
  it('catches a wait without an instant, and anything open in a completed campaign', () => {
    expect(checkStuck(contact({ readyAt: null }), REAL).violations).toHaveLength(1);
    expect(checkStuck(contact({ campaignStatus: 'completed' }), REAL).violations).toHaveLength(1);
    const left = contact({
      campaignStatus: 'completed',
      state: 'withdrawn',
      openAttempts: open('sent', REAL),
    });
    expect(checkStuck(left, REAL).violations).toHaveLength(1);
  });
  it('points out a lease long over and an admission long without an attempt', () => {
    const lost = contact({ state: 'admitted', admittedReal: REAL });
    expect(checkStuck(lost, REAL + STALE_ADMISSION_MS).warnings).toEqual([]);
    expect(checkStuck(lost, REAL + STALE_ADMISSION_MS + 1).warnings).toHaveLength(1);
    const expired = contact({ state: 'admitted', admittedReal: REAL, openAttempts: open('claimed', REAL) });
    expect(checkStuck(expired, REAL + STALE_LEASE_MS).warnings).toEqual([]);
    expect(checkStuck(expired, REAL + STALE_LEASE_MS + 1).warnings).toHaveLength(1);
  });
});

describe('I12 isolation', () => {
  it("catches a decision on another tenant's facts", () => {
    const seen = facts();
    expect(checkIsolation(seen.tenantId, decision(), seen)).toEqual([]);
    expect(checkIsolation('another', decision(), seen)).toHaveLength(1);
  });
});
