import type { GuaranteeId } from '../judge/verdict.ts';
import type { Focus } from '../focus.ts';

/** One change of the code; `find` must stand in the file exactly once. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A build that breaks a promise on purpose, so that the judge can be seen to notice. */
export interface BrokenBuild {
  readonly name: string;
  /** What it does wrong, in words. */
  readonly what: string;
  /** The guarantee that the judge has to name; it may name others as well. */
  readonly breaks: GuaranteeId;
  readonly patches: readonly Patch[];
  readonly focus: Focus;
}

const SEND = 'activities/calls/send.ts';
const SEND_SLOT = 'activities/calls/send-slot.ts';
const STOP = 'db/stop.ts';
const LOCKS = 'db/locks.ts';
const DECIDE = 'gate/decide.ts';
const DIAL = 'const dial = () =>';
/** Asks once more where the answer was lost. */
const DIAL_AGAIN = `const dial = async () => {
    const first = await dialOnce();
    return first.kind === 'unknown' ? dialOnce() : first;
  };
  const dialOnce = () =>`;

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  {
    name: 'send-before-set',
    what: 'asks the carrier without setting the attempt to sending first',
    breaks: 'permit',
    patches: [
      {
        file: SEND,
        find: 'await db.single(tenantId, (tx) => beginSend(tx, permit, now, SEND_LEASE_MS));',
        replace: 'await Promise.resolve(true);',
      },
    ],
    focus: { kinds: [] },
  },
  {
    name: 'send-again',
    what: 'asks the carrier again when its answer was lost',
    breaks: 'one-ring',
    patches: [{ file: SEND, find: DIAL, replace: DIAL_AGAIN }],
    focus: { kinds: ['carrier-lost-answer'] },
  },
  {
    name: 'set-without-compare',
    what: 'uses a permit whatever became of it: neither state nor fence nor lease is compared',
    breaks: 'stop',
    patches: [
      {
        file: 'db/repositories/attempts.ts',
        find: `fence = $3 AND state = 'claimed' AND lease_until_real > clock_timestamp()\n       AND claimed_at <= $4\n     RETURNING 1 AS one`,
        replace: '$3::int IS NOT NULL\n     RETURNING 1 AS one',
      },
    ],
    // Permits wait for the line, so that stops find some to take back.
    focus: { kinds: [], callsPerSecond: 3, pauseMs: { min: 4_000, max: 6_000 } },
  },
  {
    name: 'stop-without-revoking',
    what: 'a stop leaves the permits that were not used yet',
    breaks: 'stop',
    patches: [
      {
        file: 'db/stop-scope.ts',
        find: `AND state = 'claimed' RETURNING id`,
        replace: `AND state = 'claimed' AND false RETURNING id`,
      },
    ],
    focus: { kinds: [], callsPerSecond: 3, pauseMs: { min: 4_000, max: 6_000 } },
  },
  {
    name: 'stop-without-waiting',
    what: 'a stop is acknowledged while requests are on their way',
    breaks: 'stop',
    patches: [{ file: STOP, find: 'bound.inFlight === 0', replace: 'bound.inFlight >= 0' }],
    focus: { kinds: ['network-delay'], links: ['carrier'], pauseMs: { min: 2_000, max: 4_000 } },
  },
  {
    name: 'stop-without-lock',
    what: 'a stop does not wait for passes of the gate that are inside',
    breaks: 'stop',
    patches: [{ file: LOCKS, find: 'pg_advisory_xact_lock(${KEY})', replace: '$1::text' }],
    focus: { kinds: ['freeze'], steps: ['claim.commit'], pauseMs: { min: 6_000, max: 9_000 } },
  },
  {
    name: 'window-at-decision-only',
    what: 'decides without a horizon, and sends whenever the line is free',
    breaks: 'window',
    patches: [
      { file: DECIDE, find: 'return Math.ceil(SEND_HORIZON_REAL_MS * clock.speed);', replace: 'return 0;' },
      {
        file: DECIDE,
        find: 'return allowUntil === null ? null : allowUntil - Math.ceil(SEND_GUARD_REAL_MS * clock.speed);',
        replace: 'return null;',
      },
    ],
    focus: { kinds: [], callsPerSecond: 3, speed: 1_080 },
  },
  {
    name: 'person-without-lock',
    what: 'passes of the gate for one person do not take turns',
    breaks: 'cap',
    patches: [{ file: LOCKS, find: ' FOR NO KEY UPDATE OF persons', replace: '' }],
    focus: { kinds: ['freeze'], steps: ['claim.commit'], freezeMs: { min: 700, max: 1_500 } },
  },
  {
    name: 'own-campaign-only',
    what: 'the gate does not look at calls of other campaigns',
    breaks: 'cap',
    patches: [
      {
        file: 'gate/dossier.ts',
        find: 'a.person_id = c.person_id AND a.rang_at > $3',
        replace: 'a.contact_id = c.id AND a.rang_at > $3',
      },
    ],
    // Caps of a day are met after as many calls.
    focus: { kinds: [], speed: 540, enoughRequests: 260 },
  },
  {
    name: 'no-slots',
    what: 'sends do not wait for a slot of the line',
    breaks: 'pace',
    patches: [{ file: SEND_SLOT, find: 'if (answer === null) return false;', replace: 'return true;' }],
    focus: { kinds: [], callsPerSecond: 2 },
  },
  {
    name: 'facts-left-out',
    what: 'a decision is stored without the earlier calls that it was made on',
    breaks: 'evidence',
    patches: [
      {
        file: DECIDE,
        find: 'canonicalJson(dossier.facts)',
        replace: 'canonicalJson({ ...dossier.facts, attempts: [] })',
      },
    ],
    focus: { kinds: [] },
  },
  {
    name: 'no-sweeper',
    what: 'nobody looks after leases that ran out and answers that were lost',
    breaks: 'stuck',
    patches: [
      {
        file: 'activities/services/look-ups.ts',
        find: "WHERE tenant_id = $1 AND reported_real IS NULL AND state = 'unknown'`,",
        replace: 'WHERE tenant_id = $1 AND false`,',
      },
      {
        file: 'activities/services/sweep.ts',
        find: `((state IN ('claimed', 'sending') AND lease_until_real < clock_timestamp())`,
        replace: `false AND ((state IN ('claimed', 'sending') AND lease_until_real < clock_timestamp())`,
      },
    ],
    focus: { kinds: ['carrier-5xx', 'carrier-lost-answer'] },
  },
  {
    name: 'lost-admissions',
    what: 'nobody looks after contacts that were admitted by a pacer that died',
    breaks: 'stuck',
    patches: [
      {
        file: 'activities/services/sweep.ts',
        find: 'd.admitted_real < clock_timestamp() - make_interval(secs => $2)',
        replace: 'd.admitted_real < clock_timestamp() - make_interval(secs => 1000000 + $2)',
      },
    ],
    focus: { kinds: ['kill'], steps: ['admission.committed'] },
  },
  {
    name: 'agents-in-two-calls',
    what: 'an agent who talks is given to the next who answers as well',
    breaks: 'stuck',
    patches: [
      {
        file: 'db/repositories/seats.ts',
        find: "const READY = `s.state = 'ready' AND",
        replace: "const READY = `s.state IN ('ready', 'in_call') AND",
      },
      {
        // Nor does the pacer wait for them to be free.
        file: 'db/repositories/pace-agents.ts',
        find: '`SELECT s.state, s.since, a.zone, a.shifts',
        replace:
          "`SELECT CASE s.state WHEN 'wrap_up' THEN s.state ELSE 'ready' END AS state, s.since, a.zone, a.shifts",
      },
    ],
    focus: { kinds: [], speed: 240, agents: 2 },
  },
  {
    name: 'agents-kept',
    what: 'an agent stays kept for a call that came to nothing, and nobody looks after them',
    breaks: 'stuck',
    patches: [
      {
        file: 'activities/agents/free-seat.ts',
        find: 'if (agentId === null) return;',
        replace: "if (agentId !== '') return;",
      },
      {
        file: 'activities/services/agent-upkeep.ts',
        find: 'const overdue = await db.single(tenantId, (tx) => overdueSeats(tx, BATCH));',
        replace: 'const overdue: OverdueSeat[] = [];',
      },
    ],
    focus: { kinds: [], speed: 240, agents: 3 },
  },
  {
    name: 'voicemail-is-answered',
    what: 'a report counts calls that a machine took as answered',
    breaks: 'report',
    patches: [
      {
        file: 'db/repositories/progress.ts',
        find: `count(*) FILTER (WHERE outcome = 'answered') AS answered`,
        replace: `count(*) FILTER (WHERE outcome IN ('answered', 'voicemail')) AS answered`,
      },
    ],
    focus: { kinds: [] },
  },
  {
    name: 'promises-unchecked',
    what: 'any call keeps a promised one, whenever it was, and a breach has no reason',
    breaks: 'audit',
    patches: [
      {
        file: 'activities/calls/settle.ts',
        find: 'if (sentAt !== null && fromAt <= sentAt && sentAt < untilAt) {',
        replace: 'if (sentAt !== null) {',
      },
      {
        file: 'activities/services/callbacks.ts',
        find: 'const reason = await reasonOfBreach(tx, deps, callback);',
        replace: 'const reason = null;',
      },
    ],
    focus: { kinds: [], speed: 1_080 },
  },
];

/** The builds of these names; `all`: every one. Null: there is none of such a name. */
export function buildsNamed(name: string): readonly BrokenBuild[] | null {
  if (name === 'all') return BROKEN_BUILDS;
  const builds = BROKEN_BUILDS.filter((build) => build.name === name);
  return builds.length === 0 ? null : builds;
}
