import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../domain/time.ts';
import { judgeAudit } from './audit.ts';
import { formatVerdict, judgeCase, verdictOf } from './index.ts';
import type { AttemptRecord, ContactRecord } from './records.ts';
import {
  AUTUMN,
  AUTUMN_CONTACT,
  CARRIER,
  DIAL_AFTER_MS,
  dialLine,
  FIRST,
  LATER,
  sampleCase,
  SECOND,
  START,
} from './sample-case.ts';
import { attempts, clean, contacts, report, requests, violated, withThirdCall } from './sample-changes.ts';

const NO_AUDIT = judgeAudit([], new Set());

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
  /** Requests of a line of two a second: when each left, and when it came; real ms. */
  const pace = (...sent: [leftMs: number, cameMs: number][]) => {
    const [second] = attempts({}).records.attempts.filter(({ id }) => id === SECOND);
    return judgeCase(
      sampleCase({
        evidence: {
          requests: sent.map(([, cameMs], n) => dialLine(`${AUTUMN_CONTACT}/${n}`, LATER + cameMs)),
        },
        records: {
          attempts: sent.map(([leftMs], n) => ({
            ...second!,
            id: `${AUTUMN_CONTACT}/${n}`,
            sendingReal: LATER + leftMs,
          })),
          campaigns: clean.records.campaigns.map((one) => ({ ...one, callsPerSecond: 5 })),
        },
      }),
    ).pace;
  };
  const counts = (...sent: [number, number][]) => {
    const { violations, residuals } = pace(...sent);
    return [violations.length, residuals.length];
  };

  test('three requests of one moment are caught on a line that takes two a second', () => {
    expect(counts([40, 50], [300, 310], [500, 510])).toEqual([1, 0]);
  });
  test('a full second after the first the next one is in time', () => {
    expect(counts([40, 50], [490, 500], [1_040, 1_050])).toEqual([0, 0]);
  });
  test('requests that left no later than they may and came closer together are counted apart', () => {
    expect(counts([0, 450], [550, 560], [1_100, 1_110])).toEqual([0, 1]);
    expect(counts([0, 10], [250, 260], [500, 510])).toEqual([0, 1]);
  });
  test("those beyond a campaign's own limit are counted apart", () => {
    const six = Array.from({ length: 6 }, (_, n): [number, number] => [n * 150, n * 150]);
    // Of the line four sliding seconds of three; of the campaign one of six.
    expect(counts(...six)).toEqual([4, 1]);
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
  test('what moved after all was quiet is on its way and counted apart; up to then it is caught', () => {
    const { endedReal } = clean.evidence.run;
    const moved = (updatedAt: number) => contacts({ workflowOpen: true, wakePending: true, updatedAt });
    expect(violated(moved(endedReal))).toContain('stuck');
    expect(violated(moved(endedReal + 1))).toEqual([]);
    const { residuals } = judgeCase(sampleCase(moved(endedReal + 1))).stuck;
    expect(residuals.map(({ what }) => what).join()).toContain('was not told of a change');
  });
  test.each([
    ['is kept for a call that is over', { state: 'reserved', attemptId: FIRST, callState: 'over' }],
    ['is on a call that is not theirs', { state: 'in_call', attemptId: FIRST, callState: null }],
    ['writes a call down still', { state: 'wrap_up', attemptId: FIRST, callState: 'wrap_up' }],
    ['has a contact before them', { state: 'reserved', attemptId: null, previewId: FIRST, callState: null }],
  ])('an agent who %s is caught', (_, seat) => {
    const engagedSeats = [{ agentId: 'anna', previewId: null, ...seat }];
    expect(violated({ records: { engagedSeats } })).toEqual(['stuck']);
  });
  test.each([
    ['one after the other are clean', 10, 20, 20, 30, false],
    ['that lie over each other are caught', 10, 20, 19, 30, true],
    ['of which one lies within the other are caught', 10, 40, 20, 30, true],
    ['of which the first never ended are caught', 10, null, 20, 30, true],
  ])('calls of an agent %s, by the rows and by the log', (_, from, until, from2, until2, caught) => {
    const span = (attemptId: string, connected: number, ended: number | null) => ({
      attemptId,
      agentId: 'anna',
      connectedReal: connected,
      endedReal: ended,
    });
    const talks = [span(FIRST, from, until), span(SECOND, from2, until2)];
    expect(violated({ records: { talks } })).toEqual(caught ? ['stuck'] : []);
    const [event] = clean.evidence.events!.flatMap((line) => (line.kind === 'event' ? [line.event] : []));
    const said = talks.flatMap(({ attemptId, connectedReal, endedReal }) => [
      { ...event!, attemptId, type: 'joined' as const, agentId: 'anna', at: connectedReal },
      ...(endedReal === null ? [] : [{ ...event!, attemptId, type: 'ended' as const, at: endedReal }]),
    ]);
    const events = said.map((one) => ({ kind: 'event' as const, event: one }));
    const { stuck } = judgeCase(sampleCase({ evidence: { events } }));
    expect(stuck.violations).toHaveLength(caught ? 1 : 0);
  });
  test('an agent who was taken off a call by another is on it no more', () => {
    const [event] = clean.evidence.events!.flatMap((line) => (line.kind === 'event' ? [line.event] : []));
    const joined = (attemptId: string, agentId: string, at: number) => ({
      kind: 'event' as const,
      event: { ...event!, attemptId, type: 'joined' as const, agentId, at },
    });
    const events = [joined(FIRST, 'anna', 10), joined(FIRST, 'ben', 20), joined(SECOND, 'anna', 30)];
    expect(judgeCase(sampleCase({ evidence: { events } })).stuck.violations).toEqual([]);
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
  test('a contact that changed after the report was asked for may be in another state', () => {
    const states = { imported: 1, byState: { waiting: 1 }, attempts: 1, answered: 1 };
    const changed = report({ progress: states });
    expect(violated(changed)).toEqual(['report']);
    const later = clean.records.contacts.map((one) => ({ ...one, updatedAt: LATER + 3 * HOUR_MS }));
    expect(violated({ ...changed, records: { contacts: later } })).toEqual([]);
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
