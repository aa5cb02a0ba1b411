import type { Database, Tx } from '../db/client.ts';
import { dialFactsSchema } from '../domain/facts.ts';
import { ENGINE_VERSION, evaluate } from '../policies/index.ts';
import { engagedSeats, talksByAgent } from './agent-streams.ts';
import { checkAgentCalls, checkSeat } from './checks/agents.ts';
import { capSchema, checkCaps, type CapLookup } from './checks/caps.ts';
import { checkClaimInstant, checkFacts, checkReevaluation } from './checks/evidence.ts';
import { checkInForce } from './checks/in-force.ts';
import { checkFailClosed } from './checks/fail-closed.ts';
import { checkIsolation } from './checks/isolation.ts';
import { checkLocalTime } from './checks/local-time.ts';
import { checkOneRing } from './checks/one-ring.ts';
import { checkPermit, checkUnknownDial, isRestored } from './checks/permit.ts';
import { checkPrivacy } from './checks/privacy.ts';
import { checkPromise } from './checks/promises.ts';
import { checkStop } from './checks/stop.ts';
import { checkStuck } from './checks/stuck.ts';
import type { SecondPlace } from '../evidence/second-place.ts';
import { auditDuties } from './duties.ts';
import { auditSeals, readCopies, type Copies } from './seals.ts';
import { activationsOf, createPolicyStore, type PolicyStore } from './policy-store.ts';
import { loadDials, unknownDials } from './dial-table.ts';
import { promisesOf } from './promise-stream.ts';
import type { StoredAttempt } from './records.ts';
import { logSizeBytes } from './request-log.ts';
import { stopsOf } from './stop-stream.ts';
import { attemptsByContact, attemptsByPerson, decisionsOf, openContactsOf, type Scope } from './streams.ts';
import {
  createTally,
  INVARIANT_IDS,
  type AuditVerdict,
  type InvariantId,
  type SealsVerdict,
  type Tally,
} from './verdict.ts';

export const AUDIT_PHASES = ['log', 'decisions', 'seals', 'attempts', 'caps', 'stops', 'contacts'] as const;
export type AuditPhase = (typeof AUDIT_PHASES)[number];

export interface AuditRequest {
  readonly db: Database;
  readonly tenantId: string;
  /** The carrier's request log (JSONL): what was really received. Without it, the engine's own record is all there is. */
  readonly requestLog?: string;
  /** Where checkpoints were copied to, to hold the database against. */
  readonly secondPlace?: SecondPlace;
  /** Audit one campaign; caps are still counted over all campaigns of its persons. */
  readonly campaignId?: string;
  /** Called now and then with how many items of a phase have been looked at. */
  readonly onProgress?: (phase: AuditPhase, done: number) => void;
}

const PROGRESS_EVERY = 1_000;
const WITHOUT_LOG = 'what the carrier received: no request log was given';

/**
 * Checks stored evidence against the invariants: every decision is evaluated again from its stored facts and
 * documents, and the attempts, the stops and the carrier's log are held against them. Reads one snapshot of the
 * database and the log as it was just before, so that it may run beside a working engine; writes nothing but a
 * temporary table. Memory stays flat over any number of rows.
 * @throws RightcallError `invalid_input` when the log cannot be read; whatever the database reports
 */
export async function verifyAudit(request: AuditRequest): Promise<AuditVerdict> {
  // Measured before the snapshot: every request in the log was on record before the carrier received it.
  const sizeBytes = request.requestLog === undefined ? null : await logSizeBytes(request.requestLog);
  const { secondPlace } = request;
  const copies = secondPlace === undefined ? null : await readCopies(secondPlace, request.tenantId);
  return request.db.inTenant(request.tenantId, async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    const log = sizeBytes === null ? null : { path: request.requestLog!, sizeBytes };
    return audit(tx, request, log, copies);
  });
}

interface Run {
  readonly tx: Tx;
  readonly scope: Scope;
  readonly store: PolicyStore;
  readonly tallies: Readonly<Record<InvariantId, Tally>>;
  readonly notes: string[];
  readonly progress: (phase: AuditPhase, done: number) => void;
  readonly withLog: boolean;
}

