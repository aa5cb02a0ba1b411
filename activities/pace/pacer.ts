import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../domain/clock.ts';
import type { EpochMs } from '../../domain/time.ts';
import { mayEscalate } from '../../domain/escalation.ts';
import type { CampaignStatus, DialMode } from '../../domain/vocabulary.ts';
import { reach } from '../../domain/steps.ts';
import type { Database, Tx } from '../../db/client.ts';
import { tryLockPacer } from '../../db/locks.ts';
import { AGENT_RANK, RANKS } from '../../db/repositories/hopper.ts';
import { contactsToAdmit } from '../../pacing/agentless.ts';
import type { PolicySource } from '../../gate/policy-source.ts';
import { inactiveAt } from '../../gate/rules/pending.ts';
import type { CampaignKey, CampaignShare, WorkflowGateway } from '../workflow-gateway.ts';
import { claimDue, nextDue, waitingCohorts, type Admitted, type ClaimedBatch } from './claim-due.ts';
import { mixingOf } from './due-by-turns.ts';
import { goalReached, newGoalMemory, type GoalMemory } from './goals.ts';
import { newAgentMemory, paceAgents, type AgentMemory } from './pace-agents.ts';
import { completeCampaign, readPaceState, type PaceState } from './pace-state.ts';

export interface PacerDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly policies: PolicySource;
  readonly workflows: WorkflowGateway;
}

export interface PacerHooks {
  /** Called at every tick, so that a pacer that hangs is noticed. */
  beat(): void;
  readonly cancelled: AbortSignal;
  /** Resolves when the tenant has work, or after this many real ms. */
  readonly waitForWork: (tenantId: string, ms: number) => Promise<void>;
  /** Other campaigns wait for this one's place: it is let go between two ticks, and paced again in its turn. */
  readonly mustGiveWay?: () => boolean;
}

/** Contacts looked at in one claiming transaction: enough to keep a fast carrier busy, short enough for its locks. */
const BATCH_MAX = 25;
/** Workflows that may be being started or signalled when more contacts are claimed. */
const TELLING_MAX = 25;
/** Real ms between ticks: while there is something to do, while all lines are taken, and at most while there is not. */
const BUSY_TICK_MS = 40;
const FULL_TICK_MS = 150;
const IDLE_TICK_MS = 3_000;
/** A closed cohort is looked at again after this long (real) at the latest: what is known of its people may have changed. */
const COHORT_RECHECK_MS = 60_000;

interface TickResult {
  readonly status: CampaignStatus;
  readonly admitted: readonly Admitted[];
  /** Of the tenant's turns in the dial queue, this campaign's. */
  readonly share: number;
  /** Real ms until there can be something to do. */
  readonly waitMs: number;
}

/** Cohort → the instant (engine clock) before which it need not be looked at, and when (real) to look all the same. */
type ClosedCohorts = Map<string, { until: EpochMs; recheckReal: number }>;

/** What one campaign's pacer remembers from tick to tick. */
interface PacerMemory {
  readonly closed: ClosedCohorts;
  /** The set that closed them: another one opens them all. */
  closedBy: string | null;
  readonly agents: AgentMemory;
  readonly goals: GoalMemory;
}

/**
 * Feed a campaign's due contacts to their workflows, as capacity allows, until the campaign is paused or over.
 * Resumable and safe to run twice: all it knows is in the database, and two pacers take turns.
 * @returns the campaign's status when it is no longer `running`, or when it is to give way.
 */
export async function paceCampaign(
  deps: PacerDeps,
  campaign: CampaignKey,
  hooks: PacerHooks,
): Promise<{ status: CampaignStatus }> {
  const memory: PacerMemory = {
    closed: new Map(),
    closedBy: null,
    agents: newAgentMemory(),
    goals: newGoalMemory(),
  };
  const telling = createTelling();
  for (;;) {
    hooks.cancelled.throwIfAborted();
    hooks.beat();
    const tick = await deps.db.inTenant(campaign.tenantId, (tx) =>
      tickOnce(tx, deps, campaign.campaignId, memory),
    );
    if (tick.status !== 'running') return { status: tick.status };
    for (const contact of tick.admitted) {
      telling.add(tell(deps.workflows, { ...campaign, share: tick.share }, contact));
    }
    if (hooks.mustGiveWay?.() === true) {
      await telling.untilBelow(1);
      return { status: 'running' };
    }
    // The next contacts are screened while these are being told of; but never far ahead of what Temporal takes.
    await telling.untilBelow(TELLING_MAX);
    if (tick.waitMs > BUSY_TICK_MS) await hooks.waitForWork(campaign.tenantId, tick.waitMs);
    else await delay(tick.waitMs);
  }
}

