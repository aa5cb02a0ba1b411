import type { CampaignDefinition } from '../../domain/campaign.ts';
import { shiftEndsAt } from '../../domain/shift.ts';
import { MINUTE_MS, type EpochMs } from '../../domain/time.ts';
import type { DialMode } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { tryLockTeams } from '../../db/locks.ts';
import {
  keepPaceMemory,
  pacedCalls,
  pacedEnds,
  pacedSeats,
  paceMemory,
  waysOfOthers,
  type CallOfOther,
  type PacedDemand,
  type PacedSeat,
} from '../../db/repositories/pace-agents.ts';
import { demandOf } from '../../db/repositories/teams.ts';
import { countedBy, isAbove, readAbandonment, USUAL_CAP, type CountedByCap } from '../../gate/abandonment.ts';
import type { OtherCall, PacingController, PacingEvent, PacingLimits } from '../../pacing/controller.ts';
import { abandonmentCaps, type AbandonmentCap, type CompiledPolicySet } from '../../policies/index.ts';
import { controllerOf } from './controllers.ts';

/** A campaign whose calls agents take. */
export interface PacedCampaign {
  readonly id: string;
  readonly definition: CampaignDefinition;
  readonly mode: Exclude<DialMode, 'agentless'>;
  /** Lowest rank of the contacts that agents are to call: all of them, or those that the script has tried in vain. */
  readonly fromRank: number;
}

/** What a campaign's pacer keeps of its agents from tick to tick. */
export interface AgentMemory {
  controller: PacingController | null;
  /** By what the controller was made. */
  madeFor: string;
  /** Ends that the controller was told of, so that none is told twice. */
  readonly told: Map<string, EpochMs>;
  keptAt: EpochMs;
  /** As it is on record whether calls are placed ahead of free agents; null: not known. */
  placesAhead: boolean | null;
}

export function newAgentMemory(): AgentMemory {
  return { controller: null, madeFor: '', told: new Map(), keptAt: 0, placesAhead: null };
}

/** How far back (engine clock) ends are looked for: some become known late, where an event did. */
const ENDS_WITHIN_MS = 5 * MINUTE_MS;
/** What was learned is kept so often (engine clock): a pacer that dies forgets no more. */
const KEPT_EVERY_MS = MINUTE_MS;

/** How many calls to place now. */
export interface AgentPace {
  readonly calls: number;
  /** Why no more: a code. */
  readonly reason: string;
}

/**
 * How many contacts to admit so that agents have calls and whoever answers has an agent: by the mode's controller, from
 * what the database says now. Where a rule's share of abandoned calls is reached, none: the gate would let none through.
 */
export async function paceAgents(
  tx: Tx,
  campaign: PacedCampaign,
  set: CompiledPolicySet,
  memory: AgentMemory,
  at: EpochMs,
): Promise<AgentPace> {
  const { agents, ringTimeoutS, pacing } = campaign.definition;
  if (agents === null || agents === undefined) return { calls: 0, reason: 'agents.none_in_team' };
  const caps = abandonmentCaps(set, { ...campaign.definition, mode: campaign.mode }, at);
  const figures = await readAbandonment(tx, campaign.id, at);
  const counted = caps.map((cap) => countedBy(cap, figures));
  if (caps.some((cap, i) => counted[i] !== null && isAbove(cap, counted[i]!))) {
    return { calls: 0, reason: 'abandonment.rate' };
  }
  const limits = limitsOf(campaign.definition, caps, ringTimeoutS);
  const demand = await demandOf(tx, agents);
  if (!(await tryLockTeams(tx, demand.teamIds))) return { calls: 0, reason: 'agents.counted_elsewhere' };
  // Calls before seats: one that finds its agent meanwhile is counted twice, never not at all.
  const calls = await pacedCalls(tx, { ...campaign, teams: agents.teams }, at);
  const { unassignedSince, keptSince, waiting } = calls;
  const seats = await pacedSeats(tx, demand);
  const others = await othersCalls(tx, demand, calls.others);
  const controller = await controllerFor(tx, campaign, limits, memory);
  const free = seats.filter((seat) => seat.state === 'ready');
  const talking = seats.filter((seat) => seat.state === 'in_call');
  const wrappingUp = seats.filter((seat) => seat.state === 'wrap_up');
  const decision = controller.decide({
    at,
    freeUntil: free.map((seat) => leaves(seat, at)),
    talkingSince: talking.map((seat) => seat.since),
    talkingUntil: talking.map((seat) => leaves(seat, at)),
    wrapUpSince: wrappingUp.map((seat) => seat.since),
    wrapUpUntil: wrappingUp.map((seat) => leaves(seat, at)),
    inFlightSince: unassignedSince,
    keptSince,
    waitingAnswers: waiting,
    others,
    ended: campaign.mode === 'predictive' ? await newEnds(tx, campaign.id, demand, memory, at) : [],
    abandonment: tightest(caps.length === 0 ? [countedBy(USUAL_CAP, figures)] : counted, limits.cap),
  });
  await keep(tx, campaign, memory, decision.reason === 'predictive', at);
  // Definitions of before there were agents say nothing of it.
  const perAgent = (pacing?.maxCallsPerAgent ?? 1) * seats.length - unassignedSince.length;
  return { calls: Math.max(0, Math.min(decision.calls, Math.floor(perAgent))), reason: decision.reason };
}