async function audit(
  tx: Tx,
  request: AuditRequest,
  log: { path: string; sizeBytes: number } | null,
  copies: Copies | null,
): Promise<AuditVerdict> {
  const run: Run = {
    tx,
    scope: { campaignId: request.campaignId ?? null },
    store: createPolicyStore(tx),
    tallies: Object.fromEntries(INVARIANT_IDS.map((id) => [id, createTally(id)])) as Run['tallies'],
    notes: [],
    progress: (phase, done) => {
      if (done % PROGRESS_EVERY === 0) request.onProgress?.(phase, done);
    },
    withLog: log !== null,
  };
  const dialRequests = await auditLog(run, log);
  const readReal = Date.now();
  const decisions = await auditDecisions(run);
  const seals = await sealsOf(run, copies);
  const attempts = await auditAttempts(run);
  await auditDuties(tx, run.tallies.I7, run.scope);
  await auditCaps(run);
  await auditStops(run);
  await auditPromises(run, readReal);
  await auditContacts(run, readReal);
  await auditAgents(run, readReal);
  const invariants = INVARIANT_IDS.map((id) => run.tallies[id].verdict());
  return {
    ok: invariants.every((one) => one.violationsTotal === 0) && decisions.reevaluated === decisions.stored,
    readReal,
    decisions,
    seals,
    attempts,
    dialRequests,
    invariants,
    notes: run.notes,
  };
}

async function auditLog(run: Run, log: { path: string; sizeBytes: number } | null): Promise<number | null> {
  const faults = { unreadable: 0, tornEnd: false };
  const count = await loadDials(run.tx, log, faults, (done) => run.progress('log', done));
  if (log === null) {
    for (const id of ['I1', 'I2', 'I3', 'I4', 'I5'] as const) run.tallies[id].notChecked(WITHOUT_LOG);
    return null;
  }
  if (faults.unreadable > 0) {
    run.notes.push(
      `${faults.unreadable} lines of the log could not be read; a carrier that was killed may leave one each time`,
    );
  }
  if (faults.tornEnd)
    run.notes.push('the last line of the log is torn off: its writer was killed or is writing');
  for await (const dial of unknownDials(run.tx)) run.tallies.I1.add(1, checkUnknownDial(dial));
  return count;
}

async function auditDecisions(run: Run): Promise<AuditVerdict['decisions']> {
  const { I6, I7, I8, I9, I12 } = run.tallies;
  const unknownEngines: Record<string, number> = {};
  let stored = 0;
  let reevaluated = 0;
  const activations = await activationsOf(run.tx);
  for await (const decision of decisionsOf(run.tx, run.scope)) {
    stored += 1;
    run.progress('decisions', stored);
    const { facts, violations } = checkFacts(decision);
    I7.add(1, violations);
    I8.add(1, checkPrivacy(decision));
    const { set, first } = await run.store.load(decision.policySetHash);
    if (first) {
      I7.add(1, set.evidence);
      I9.add(1, set.tighten);
    }
    if (facts === null) continue;
    I6.add(1, checkFailClosed(decision, facts));
    I12.add(1, checkIsolation(run.tx.tenantId, decision, facts));
    if (decision.engine !== ENGINE_VERSION) {
      unknownEngines[decision.engine] = (unknownEngines[decision.engine] ?? 0) + 1;
      I7.notChecked(`decisions of ${decision.engine}: this build evaluates as ${ENGINE_VERSION}`);
      continue;
    }
    if (set.compiled === null) {
      I7.notChecked('decisions whose policy set is missing or changed: they cannot be evaluated again');
      continue;
    }
    I7.add(0, checkInForce(decision, set.compiled.documents, activations));
    const again = evaluate({
      policySet: set.compiled,
      facts,
      at: decision.at,
      horizonMs: decision.horizonMs,
    });
    reevaluated += 1;
    I7.add(0, checkReevaluation(decision, again));
  }
  return { stored, reevaluated, unknownEngines };
}

async function sealsOf(run: Run, copies: Copies | null): Promise<SealsVerdict | null> {
  if (run.scope.campaignId === null) {
    return auditSeals(run.tx, run.tallies.I7, copies, (done) => run.progress('seals', done));
  }
  run.tallies.I7.notChecked('the evidence log: it is one for all campaigns');
  return null;
}

