import { startCampaign } from '../../api/actions/campaign-life.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import type { CampaignStatus } from '../../domain/vocabulary.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import type { RunningClock } from '../../runtime/clock-file.ts';
import type { AgentsApi } from './agents/api.ts';
import { conductWithAgents, isWrittenDown } from './agents/conduct.ts';
import { habitsOf, shiftMsOf, speedWithAgents } from './agents/cast.ts';
import { BY_START, CALLS_PER_SECOND, type LocalEngine } from './engine.ts';
import { instant } from './format.ts';
import { followCampaign } from './rehearsal.ts';
import { stagedOf, type Run, type Staged } from './runs.ts';
import type { ServerContext } from './servers.ts';

/**
 * Calls that the carrier takes in a second (real) while a campaign works beside the agents that is not slowed by itself: as
 * many as leave the engine time to join whoever answers, on what may be two slow cores.
 */
const CALLS_PER_SECOND_BESIDE = 4;

/** A part of a rehearsal that has a pace of its own. */
export interface Stage {
  /** Simulated agents at work; null: none. */
  readonly agents: number | null;
  /** Simulated time per real time. */
  readonly speed: number;
  /** Calls that the carrier takes in a second, real. */
  readonly callsPerSecond: number;
}

/** @param speed that was asked for */
export function stagesOf(run: Run, speed: number): Stage[] {
  const without = { agents: null, speed, callsPerSecond: CALLS_PER_SECOND };
  if (run.agents === null) return [without];
  const withAgents = {
    agents: run.agents,
    speed: speedWithAgents(run, speed),
    callsPerSecond: run.goesOn ? CALLS_PER_SECOND_BESIDE : CALLS_PER_SECOND,
  };
  return run.goesOn ? [withAgents, without] : [withAgents];
}

/** What is still to come of a rehearsal, as the database has it; its last stage, at whose pace everything stays up, always is. */
export async function stagesLeft(engine: LocalEngine, run: Run, speed: number): Promise<Stage[]> {
  const stages = stagesOf(run, speed);
  const [, ...later] = stages;
  if (later.length === 0) return stages;
  const { ending } = castOf(run);
  return (await areOver(engine, ending)) && (await isWrittenDown(engine, ending)) ? later : stages;
}

/** Campaigns that end with the agents' shift, and those that go on. */
function castOf(run: Run): { readonly ending: readonly Staged[]; readonly beside: readonly Staged[] } {
  const all = stagedOf(run);
  return run.goesOn ? { ending: all.slice(1), beside: all.slice(0, 1) } : { ending: all, beside: [] };
}

/** Carry out a stage, with everything up. */
export async function conductStage(
  s: ServerContext & { readonly options: { readonly exit: boolean } },
  of: {
    readonly engine: LocalEngine;
    readonly run: Run;
    readonly stage: Stage;
    readonly clock: RunningClock;
    readonly api: AgentsApi;
  },
): Promise<void> {
  const { screen, interruption } = s;
  const { engine, run, stage } = of;
  const { clock } = of.clock;
  const start = async (): Promise<void> => {
    for (const { campaignId } of stagedOf(run)) {
      if ((await statusOf(engine, campaignId)) !== 'draft') continue;
      await startCampaign(
        { db: engine.db, clock, defaultPolicySet },
        { tenantId: engine.tenantId, campaignId, by: BY_START, requestId: null, reason: null },
      );
    }
    screen.line(`Rehearsing "${run.name}" at ${stage.speed} times real time, from ${instant(clock.now())}:`);
  };
  const phase = screen.phase(stage.agents === null ? 'Rehearsal' : "Rehearsal of the agents' shift");
  if (stage.agents === null) {
    await start();
    await followCampaign(engine, run.campaignId, clock, screen, interruption, s.options.exit);
  } else {
    const { ending, beside } = castOf(run);
    await conductWithAgents({
      engine,
      api: of.api,
      clock,
      screen,
      interruption,
      agents: stage.agents,
      seed: run.seed,
      habits: habitsOf(run),
      endsAt: run.startAt! + shiftMsOf(run),
      campaigns: ending,
      beside,
      start,
    });
  }
  phase.done();
}

/** Whether all of these campaigns are over. */
export async function areOver(engine: LocalEngine, campaigns: readonly Staged[]): Promise<boolean> {
  for (const { campaignId } of campaigns) {
    const status = await statusOf(engine, campaignId);
    if (status !== 'completed' && status !== 'stopped') return false;
  }
  return true;
}

async function statusOf(engine: LocalEngine, campaignId: string): Promise<CampaignStatus | null> {
  const row = await engine.db.inTenant(engine.tenantId, (tx) => campaignById(tx, campaignId));
  return row?.status ?? null;
}

function defaultPolicySet() {
  const documents = bundledDocuments();
  return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
}