async function tell(workflows: WorkflowGateway, campaign: CampaignShare, contact: Admitted): Promise<void> {
  await reach('admission.committed', contact.contactId);
  await workflows.admit(campaign, contact);
  await reach('admission.told', contact.contactId);
}

interface Telling {
  add(told: Promise<void>): void;
  /** Resolves when fewer than `count` are under way. @throws what the first one that failed threw. */
  untilBelow(count: number): Promise<void>;
}

/**
 * Workflows being told of their admission. One that could not be told is not lost: its row says that it was admitted,
 * and the sweeper tells it again.
 */
function createTelling(): Telling {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  return {
    add: (told) => {
      const done: Promise<void> = told
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => underWay.delete(done));
      underWay.add(done);
    },
    untilBelow: async (count) => {
      while (failure === undefined && underWay.size >= count) await Promise.race(underWay);
      if (failure !== undefined) throw failure.error;
    },
  };
}

async function tickOnce(
  tx: Tx,
  deps: PacerDeps,
  campaignId: string,
  memory: PacerMemory,
): Promise<TickResult> {
  const { closed } = memory;
  const idle = (status: CampaignStatus, waitMs = IDLE_TICK_MS): TickResult => ({
    status,
    admitted: [],
    share: 1,
    waitMs,
  });
  const now = deps.clock.now();
  const state = await readPaceState(tx, campaignId, now);
  if (state === null) return idle('stopped');
  if (state.status !== 'running') return idle(state.status);
  if (!(await tryLockPacer(tx, campaignId))) return idle('running', FULL_TICK_MS);

  const { startAt, endAt } = state.schedule;
  if (endAt !== null && now >= Date.parse(endAt)) {
    return idle(await completeCampaign(tx, deps.clock, campaignId, 'its schedule has ended'));
  }
  if (startAt !== null && now < Date.parse(startAt))
    return idle('running', realWait(deps.clock, Date.parse(startAt)));

  const reached = await goalReached(tx, deps.clock, state.campaign, memory.goals);
  if (reached !== null) return idle(await completeCampaign(tx, deps.clock, campaignId, reached));
  const cohorts = await waitingCohorts(tx, campaignId);
  if (cohorts.length === 0) {
    if (state.admitted > 0) return idle('running', FULL_TICK_MS);
    return idle(await completeCampaign(tx, deps.clock, campaignId, 'all contacts are done'));
  }
  if (state.diallingStopped || state.carrierPaused) return idle('running');
  const inactive = inactiveAt(state.campaign.definition, now);
  if (inactive !== null) {
    return idle('running', inactive.until === null ? IDLE_TICK_MS : realWait(deps.clock, inactive.until));
  }
  if (state.lineRestMs > 0)
    return idle('running', Math.min(IDLE_TICK_MS, Math.max(BUSY_TICK_MS, state.lineRestMs)));

  if (state.policySetHash !== memory.closedBy) closed.clear();
  memory.closedBy = state.policySetHash;
  for (const [cohort, { until, recheckReal }] of closed) {
    if (until <= now || recheckReal <= Date.now()) closed.delete(cohort);
  }
  const open = cohorts.filter((cohort) => !closed.has(cohort));
  if (open.length > 0) {
    const batch = await claimAll(tx, deps, state, memory, open, now);
    if (batch === null) return idle('running', FULL_TICK_MS);
    for (const [cohort, until] of batch.closedCohorts) {
      closed.set(cohort, { until, recheckReal: Date.now() + COHORT_RECHECK_MS });
    }
    for (const { contactId } of batch.admitted) await reach('admission.commit', contactId);
    if (batch.looked > 0) {
      const share = 1 / Math.max(1, state.runningCampaigns);
      return { status: 'running', admitted: batch.admitted, share, waitMs: BUSY_TICK_MS };
    }
    if (batch.full) return idle('running', FULL_TICK_MS);
  }
  const due = open.length === 0 ? null : await nextDue(tx, campaignId, open);
  const next = Math.min(...[...closed.values()].map(({ until }) => until), due ?? Infinity);
  return idle('running', Number.isFinite(next) ? realWait(deps.clock, next) : IDLE_TICK_MS);
}