/** Of what several rules count, what leaves the least; where one has no figures, nothing may be abandoned. */
function tightest(counted: readonly (CountedByCap | null)[], cap: number): CountedByCap {
  const left = (of: CountedByCap) => cap * of.denominator - of.abandoned;
  return counted
    .map((of) => of ?? { abandoned: 0, denominator: 0 })
    .reduce((least, of) => (left(of) < left(least) ? of : least));
}

/** The strictest of what the rules in force and the campaign itself say. */
function limitsOf(
  definition: CampaignDefinition,
  caps: readonly AbandonmentCap[],
  ringTimeoutS: number,
): PacingLimits {
  const law = caps[0]?.ratePercent ?? USUAL_CAP.ratePercent;
  const percent = Math.min(law, definition.pacing?.maxAbandonPercent ?? law);
  const connectWithinS = Math.min(...caps.map((cap) => cap.connectWithinS), USUAL_CAP.connectWithinS);
  return { cap: percent / 100, connectWithinS, ringTimeoutS };
}

/** The campaign's controller, with what it learned; another one where its mode or limits are others now. */
async function controllerFor(
  tx: Tx,
  campaign: PacedCampaign,
  limits: PacingLimits,
  memory: AgentMemory,
): Promise<PacingController> {
  const madeFor = JSON.stringify([campaign.mode, limits]);
  if (memory.controller !== null && memory.madeFor === madeFor) return memory.controller;
  const learned = memory.controller?.learned() ?? (await paceMemory(tx, campaign.id));
  memory.controller = controllerOf(campaign.mode, limits, learned);
  memory.madeFor = madeFor;
  return memory.controller;
}

/** Whether calls are placed ahead is on record before the first of them is at the gate, which goes by it. */
async function keep(
  tx: Tx,
  campaign: PacedCampaign,
  memory: AgentMemory,
  placesAhead: boolean,
  at: EpochMs,
): Promise<void> {
  if (placesAhead === memory.placesAhead && at - memory.keptAt < KEPT_EVERY_MS) return;
  memory.keptAt = at;
  memory.placesAhead = placesAhead;
  const learned = memory.controller?.learned() ?? null;
  if (learned !== null) await keepPaceMemory(tx, campaign.id, { learned, placesAhead }, at);
}

/** Other campaigns' calls, with what is known of how many of these agents they take. */
async function othersCalls(tx: Tx, demand: PacedDemand, calls: readonly CallOfOther[]): Promise<OtherCall[]> {
  const ways = await waysOfOthers(tx, demand, [...new Set(calls.map(({ campaignId }) => campaignId))]);
  return calls.flatMap(({ campaignId, since, certain }) => {
    const known = ways.get(campaignId);
    // Nobody who is there fits its calls.
    return known === undefined ? [] : [{ since, certain, ...known }];
  });
}

async function newEnds(
  tx: Tx,
  campaignId: string,
  demand: PacedDemand,
  memory: AgentMemory,
  at: EpochMs,
): Promise<PacingEvent[]> {
  const from = at - ENDS_WITHIN_MS;
  for (const [id, endedAt] of memory.told) if (endedAt < from) memory.told.delete(id);
  const ends = await pacedEnds(tx, campaignId, demand, from);
  const fresh = ends.filter(({ id }) => !memory.told.has(id));
  for (const end of fresh) memory.told.set(end.id, end.at);
  return fresh.map(({ kind, since, at: endedAt }) => ({ kind, since, at: endedAt }));
}

/** When whoever sits there is due to leave. */
function leaves({ shifts, zone }: PacedSeat, at: EpochMs): EpochMs {
  return shiftEndsAt(shifts, zone, at) ?? Infinity;
}
