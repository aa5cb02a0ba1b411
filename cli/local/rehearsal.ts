import { setTimeout as delay } from 'node:timers/promises';
import { campaignProgress, type CampaignProgress } from '../../db/repositories/reports.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import type { LocalEngine } from './engine.ts';
import type { Interruption } from './interruption.ts';
import { progressLines } from './report-text.ts';
import type { Screen } from './screen.ts';

const POLL_MS = 1_000;
/** The rate shown is over this long, real. */
const RATE_WINDOW_MS = 10_000;
/** Before this share is done, what is left cannot be told from what was. */
const ETA_FROM_SHARE = 0.05;
/** Idle for less than this is not worth saying, real. */
const IDLE_FROM_MS = 1_500;
/** Nothing moves although something is due: the person is told what stands still, and a run that is to exit ends. */
const STALLED_AFTER_MS = 5 * 60_000;

interface Sample {
  readonly at: number;
  readonly attempts: number;
}

/** What the progress looks like at one instant, from the samples of the last seconds. Pure. */
export function viewOf(
  progress: CampaignProgress,
  samples: readonly Sample[],
  clock: Pick<Clock, 'now' | 'toRealMs'>,
  startedReal: number,
  realNow: number,
): Parameters<typeof progressLines>[1] {
  const first = samples[0];
  const spanMs = first === undefined ? 0 : realNow - first.at;
  const callsPerSecond = spanMs === 0 ? 0 : ((progress.attempts - first!.attempts) * 1_000) / spanMs;
  const final = progress.imported - progress.waiting - progress.admitted;
  const part = progress.imported === 0 ? 0 : final / progress.imported;
  const simulated = clock.now();
  const idleMs =
    progress.admitted === 0 && progress.nextReadyAt !== null
      ? clock.toRealMs(progress.nextReadyAt - simulated)
      : 0;
  const idle = idleMs > IDLE_FROM_MS;
  return {
    callsPerSecond,
    simulated,
    // While the next window is waited for, the pace so far says nothing about the rest.
    leftMs: idle || part < ETA_FROM_SHARE || part >= 1 ? null : ((realNow - startedReal) * (1 - part)) / part,
    idleMs: idle ? idleMs : null,
  };
}

/** Whether anything could move now. */
function isDue(progress: CampaignProgress, now: number): boolean {
  return progress.admitted > 0 || (progress.nextReadyAt !== null && progress.nextReadyAt <= now);
}

/**
 * Show a running campaign until no contact of it is left to call. While the database is away, it says so and waits.
 * @param giveUpWhenStalled end with an error after minutes in which nothing moved although something was due
 * @throws RightcallError `unavailable` when it gives up; Interrupted
 */
export async function followCampaign(
  engine: LocalEngine,
  campaignId: string,
  clock: Clock,
  screen: Screen,
  interruption: Interruption,
  giveUpWhenStalled: boolean,
): Promise<CampaignProgress> {
  const startedReal = Date.now();
  const samples: Sample[] = [];
  let shape = '';
  let movedReal = startedReal;
  let away = false;
  let paused = false;
  try {
    for (;;) {
      let progress: CampaignProgress | null;
      try {
        progress = await interruption.guard(
          engine.db.inTenant(engine.tenantId, (tx) => campaignProgress(tx, campaignId)),
        );
        if (away) screen.line('  ✓ The database answers again; the campaign goes on where it was');
        away = false;
      } catch (error) {
        if (interruption.signal.aborted) throw error;
        if (!away) screen.line(`  ! The database does not answer (${messageOf(error)}); waiting for it`);
        away = true;
        await interruption.guard(delay(POLL_MS));
        continue;
      }
      if (progress === null) throw new RightcallError('not_found', 'the campaign is not in the database');
      if (progress.status === 'completed' || progress.status === 'stopped') return progress;

      const now = Date.now();
      samples.push({ at: now, attempts: progress.attempts });
      while (samples.length > 1 && now - samples[0]!.at > RATE_WINDOW_MS) samples.shift();
      screen.live(progressLines(progress, viewOf(progress, samples, clock, startedReal, now)));

      if (progress.status === 'paused' && !paused) {
        screen.line(
          `  ! The campaign is paused${progress.statusReason === null ? '' : ` (${progress.statusReason})`}; resume it with: rightcall campaign resume ${campaignId}`,
        );
      }
      paused = progress.status === 'paused';

      const nextShape = JSON.stringify([progress.byState, progress.attempts, progress.answered]);
      if (nextShape !== shape || paused || !isDue(progress, clock.now())) movedReal = now;
      shape = nextShape;
      if (now - movedReal > STALLED_AFTER_MS) {
        const what = `nothing has moved for ${Math.round(STALLED_AFTER_MS / 60_000)} minutes although ${progress.admitted} contacts are being called and ${progress.waiting} wait; the logs say why`;
        if (giveUpWhenStalled) throw new RightcallError('unavailable', what);
        screen.line(`  ! ${what}`);
        movedReal = now;
      }
      await interruption.guard(delay(POLL_MS));
    }
  } finally {
    screen.endLive();
  }
}
