import { toIso, type EpochMs } from '../../../domain/time.ts';
import type { AckLine } from '../evidence.ts';
import { heldUpBy } from './faults.ts';
import { callsOf } from './logged-calls.ts';
import { ROUNDING_MS } from './permit.ts';
import { byId, dialsOf, grouped, type AttemptRecord, type Case, type Dial } from './records.ts';
import type { Findings, Found } from './verdict.ts';

/** One request of a client, with all its tries. */
interface Request {
  readonly line: AckLine;
  readonly sentReal: EpochMs;
  /** When its success was received; null: it never was. */
  readonly succeededReal: EpochMs | null;
  /** From when on it takes effect no more: all its tries were answered. */
  readonly settledReal: EpochMs;
  readonly refused: boolean;
  readonly stopId: string | null;
}

/**
 * I3: once a client has received the acknowledgement of a stop, the carrier is asked for nothing in its scope, until
 * somebody asks that it be lifted: from when they send that, dialling may be allowed again.
 */
export function judgeStops({ evidence, records }: Case): Findings {
  const attempts = byId(records.attempts);
  const dials = dialsOf(evidence);
  const cutOff = { hungUp: hangupsOf(evidence.requests), overAtOnce: overAtOnce(evidence, dials) };
  const requests = requestsOf(evidence.acks);
  const lifts = requests.filter(({ line, refused }) => line.effect === 'lift' && !refused);
  const violations: Found[] = [];
  const residuals: Found[] = [];
  let looked = 0;
  for (const stop of requests) {
    if (stop.line.effect !== 'stop' || stop.succeededReal === null) continue;
    looked += 1;
    for (const dial of dials) {
      if (dial.atReal <= stop.succeededReal + ROUNDING_MS || dial.attemptId === null) continue;
      const attempt = attempts.get(dial.attemptId);
      if (attempt === undefined || !isInScope(stop.line, attempt)) continue;
      if (dial.atReal >= liftedReal(stop, lifts, attempt)) continue;
      const found = foundAfter(stop, dial, attempt);
      const why = whatRemains(evidence.faults, stop, dial, attempt, cutOff);
      if (why === null) violations.push(found);
      else residuals.push({ ...found, what: `${found.what}; ${why}` });
    }
  }
  return { looked, violations, residuals, notLooked: [] };
}

function requestsOf(acks: readonly AckLine[]): Request[] {
  const tries = grouped(
    acks.map((line, index) => ({ line, key: line.requestKey ?? `line ${index}` })),
    ({ line, key }) => `${line.operation} ${key}`,
  );
  return [...tries.values()].map((group) => {
    const lines = group.map(({ line }) => line);
    const successes = lines.filter(({ status }) => status !== null && status < 300);
    const received = successes.map(({ receivedReal }) => receivedReal ?? Infinity);
    return {
      line: lines[0]!,
      sentReal: Math.min(...lines.map(({ sentReal }) => sentReal)),
      succeededReal: successes.length === 0 ? null : Math.min(...received),
      settledReal: settledReal(lines),
      refused: lines.every(({ status }) => status !== null && status >= 400 && status < 500),
      stopId: successes.find(({ stopId }) => stopId !== null)?.stopId ?? null,
    };
  });
}

/** A try that nobody answered may take effect at any time, unless a later try of the same request was answered. */
function settledReal(lines: readonly AckLine[]): EpochMs {
  const last = lines.toSorted((a, b) => a.sentReal - b.sentReal).at(-1)!;
  if (last.receivedReal === null) return Infinity;
  return Math.max(...lines.map(({ receivedReal }) => receivedReal ?? 0));
}

