import { HOUR_MS, toIso, type EpochMs } from '../../../domain/time.ts';
import { canonicalHash, compilePolicySet, evaluate, type PolicyDocument } from '../../../policies/index.ts';
import { at, facts, NOON, pack, rule } from '../../policies/support.ts';
import type { AckLine, Evidence } from '../evidence.ts';
import { reviewDecision } from './decisions.ts';
import type { AttemptRecord, Case, ContactRecord, DecisionRecord, Records } from './records.ts';

/**
 * A small run in which every guarantee was kept, made up for tests of the judge: one person in two campaigns, called by each once.
 * The engine's clock is the machine's, so that instants can be read. Tests break it in one place each.
 */
export const START = at(NOON);
const id = (n: number) => `01990000-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const TENANT = id(1);
export const CARRIER = id(2);
export const PERSON = id(3);
export const SPRING = id(4);
export const AUTUMN = id(5);
export const SPRING_CONTACT = id(6);
export const AUTUMN_CONTACT = id(7);
export const FIRST = `${SPRING_CONTACT}/1`;
export const SECOND = `${AUTUMN_CONTACT}/1`;
/** The second call comes three hours after the first. */
export const LATER = START + 3 * HOUR_MS;
/** Between them the second campaign is paused and resumed. */
export const PAUSED = START + HOUR_MS;
export const RESUMED = START + 2 * HOUR_MS;
/** Real ms from the claim to the compare-and-set, and to the carrier's log. */
const SEND_AFTER_MS = 50;
export const DIAL_AFTER_MS = 60;

const DOCUMENTS: PolicyDocument[] = [
  pack([
    rule('hours', 'calling_window', { windows: { daily: ['08:00-21:00'] } }),
    rule('cap', 'frequency_cap', {
      count: 2,
      window: { rolling: { hours: 24 } },
      unit: 'attempt',
      key: 'person',
    }),
  ]),
];
const SET = compilePolicySet(DOCUMENTS);

export interface CallOf {
  readonly contactId: string;
  readonly campaignId: string;
  readonly n: number;
  readonly at: EpochMs;
  /** Attempts that the decision's facts name. */
  readonly knew: readonly { readonly attemptId: string; readonly at: EpochMs }[];
}

/** An attempt that was claimed, sent, taken and answered, with its decision. */
export function callOf({ contactId, campaignId, n, at: claimed, knew }: CallOf): {
  attempt: AttemptRecord;
  decision: DecisionRecord;
} {
  const attemptId = `${contactId}/${n}`;
  const decisionId = id(Number(claimed % 1e9) + n);
  const known = facts({ attempts: knew.map((one) => ({ at: toIso(one.at) })) });
  const own = {
    ...known,
    tenantId: TENANT,
    contactId,
    campaignId,
    personId: PERSON,
    attempts: known.attempts.map((one, i) => ({ ...one, attemptId: knew[i]!.attemptId })),
  };
  const evaluation = evaluate({ policySet: SET, facts: own, at: claimed, horizonMs: 800 });
  return {
    attempt: {
      tenantId: TENANT,
      id: attemptId,
      contactId,
      campaignId,
      personId: PERSON,
      decisionId,
      purpose: 'marketing',
      number: 'aa',
      debt: null,
      subject: null,
      carrierId: CARRIER,
      state: 'ended',
      leaseUntilReal: claimed + 2_050,
      claimedReal: claimed,
      sendingAt: claimed + SEND_AFTER_MS,
      sendingReal: claimed + SEND_AFTER_MS,
      outcome: 'answered',
      disposition: 'completed',
      reason: null,
      hangupRequestedReal: null,
      hangupDoneReal: null,
      settled: true,
      reportedReal: claimed + 90_000,
    },
    decision: reviewDecision(
      {
        tenantId: TENANT,
        id: decisionId,
        contactId,
        personId: PERSON,
        campaignId,
        stage: 'dial',
        verdict: 'allow',
        until: evaluation.verdict.kind === 'deny' ? null : evaluation.verdict.until,
        at: claimed,
        recordedReal: claimed,
        horizonMs: 800,
        reasons: evaluation.reasons,
        engine: evaluation.engine,
        policySetHash: SET.hash,
        facts: own,
        factsHash: canonicalHash(own),
        results: evaluation.results,
      },
      SET,
    ),
  };
}

export function dialLine(
  attemptId: string,
  atReal: EpochMs,
  result = 'accepted',
): Evidence['requests'][number] {
  const instants = { at: toIso(atReal), simulatedAt: toIso(atReal) };
  const answer = { status: 201, reference: `sim-${attemptId}`, reason: null };
  return {
    kind: 'dial',
    ...instants,
    ...answer,
    attemptId,
    to: '+8619900000001',
    from: '+12025550100',
    result: result as 'accepted',
    ringTimeoutS: 30,
    context: {},
  };
}

export function hangupLine(attemptId: string, atReal: EpochMs): Evidence['requests'][number] {
  const instants = { at: toIso(atReal), simulatedAt: toIso(atReal) };
  return {
    kind: 'hangup',
    ...instants,
    status: 200,
    reference: `sim-${attemptId}`,
    reason: null,
    attemptId,
    result: 'accepted',
  };
}

/** A person answers, ten seconds after the dial, and talks for 20 s. */
function eventsOf(attemptId: string, dialled: EpochMs): NonNullable<Evidence['events']> {
  const event = {
    attemptId,
    reference: `sim-${attemptId}`,
    digits: null,
    machine: null,
    agentId: null,
    end: null,
  };
  const end = {
    by: 'callee',
    endedByUs: null,
    sip: 200,
    q850: 16,
    vendorCode: null,
    answered: true,
  } as const;
  return [
    { kind: 'event', event: { ...event, eventId: `${attemptId}-a`, type: 'answered', at: dialled + 10_000 } },
    {
      kind: 'event',
      event: {
        ...event,
        eventId: `${attemptId}-e`,
        type: 'ended',
        at: dialled + 30_000,
        end: { ...end, machine: false, ringS: 10, talkS: 20, disposition: 'completed' },
      },
    },
  ];
}

export function ack(operation: string, sentReal: EpochMs, more: Partial<AckLine> = {}): AckLine {
  const stops = /^(stop|pause|withdraw|add)/.test(operation);
  return {
    operation,
    effect: stops ? 'stop' : 'lift',
    tenantId: TENANT,
    scope: 'campaign',
    targetId: AUTUMN,
    purposes: [],
    campaignId: null,
    sentReal,
    receivedReal: sentReal + 20,
    status: 200,
    requestKey: null,
    stopId: stops ? id(8) : null,
    complete: stops ? true : null,
    process: 'api-1',
    ...more,
  };
}

function contact(contactId: string, campaignId: string): ContactRecord {
  return {
    tenantId: TENANT,
    id: contactId,
    campaignId,
    personId: PERSON,
    state: 'completed',
    stateReason: null,
    readyAt: START,
    attempts: 1,
    countedAttempts: 1,
    workflowOpen: false,
    wakePending: false,
    updatedAt: LATER + HOUR_MS,
  };
}

function reportOf(campaignId: string): Evidence['reports'][number] {
  return {
    tenantId: TENANT,
    campaignId,
    askedReal: LATER + 2 * HOUR_MS,
    report: {
      progress: { imported: 1, byState: { completed: 1 }, attempts: 1, answered: 1 },
      attemptsByOutcome: { answered: 1 },
      decisions: { allow: 1, defer: 0, deny: 0 },
      reached: 1,
      talk: { totalS: 20 },
      byHour: [{ hour: 4, attempts: 1, answered: 1 }],
    },
  };
}

/** What a test changes of the clean run; whatever is left out stays as it is. */
export interface Changes {
  readonly evidence?: Partial<Evidence>;
  readonly records?: Partial<Records>;
}

export function sampleCase(changes: Changes = {}): Case {
  const first = callOf({ contactId: SPRING_CONTACT, campaignId: SPRING, n: 1, at: START, knew: [] });
  const second = callOf({
    contactId: AUTUMN_CONTACT,
    campaignId: AUTUMN,
    n: 1,
    at: LATER,
    knew: [{ attemptId: FIRST, at: START }],
  });
  const campaign = { tenantId: TENANT, status: 'completed', callsPerSecond: null };
  return {
    evidence: {
      dir: '/nowhere',
      run: {
        seed: '7',
        build: 'this',
        clock: { from: START, realStart: START, speed: 1 },
        startedReal: START,
        endedReal: LATER + 2 * HOUR_MS,
        quiet: true,
        tenants: [{ id: TENANT, name: 'default' }],
        campaigns: [SPRING, AUTUMN].map((one) => ({ id: one, tenantId: TENANT, name: one })),
        databaseUrl: 'postgres://nowhere',
        engineDatabaseUrl: 'postgres://nowhere',
        secondPlaceDir: null,
        asked: {},
      },
      requests: [dialLine(FIRST, START + DIAL_AFTER_MS), dialLine(SECOND, LATER + DIAL_AFTER_MS)],
      events: [...eventsOf(FIRST, START), ...eventsOf(SECOND, LATER)],
      acks: [ack('pauseCampaign', PAUSED), ack('resumeCampaign', RESUMED)],
      faults: [],
      reports: [reportOf(SPRING), reportOf(AUTUMN)],
      torn: 0,
      ...changes.evidence,
    },
    records: {
      attempts: [first.attempt, second.attempt],
      contacts: [contact(SPRING_CONTACT, SPRING), contact(AUTUMN_CONTACT, AUTUMN)],
      campaigns: [
        { ...campaign, id: SPRING },
        { ...campaign, id: AUTUMN },
      ],
      carriers: new Map([[CARRIER, 2]]),
      decisions: [first.decision, second.decision],
      stops: [],
      engagedSeats: [],
      talks: [],
      places: new Map([[PERSON, [{ zone: 'Asia/Shanghai', recordedAt: null }]]]),
      documents: new Map([[SET.hash, DOCUMENTS]]),
      leftovers: {
        pendingEvents: [],
        slots: [{ ownerId: CARRIER, nextSlotReal: LATER }],
        advisoryLocks: 0,
      },
      ...changes.records,
    },
  };
}
