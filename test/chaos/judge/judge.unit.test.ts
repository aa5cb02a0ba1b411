import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../domain/time.ts';
import type { FaultLine } from '../evidence.ts';
import { judgeAudit } from './audit.ts';
import { formatVerdict, judgeCase, verdictOf } from './index.ts';
import {
  ack,
  AUTUMN,
  AUTUMN_CONTACT,
  callOf,
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
  type Changes,
} from './sample-case.ts';
import type { AttemptRecord, ContactRecord } from './records.ts';
import type { GuaranteeId } from './verdict.ts';

const clean = sampleCase();
const NO_AUDIT = judgeAudit([], new Set());

/** Guarantees that a case violates. */
function violated(changes: Changes): GuaranteeId[] {
  return Object.entries(judgeCase(sampleCase(changes)))
    .filter(([, { violations }]) => violations.length > 0)
    .map(([id]) => id as GuaranteeId);
}
const attempts = (change: Partial<AttemptRecord>) => ({
  records: {
    attempts: clean.records.attempts.map((one) => (one.id === SECOND ? { ...one, ...change } : one)),
  },
});
const contacts = (change: Partial<ContactRecord>) => ({
  records: {
    contacts: clean.records.contacts.map((one) => (one.id === AUTUMN_CONTACT ? { ...one, ...change } : one)),
  },
});
const report = (change: object) => ({
  evidence: {
    reports: clean.evidence.reports.map((file) => ({ ...file, report: { ...file.report, ...change } })),
  },
});
const freeze = (atReal: number, untilReal: number, process = 'worker-1'): FaultLine => ({
  kind: 'freeze',
  atReal,
  untilReal,
  process,
  step: null,
  of: null,
});
const requests = (...more: Parameters<typeof dialLine>[]) => [
  ...clean.evidence.requests,
  ...more.map((line) => dialLine(...line)),
];
/** The clean run with one more call of the second campaign. */
function withThirdCall(at: number, knew: string[] = [FIRST, SECOND]): Changes {
  const instants: Record<string, number> = { [FIRST]: START, [SECOND]: LATER };
  const third = callOf({
    contactId: AUTUMN_CONTACT,
    campaignId: AUTUMN,
    n: 2,
    at,
    knew: knew.map((attemptId) => ({ attemptId, at: instants[attemptId]! })),
  });
  return {
    evidence: { requests: requests([third.attempt.id, at + DIAL_AFTER_MS]) },
    records: {
      attempts: [...clean.records.attempts, third.attempt],
      decisions: [...clean.records.decisions, third.decision],
    },
  };
}

describe('the judge', () => {
  test('finds nothing in a run that kept its guarantees, and has looked at all of them', () => {
    const findings = judgeCase(clean);
    for (const [id, { looked, violations, residuals, notLooked }] of Object.entries(findings)) {
      expect({ id, violations, residuals, notLooked }).toEqual({
        id,
        violations: [],
        residuals: [],
        notLooked: [],
      });
      expect({ id, looked }).not.toEqual({ id, looked: 0 });
    }
  });

  test('shows a violation with the seed and a timeline of ids, without any number that was called', () => {
    const broken = sampleCase({ evidence: { requests: requests([SECOND, LATER + 500, 'duplicate']) } });
    const text = formatVerdict(verdictOf(broken, { ...judgeCase(broken), audit: NO_AUDIT }));
    expect(text).toContain('seed 7');
    expect(text).toContain('I2 one ring');
    expect(text).toMatch(/carrier: dial .*\/1: duplicate/);
    expect(text).toMatch(/database: attempt .* set to sending/);
    expect(text).toMatch(/client: pauseCampaign of campaign/);
    expect(text).not.toMatch(/\+\d{7}/);
  });
});

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

