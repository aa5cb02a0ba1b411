import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '../../../domain/time.ts';
import { judgeCase } from './index.ts';
import {
  ack,
  AUTUMN_CONTACT,
  CARRIER,
  DIAL_AFTER_MS,
  dialLine,
  FIRST,
  hangupLine,
  LATER,
  PAUSED,
  PERSON,
  sampleCase,
  SECOND,
  SPRING_CONTACT,
  START,
} from './sample-case.ts';
import { attempts, clean, freeze, requests, violated, withThirdCall } from './sample-changes.ts';

describe('I1 permit', () => {
  test('a request of an attempt that is not on record is caught', () => {
    expect(violated({ evidence: { requests: requests(['nobody/1', LATER + HOUR_MS]) } })).toContain('permit');
  });
  test('a request before the compare-and-set is caught', () => {
    expect(violated(attempts({ sendingReal: LATER + DIAL_AFTER_MS + 2 }))).toContain('permit');
    expect(violated(attempts({ sendingReal: null }))).toContain('permit');
  });
  test('a call that the carrier took and that is on record as not rung is caught', () => {
    expect(violated(attempts({ state: 'abandoned' }))).toContain('permit');
  });
  test('a request by a decision that says no is caught', () => {
    const decisions = clean.records.decisions.map((one) => ({ ...one, verdict: 'deny' }));
    expect(violated({ records: { decisions } })).toContain('permit');
  });
});

describe('I2 one ring', () => {
  test.each(['accepted', 'duplicate', 'error', 'rate_limited'])(
    'a second request for an attempt is caught, though the carrier answered %s',
    (result) => {
      expect(violated({ evidence: { requests: requests([FIRST, START + HOUR_MS, result]) } })).toContain(
        'one-ring',
      );
    },
  );
});

describe('I3 stop means stop', () => {
  const pauseOnly = [ack('pauseCampaign', PAUSED)];

  test('a request after an acknowledged stop of its campaign is caught', () => {
    expect(violated({ evidence: { acks: pauseOnly } })).toEqual(['stop']);
  });
  test.each([
    ['withdrawConsent', 'person', PERSON],
    ['addSuppression', 'number', PERSON],
    ['stopContact', 'contact', AUTUMN_CONTACT],
    ['pauseCarrier', 'carrier', CARRIER],
    ['stopDialling', 'tenant', null],
    ['stopEverything', 'all', null],
  ] as const)('a request after an acknowledged %s is caught', (operation, scope, targetId) => {
    expect(violated({ evidence: { acks: [ack(operation, PAUSED, { scope, targetId })] } })).toEqual(['stop']);
  });
  test('neither another scope nor another purpose is bound', () => {
    const of = (more: Parameters<typeof ack>[2]) => ({
      evidence: { acks: [ack('pauseCampaign', PAUSED, more)] },
    });
    expect(violated(of({ scope: 'contact', targetId: SPRING_CONTACT }))).toEqual([]);
    expect(violated(of({ scope: 'person', targetId: PERSON, purposes: ['survey'] }))).toEqual([]);
    expect(violated(of({ scope: 'person', targetId: PERSON, purposes: ['marketing'] }))).toEqual(['stop']);
  });
  test('a stop binds by its acknowledgement alone: one that nobody received binds nothing', () => {
    const lost = ack('pauseCampaign', PAUSED, { receivedReal: null, status: null });
    expect(violated({ evidence: { acks: [lost] } })).toEqual([]);
    const again = ack('pauseCampaign', PAUSED + 900, { requestKey: 'k' });
    expect(violated({ evidence: { acks: [{ ...lost, requestKey: 'k' }, again] } })).toEqual(['stop']);
  });
  test('what was lifted before the stop was sent does not lift it, nor does a lifting that was refused', () => {
    const before = ack('resumeCampaign', PAUSED - 500);
    expect(violated({ evidence: { acks: [before, ...pauseOnly] } })).toEqual(['stop']);
    const refused = ack('resumeCampaign', PAUSED + 500, { status: 409 });
    expect(violated({ evidence: { acks: [...pauseOnly, refused] } })).toEqual(['stop']);
  });
  test('a lifting that crossed the stop, or was never answered, may have come after it', () => {
    const crossed = ack('resumeCampaign', PAUSED - 5);
    expect(violated({ evidence: { acks: [crossed, ...pauseOnly] } })).toEqual([]);
    const lost = ack('resumeCampaign', PAUSED - 500, { receivedReal: null, status: null });
    expect(violated({ evidence: { acks: [lost, ...pauseOnly] } })).toEqual([]);
  });
});

