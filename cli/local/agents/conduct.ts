import { setTimeout as delay } from 'node:timers/promises';
import { campaignProgress, type CampaignProgress } from '../../../db/repositories/reports.ts';
import type { Clock } from '../../../domain/clock.ts';
import { messageOf, RightcallError } from '../../../domain/failures.ts';
import type { LocalEngine } from '../engine.ts';
import { count, instant } from '../format.ts';
import type { Interruption } from '../interruption.ts';
import type { Staged } from '../runs.ts';
import type { Screen } from '../screen.ts';
import { told, type AgentsApi } from './api.ts';
import { openFloor } from './floor.ts';
import type { Habits } from './habits.ts';
import { hireTeam } from './hire.ts';
import { TEAM } from './modes.ts';

const LOOK_MS = 1_000;
/** Real ms in which calls that are up at the end of a shift end, and are written down, at the longest. */
const ENDING_MS = 10 * 60_000;

export interface Conduct {
  readonly engine: LocalEngine;
  readonly api: AgentsApi;
  readonly clock: Clock;
  readonly screen: Screen;
  readonly interruption: Interruption;
  readonly agents: number;
  readonly seed: string;
  readonly habits: Partial<Habits>;
  /** Simulated end of the shift. */
  readonly endsAt: number;
  /** Those that end with it. */
  readonly campaigns: readonly Staged[];
  /** One that goes on without agents when it is over, and is shown meanwhile. */
  readonly beside: readonly Staged[];
  /** Put the campaigns to work, once there are agents. */
  readonly start: () => Promise<void>;
}

/** Agents at work on all campaigns at once, until each is over, or the shift is and what is left is stopped. */
export async function conductWithAgents(c: Conduct): Promise<void> {
  const { api, screen, interruption } = c;
  const hiring = screen.phase(`${count(c.agents)} simulated agents`);
  // Names and zone of nobody: they are made up.
  const team = await interruption.guard(hireTeam(api, { name: TEAM, agents: c.agents, zone: 'Etc/UTC' }));
  hiring.done(`${count(c.agents)} simulated agents in the team "${TEAM}"`);
  const floor = openFloor({ api, team, speed: c.clock.speed, seed: c.seed, habits: c.habits });
  try {
    await c.start();
    await untilOver(c);
    await untilFree(c);
  } finally {
    screen.endLive();
    // Ctrl-C ends everything that they could sign out of.
    if (interruption.signal.aborted) void floor.close().catch(() => undefined);
    else await floor.close();
  }
}

async function untilOver(c: Conduct): Promise<void> {
  const { endsAt } = c;
  const shown = [...c.campaigns, ...c.beside];
  let stopped = false;
  let stopReal = Infinity;
  let away = false;
  for (;;) {
    await c.interruption.guard(delay(LOOK_MS));
    const found = await c.interruption.guard(progressOf(c, shown)).catch((error: unknown) => {
      if (c.interruption.signal.aborted) throw error;
      if (!away) c.screen.line(`  ! The database does not answer (${messageOf(error)}); waiting for it`);
      away = true;
      return null;
    });
    if (found === null) continue;
    if (away) c.screen.line('  ✓ The database answers again');
    away = false;
    c.screen.live([...shown.map(({ title }, n) => lineOf(title, found[n]!)), `${instant(c.clock.now())}`]);
    const ending = found.slice(0, c.campaigns.length);
    if (ending.every((one) => isOver(one) && one.admitted === 0)) return;
    const nobodyLeft = ending.every((one) => isOver(one) || isForLater(one, endsAt));
    if (!stopped && (nobodyLeft || c.clock.now() >= endsAt)) {
      stopped = true;
      stopReal = Date.now();
      const why = nobodyLeft ? 'Nobody else may be called in this shift' : 'The shift is over';
      c.screen.line(`  ${why} (${instant(c.clock.now())}); what is left is stopped`);
    }
    // Asked again as long as it is not so: the API may have been away.
    if (stopped) await stopAll(c, ending);
    if (Date.now() - stopReal > ENDING_MS)
      throw new RightcallError('unavailable', 'calls did not end after the shift; the logs say why');
  }
}

async function stopAll(c: Conduct, found: readonly CampaignProgress[]): Promise<void> {
  for (const [n, { campaignId }] of c.campaigns.entries()) {
    if (isOver(found[n]!)) continue;
    const answer = await c.api.call(null, 'POST', `/v1/campaigns/${campaignId}/stop`, {
      reason: 'end of the shift',
    });
    if (answer !== null && answer.status >= 400 && answer.status < 500 && answer.status !== 409)
      throw new RightcallError('internal', `a campaign cannot be stopped: ${told(answer)}`);
  }
}

/** Calls that were up at the end are written down before their agents go. */
async function untilFree(c: Conduct): Promise<void> {
  const until = Date.now() + ENDING_MS;
  while (Date.now() < until) {
    if (await isWrittenDown(c.engine, c.campaigns)) return;
    await c.interruption.guard(delay(LOOK_MS));
  }
  throw new RightcallError(
    'unavailable',
    'an agent still holds a contact, or a call is not over; the logs say why',
  );
}

/** Whether no agent has anything to do with these campaigns any more, nor a call of theirs is up. */
export async function isWrittenDown(engine: LocalEngine, campaigns: readonly Staged[]): Promise<boolean> {
  const [left] = await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query<{ any: boolean }>(
      `SELECT EXISTS (SELECT FROM seats WHERE tenant_id = $1 AND campaign_id = ANY ($2) AND contact_id IS NOT NULL)
           OR EXISTS (SELECT FROM attempts WHERE tenant_id = $1 AND campaign_id = ANY ($2) AND reported_real IS NULL) AS any`,
      [tx.tenantId, campaigns.map(({ campaignId }) => campaignId)],
    ),
  );
  return !left!.any;
}

function progressOf(c: Conduct, campaigns: readonly Staged[]): Promise<CampaignProgress[]> {
  return c.engine.db.inTenant(c.engine.tenantId, async (tx) => {
    const all: CampaignProgress[] = [];
    for (const { campaignId } of campaigns) {
      const one = await campaignProgress(tx, campaignId);
      if (one === null) throw new RightcallError('not_found', 'the campaign is not in the database');
      all.push(one);
    }
    return all;
  });
}

function isOver({ status }: CampaignProgress): boolean {
  return status === 'completed' || status === 'stopped';
}

/** Whether nothing is under way, and whoever is left may be called only after `endsAt`. */
function isForLater({ admitted, nextReadyAt }: CampaignProgress, endsAt: number): boolean {
  return admitted === 0 && nextReadyAt !== null && nextReadyAt > endsAt;
}

function lineOf(title: string, progress: CampaignProgress): string {
  const { status, waiting, ringing, answered, converted, imported, admitted } = progress;
  const done = imported - waiting - admitted;
  return `${title}: ${status}, ${count(done)} of ${count(imported)} done with, ringing ${count(ringing)}, answered ${count(answered)}, converted ${count(converted)}`;
}