describe('I5 caps', () => {
  test('one call more than the cap within its window is caught, over campaigns', () => {
    expect(violated(withThirdCall(LATER + HOUR_MS))).toContain('cap');
  });
  test('a call when the window has passed is within the cap', () => {
    expect(violated(withThirdCall(START + DAY_MS + DIAL_AFTER_MS + 1))).not.toContain('cap');
  });
  test('a call to somebody who is being called is caught', () => {
    const meanwhile = withThirdCall(LATER + 20_000, [FIRST]);
    expect(violated(meanwhile)).toContain('cap');
    const soon = { ...meanwhile.records, documents: new Map(), decisions: [] };
    expect(judgeCase(sampleCase({ ...meanwhile, records: soon })).cap.violations).toHaveLength(1);
    const after = withThirdCall(LATER + 30_000);
    const { evidence, records } = after;
    const noCaps = { ...records, documents: new Map(), decisions: [] };
    expect(judgeCase(sampleCase({ evidence: evidence!, records: noCaps })).cap.violations).toEqual([]);
  });
  test('what the carrier did not take is not counted', () => {
    const third = withThirdCall(LATER + HOUR_MS);
    const [first, ...rest] = third.evidence!.requests!;
    const refused = [{ ...first!, result: 'error' } as typeof first & object, ...rest];
    expect(violated({ ...third, evidence: { requests: refused } })).not.toContain('cap');
  });
});

describe('pace', () => {
  // A line of two a second.
  const calls = (...afterMs: number[]) => ({
    evidence: { requests: afterMs.map((ms) => dialLine(SECOND, LATER + ms)) },
  });
  const pace = (changes: Changes) => judgeCase(sampleCase(changes)).pace;

  test('three requests in any sliding second of a line that takes two are caught', () => {
    expect(pace(calls(50, 500, 1_049)).violations).toHaveLength(0);
    expect(
      pace({ ...calls(50, 500, 1_049), ...attempts({ sendingReal: LATER + 1_000 }) }).violations,
    ).toHaveLength(1);
  });
  test('a full second after the first the next one is in time', () => {
    const sent = attempts({ sendingReal: LATER + 2_000 });
    expect(pace({ ...calls(50, 500, 1_050), ...sent }).violations).toEqual([]);
  });
  test("a campaign's own limit is held as well", () => {
    const campaigns = clean.records.campaigns.map((one) => ({ ...one, callsPerSecond: 1 }));
    const { records } = attempts({ sendingReal: LATER + 2_000 });
    expect(pace({ ...calls(50, 500), records: { ...records, campaigns } }).violations).toHaveLength(1);
  });
  test('requests that were held up on their way are counted apart', () => {
    const { violations, residuals } = pace(calls(500, 800, 1_049));
    expect({ violations, left: residuals.length }).toEqual({ violations: [], left: 1 });
  });
});

describe('I7 evidence', () => {
  test('a decision that evaluates to something else is caught', () => {
    const late = START + 9 * HOUR_MS;
    expect(violated(withThirdCall(late, [FIRST]))).toContain('evidence');
  });
  test('a decision that is missing is caught', () => {
    expect(violated({ records: { decisions: clean.records.decisions.slice(1) } })).toContain('evidence');
  });
  test('a permit without its attempt is caught', () => {
    expect(violated({ records: { attempts: clean.records.attempts.slice(1) } })).toContain('evidence');
  });
  test('a claim at another instant than its decision was not made with it, and is caught', () => {
    expect(violated(attempts({ claimedReal: LATER + 5 }))).toEqual(['evidence']);
  });
  test('a decision that did not know of a call which the carrier had taken is caught', () => {
    expect(violated(withThirdCall(START + DAY_MS + HOUR_MS, [FIRST]))).toContain('evidence');
    expect(violated(withThirdCall(START + DAY_MS + HOUR_MS))).not.toContain('evidence');
  });
});