describe('what may remain of I3', () => {
  // The pause is acknowledged while the second call's request is on its way.
  const acks = [ack('pauseCampaign', LATER + 1_700, { receivedReal: LATER + 2_200 })];
  const late = LATER + 3_000;
  const evidence = (more: object, hungUp = true) => ({
    evidence: {
      acks,
      requests: [
        clean.evidence.requests[0]!,
        dialLine(SECOND, late),
        ...(hungUp ? [hangupLine(SECOND, late + 40)] : []),
      ],
      ...more,
    },
  });
  const faults = [freeze(LATER + 50, late - 10)];

  test('a request whose sender was frozen after its compare-and-set, and that was hung up, is counted apart', () => {
    const { stop } = judgeCase(sampleCase(evidence({ faults })));
    expect(stop.violations).toEqual([]);
    expect(stop.residuals).toHaveLength(1);
    expect(stop.residuals[0]!.what).toContain('worker-1 was frozen, and it was hung up');
  });
  test('without a fault just there it is a violation', () => {
    expect(violated(evidence({}))).toContain('stop');
    expect(violated(evidence({ faults: [freeze(START, START + 500)] }))).toContain('stop');
    expect(violated(evidence({ faults: [freeze(LATER + 50, late, 'api-1')] }))).toContain('stop');
  });
  test('a call that rang on is a violation', () => {
    expect(violated(evidence({ faults }, false))).toContain('stop');
  });
  test('a call that was over before anybody could hang it up is counted apart, a second later it is not', () => {
    const ended = (afterMs: number) => {
      const [, own] = clean.evidence.events!.filter(
        (line) => line.kind === 'event' && line.event.attemptId === SECOND,
      );
      if (own?.kind !== 'event') throw new Error('the sample has an end of the second call');
      const end = { ...own, event: { ...own.event, at: late + afterMs } };
      return evidence({ faults, events: [end] }, false);
    };
    expect(violated(ended(999))).not.toContain('stop');
    expect(judgeCase(sampleCase(ended(999))).stop.residuals[0]!.what).toContain('ended it at once');
    expect(violated(ended(1_000))).toContain('stop');
    expect(violated({ evidence: { ...ended(999).evidence, events: null } })).toContain('stop');
  });
  test('a request that was held up for less than a stop waits for it is a violation', () => {
    const sentLate = attempts({ sendingReal: late - 1_400 });
    expect(violated({ ...evidence({ faults }), ...sentLate })).toContain('stop');
  });
  test('a compare-and-set after the acknowledgement is a violation, whatever was frozen', () => {
    const sentAfter = attempts({ sendingReal: LATER + 2_300 });
    expect(violated({ ...evidence({ faults }), ...sentAfter })).toContain('stop');
  });
});

describe('I4 local time', () => {
  test('a call outside the window of its zone is caught', () => {
    // 21:00 in Shanghai is nine hours after the start.
    const late = withThirdCall(START + 9 * HOUR_MS, [FIRST]);
    expect(violated(late)).toContain('window');
  });
  test('a call outside the window of any other zone that is on record is caught', () => {
    const places = new Map([[PERSON, [{ zone: 'America/New_York', recordedAt: null }]]]);
    expect(violated({ records: { places } })).toContain('window');
  });
  test('evidence of a place that came after the call does not bind it', () => {
    const places = new Map([[PERSON, [{ zone: 'America/New_York', recordedAt: LATER + 1 }]]]);
    expect(violated({ records: { places } })).not.toContain('window');
  });
  test('a clock that was stepped widens the window by its step, and no further', () => {
    const at = START + 9 * HOUR_MS;
    const stepped = (offsetMs: number) => {
      const { evidence, records } = withThirdCall(at, [FIRST]);
      const fault = {
        kind: 'clock',
        atReal: at - 1,
        untilReal: null,
        process: 'worker-1',
        offsetMs,
      } as const;
      return violated({ evidence: { ...evidence, faults: [fault] }, records: records! });
    };
    expect(stepped(-5_000)).not.toContain('window');
    expect(stepped(-20)).toContain('window');
  });
  test('a request that was held up for longer than the guard is counted apart', () => {
    const closing = START + 9 * HOUR_MS;
    const { evidence, records } = withThirdCall(closing - 1_000, [FIRST]);
    const third = records!.attempts!.at(-1)!;
    const held = { evidence: { requests: requests([third.id, closing + 100]) }, records: records! };
    expect(violated({ ...evidence, ...held })).not.toContain('window');
    expect(judgeCase(sampleCase(held)).window.residuals).toHaveLength(1);
  });
});