function isInScope(stop: AckLine, attempt: AttemptRecord): boolean {
  if (stop.scope !== 'all' && stop.tenantId !== attempt.tenantId) return false;
  if (stop.campaignId !== null && stop.campaignId !== attempt.campaignId) return false;
  if (stop.purposes.length > 0 && !stop.purposes.includes(attempt.purpose)) return false;
  switch (stop.scope) {
    case 'all':
    case 'tenant':
      return true;
    case 'campaign':
      return stop.targetId === attempt.campaignId;
    case 'carrier':
      return stop.targetId === attempt.carrierId;
    case 'contact':
      return stop.targetId === attempt.contactId;
    case 'person':
    case 'number':
      return stop.targetId === attempt.personId;
  }
}

/** From when on a stop may bind this attempt no more: a request to lift it was sent that did not come before it. */
function liftedReal(stop: Request, lifts: readonly Request[], attempt: AttemptRecord): EpochMs {
  const after = lifts.filter(
    (lift) =>
      lift.line.scope === stop.line.scope &&
      lift.line.targetId === stop.line.targetId &&
      (lift.line.scope === 'all' || lift.line.tenantId === stop.line.tenantId) &&
      (lift.line.purposes.length === 0 || lift.line.purposes.includes(attempt.purpose)) &&
      lift.settledReal >= stop.sentReal,
  );
  return Math.min(Infinity, ...after.map(({ sentReal }) => sentReal));
}

function foundAfter(stop: Request, dial: Dial, attempt: AttemptRecord): Found {
  const { operation, scope } = stop.line;
  return {
    subject: {
      attemptId: attempt.id,
      contactId: attempt.contactId,
      ...(stop.stopId === null ? {} : { stopId: stop.stopId }),
    },
    aroundReal: dial.atReal,
    what: `the carrier was asked at ${toIso(dial.atReal)}, ${dial.atReal - stop.succeededReal!} ms after ${operation} of its ${scope} was acknowledged`,
    expected: `nothing after ${toIso(stop.succeededReal!)}`,
  };
}

/**
 * Why a request after the acknowledgement is what docs/invariants.md says may remain: its compare-and-set came before, it was
 * held up on its way for longer than a stop waits, by a fault that was put in just there, and it did not ring on: it was
 * hung up, never taken, or over before anybody could hang it up. Null: it is not.
 */
function whatRemains(
  faults: Case['evidence']['faults'],
  stop: Request,
  dial: Dial,
  attempt: AttemptRecord,
  { hungUp, overAtOnce }: CutOff,
): string | null {
  const { sendingReal } = attempt;
  if (sendingReal === null || sendingReal > stop.succeededReal!) return null;
  const why = heldUpBy(faults, sendingReal, dial.atReal);
  if (why === null) return null;
  if (!dial.accepted) return `${why}, and the carrier did not take it`;
  if (hungUp.has(attempt.id)) return `${why}, and it was hung up`;
  return overAtOnce.has(attempt.id) ? `${why}, and the carrier ended it at once` : null;
}

/** Attempts whose call did not ring on. */
interface CutOff {
  readonly hungUp: ReadonlySet<string>;
  readonly overAtOnce: ReadonlySet<string>;
}

function hangupsOf(requests: Case['evidence']['requests']): Set<string> {
  return new Set(
    requests.flatMap((line) =>
      line.kind === 'hangup' && line.attemptId !== null && line.result !== 'error' ? [line.attemptId] : [],
    ),
  );
}

/** Workers that are to hang up ask every second (real ms): a call that is over sooner may be over before they come to it. */
const HANGUP_COMES_MS = 1_000;

/** Attempts whose call ended by itself so soon (real time) after the carrier was asked for it. */
function overAtOnce(evidence: Case['evidence'], dials: readonly Dial[]): Set<string> {
  const calls = callsOf(evidence);
  const { speed } = evidence.run.clock;
  return new Set(
    dials.flatMap(({ attemptId, at }) => {
      const endedAt = attemptId === null ? null : (calls?.get(attemptId)?.endedAt ?? null);
      return endedAt !== null && (endedAt - at) / speed < HANGUP_COMES_MS ? [attemptId!] : [];
    }),
  );
}