describe('I10 nothing stuck', () => {
  test.each<[string, Partial<ContactRecord>]>([
    ['is still admitted', { state: 'admitted' }],
    ['waits without an instant', { state: 'waiting', readyAt: null }],
    ['waits in a campaign that is over', { state: 'waiting' }],
    ['has a workflow that goes on after it', { workflowOpen: true }],
    ['has a workflow that was not told', { wakePending: true }],
    ['counts an attempt that there is not', { attempts: 2 }],
    ['has used up an attempt that there is not', { countedAttempts: 2 }],
  ])('a contact that %s is caught', (_, change) => {
    expect(violated(contacts(change))).toContain('stuck');
  });
  test.each<[string, Partial<AttemptRecord>]>([
    ['is still claimed', { state: 'claimed' }],
    ['is still sending', { state: 'sending' }],
    ['is still sent', { state: 'sent' }],
    ['is still unknown', { state: 'unknown' }],
    ['was not settled', { settled: false }],
    ['was not told of', { reportedReal: null }],
  ])('an attempt that %s is caught', (_, change) => {
    expect(violated(attempts(change))).toContain('stuck');
  });
  test.each([
    ['a stored event that was not applied', { pendingEvents: [{ attemptId: SECOND, receivedReal: LATER }] }],
    ['a slot far ahead', { slots: [{ ownerId: CARRIER, nextSlotReal: LATER + DAY_MS }] }],
    ['a lock that is held', { advisoryLocks: 1 }],
  ])('%s is caught', (_, change) => {
    const leftovers = { ...clean.records.leftovers, ...change };
    expect(violated({ records: { leftovers } })).toEqual(['stuck']);
  });
  test('a run that did not become quiet is caught', () => {
    expect(violated({ evidence: { run: { ...clean.evidence.run, quiet: false } } })).toEqual(['stuck']);
  });
});

describe('reports', () => {
  test.each([
    ['calls', { progress: { imported: 1, byState: { completed: 1 }, attempts: 2, answered: 1 } }],
    ['contacts', { progress: { imported: 2, byState: { completed: 1 }, attempts: 1, answered: 1 } }],
    ['states', { progress: { imported: 1, byState: { completed: 1, denied: 1 }, attempts: 1, answered: 1 } }],
    ['outcomes', { attemptsByOutcome: { answered: 1, busy: 1 } }],
    ['outcomes that are missing', { attemptsByOutcome: {} }],
    ['decisions', { decisions: { allow: 2, defer: 0, deny: 0 } }],
    ['people reached', { reached: 0 }],
    ['conversation', { talk: { totalS: 19 } }],
    ['hours', { byHour: [] }],
    ['nothing', { progress: undefined }],
  ])('a report that is wrong about %s is caught', (_, change) => {
    expect(violated(report(change))).toEqual(['report']);
  });
  test('a report that is missing is caught', () => {
    expect(violated({ evidence: { reports: clean.evidence.reports.slice(1) } })).toEqual(['report']);
  });
  test('a call of which nobody could say what became of it counts as unknown, and as nothing else', () => {
    const said = clean.evidence.reports.map((file) =>
      file.campaignId === AUTUMN
        ? {
            ...file,
            report: {
              ...file.report,
              progress: { imported: 1, byState: { completed: 1 }, attempts: 1, answered: 0 },
              attemptsByOutcome: { unknown: 1 },
              reached: 0,
              talk: { totalS: 0 },
              byHour: [{ hour: 7, attempts: 1, answered: 0 }],
            },
          }
        : file,
    );
    expect(violated({ ...attempts({ outcome: 'unknown' }), evidence: { reports: said } })).toEqual([]);
  });
});

describe('the audit', () => {
  const finding = (id: string, attemptId: string) =>
    ({
      decisions: { stored: 2, reevaluated: 2, unknownEngines: {} },
      invariants: [
        {
          id,
          checked: 2,
          violationsTotal: 1,
          violations: [{ subject: { attemptId }, what: 'was sent', expected: 'nothing sent' }],
        },
      ],
    }) as unknown as Parameters<typeof judgeAudit>[0][number];

  test('whatever it finds is a violation, but for what the judge found to be what may remain', () => {
    expect(judgeAudit([finding('I3', FIRST)], new Set()).violations).toHaveLength(1);
    const { violations, residuals } = judgeAudit([finding('I3', FIRST)], new Set([FIRST]));
    expect({ violations, left: residuals.length }).toEqual({ violations: [], left: 1 });
    expect(judgeAudit([finding('I2', FIRST)], new Set([FIRST])).violations).toHaveLength(1);
  });
  test('decisions that could not be evaluated again are a violation', () => {
    const short = {
      ...finding('I3', FIRST),
      invariants: [],
      decisions: { stored: 3, reevaluated: 2, unknownEngines: {} },
    };
    expect(judgeAudit([short], new Set()).violations).toHaveLength(1);
  });
});