async function auditAttempts(run: Run): Promise<number> {
  const { I1, I2, I7 } = run.tallies;
  let attempts = 0;
  let accepted = 0;
  let restored = 0;
  for await (const contact of attemptsByContact(run.tx, run.scope)) {
    I2.add(contact.length, checkOneRing(contact));
    for (const attempt of contact) {
      attempts += 1;
      run.progress('attempts', attempts);
      if (isRestored(attempt)) restored += 1;
      I1.add(1, checkPermit(attempt));
      I7.add(0, checkClaimInstant(attempt));
      if (run.withLog && attempt.carrierRef !== null && attempt.dials.length === 0) accepted += 1;
      await auditLocalTime(run, attempt);
    }
  }
  if (restored > 0) {
    const lost = `${restored} attempts that a restore wrote on their carrier's word: their decisions were lost with the backup`;
    I1.notChecked(lost);
    I7.notChecked(lost);
  }
  if (accepted > 0) {
    run.notes.push(
      `${accepted} attempts that a carrier is on record to have taken are not in the log: another carrier's, or the log is not whole`,
    );
  }
  return attempts;
}

async function auditLocalTime(run: Run, attempt: StoredAttempt): Promise<void> {
  const { decision } = attempt;
  if (attempt.sendingAt === null && attempt.dials.length === 0) return;
  if (decision === null) return run.tallies.I4.notChecked('attempts without a decision');
  const { set } = await run.store.load(decision.policySetHash);
  // Their hash is I7's matter, where the decision itself is looked at.
  const facts = dialFactsSchema.safeParse(decision.facts).data;
  if (set.compiled === null || facts === undefined || decision.engine !== ENGINE_VERSION) {
    return run.tallies.I4.notChecked('attempts whose decision cannot be evaluated again (see I7)');
  }
  run.tallies.I4.add(1, checkLocalTime(attempt, facts, set.compiled));
}

async function auditCaps(run: Run): Promise<void> {
  let done = 0;
  for await (const person of attemptsByPerson(run.tx, run.scope)) {
    const capOf = await capLookup(
      run.store,
      person.flatMap((attempt) => (attempt.policySetHash === null ? [] : [attempt.policySetHash])),
    );
    const finding = checkCaps(person, capOf);
    run.tallies.I5.add(finding.checked, finding.violations);
    for (const name of finding.unreadable) {
      run.tallies.I5.notChecked(`the cap ${name}: it could not be read from the stored documents`);
    }
    done += person.length;
    run.progress('caps', done);
  }
}

async function capLookup(store: PolicyStore, setHashes: readonly string[]): Promise<CapLookup> {
  const sets = new Map<string, Awaited<ReturnType<PolicyStore['load']>>['set']>();
  for (const hash of new Set(setHashes)) sets.set(hash, (await store.load(hash)).set);
  return (setHash, pack, rule) => {
    const found = sets.get(setHash)?.compiled?.rules.find((one) => one.pack === pack && one.rule.id === rule);
    return found === undefined ? null : (capSchema.safeParse(found.rule.params).data ?? null);
  };
}

async function auditStops(run: Run): Promise<void> {
  let done = 0;
  for await (const stop of stopsOf(run.tx, run.scope)) {
    const { violations, notChecked } = checkStop(stop);
    run.tallies.I3.add(1, violations);
    if (notChecked !== null) run.tallies.I3.notChecked(notChecked);
    done += 1;
    run.progress('stops', done);
  }
}

async function auditPromises(run: Run, readReal: number): Promise<void> {
  for await (const promise of promisesOf(run.tx, run.scope)) {
    run.tallies.I11.found(checkPromise(promise, readReal));
  }
}

async function auditAgents(run: Run, readReal: number): Promise<void> {
  for await (const calls of talksByAgent(run.tx, run.scope)) {
    run.tallies.I10.add(calls.length, checkAgentCalls(calls));
  }
  for await (const seat of engagedSeats(run.tx, run.scope)) {
    run.tallies.I10.found(checkSeat(seat, readReal));
  }
}

async function auditContacts(run: Run, readReal: number): Promise<void> {
  let done = 0;
  for await (const contact of openContactsOf(run.tx, run.scope)) {
    run.tallies.I10.found(checkStuck(contact, readReal));
    done += 1;
    run.progress('contacts', done);
  }
}