interface TickBatch extends ClaimedBatch {
  /** There was no room for contacts of one kind, who may be due. */
  readonly full: boolean;
}

/**
 * Claim as many as there is room for. Where an agent is to call those that the script has tried in vain, they are claimed
 * apart, as agents are free, so that neither kind waits for what the other needs.
 * @returns null: there is no room at all
 */
async function claimAll(
  tx: Tx,
  deps: PacerDeps,
  state: PaceState,
  memory: PacerMemory,
  open: readonly string[],
  now: EpochMs,
): Promise<TickBatch | null> {
  const { id, definition } = state.campaign;
  const lines = contactsToAdmit({ ...state, admitted: state.admitted - state.withAgents });
  if (lines === 0) return null;
  const claim = (capacity: number, ranks: readonly [number, number]) =>
    claimDue(tx, deps, id, open, Math.min(capacity, BATCH_MAX), ranks, mixingOf(definition));
  if (!mayEscalate(definition)) {
    const capacity = await ownCapacity(tx, deps, state, memory, lines, now);
    if (capacity === 0) return null;
    const own = await claim(capacity, RANKS.own);
    // Left from rules that handed contacts to agents, and that are in force no more.
    return { ...(own.looked > 0 ? own : await claim(capacity, RANKS.escalated)), full: false };
  }
  const free = await agentCapacity(tx, deps, state, memory, 'progressive', AGENT_RANK, now);
  const escalated = free === 0 ? NOTHING_CLAIMED : await claim(Math.min(lines, free), RANKS.escalated);
  const left = lines - escalated.admitted.length;
  const own = left === 0 ? NOTHING_CLAIMED : await claim(left, RANKS.own);
  return {
    admitted: [...escalated.admitted, ...own.admitted],
    looked: escalated.looked + own.looked,
    closedCohorts: new Map([...escalated.closedCohorts, ...own.closedCohorts]),
    full: free === 0,
  };
}

const NOTHING_CLAIMED: ClaimedBatch = { admitted: [], looked: 0, closedCohorts: new Map() };

/** How many contacts to admit for the campaign's own mode: as many as the lines take, and as have an agent where they need one. */
async function ownCapacity(
  tx: Tx,
  deps: PacerDeps,
  state: PaceState,
  memory: PacerMemory,
  lines: number,
  now: EpochMs,
): Promise<number> {
  // Definitions of before there were modes name none.
  const { mode = 'agentless' } = state.campaign.definition;
  if (mode === 'agentless') return lines;
  return Math.min(lines, await agentCapacity(tx, deps, state, memory, mode, 0, now));
}

async function agentCapacity(
  tx: Tx,
  deps: PacerDeps,
  state: PaceState,
  memory: PacerMemory,
  mode: Exclude<DialMode, 'agentless'>,
  fromRank: number,
  now: EpochMs,
): Promise<number> {
  const { id, definition } = state.campaign;
  const set = await deps.policies.forCampaign(tx, state.policySetHash, state.campaign, now);
  const { calls } = await paceAgents(tx, { id, definition, mode, fromRank }, set, memory.agents, now);
  return calls;
}

/** Real ms until an instant of the engine's clock, within what a pacer may sleep. */
function realWait(clock: Clock, until: EpochMs): number {
  return Math.min(IDLE_TICK_MS, Math.max(BUSY_TICK_MS, Math.ceil(clock.toRealMs(until - clock.now()))));
}
