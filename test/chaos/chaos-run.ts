import { setMaxListeners } from 'node:events';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { scaledClock } from '../../domain/clock.ts';
import { messageOf } from '../../domain/failures.ts';
import { EVIDENCE_FILES, type FaultLine } from './evidence.ts';
import { mountSmallDisk, type SmallDisk } from './faults/disk.ts';
import { recordFaults } from './faults/record.ts';
import { startFleet, type Fleet } from './fleet/fleet.ts';
import { ENGINE } from './fleet/members.ts';
import { untilQuiet, type Unrest } from './quiet.ts';
import { rollingDeploy } from './deploy.ts';
import { keepReports, pauseAll, writeRunRecord } from './ending.ts';
import { underFaults } from './faults/under-faults.ts';
import { keepRows } from './rows.ts';
import type { ChaosSettings } from './settings.ts';
import { seeded, type Seeded } from './seeded.ts';
import { makeWorld } from './traffic/campaigns.ts';
import { workAndVanish } from './traffic/agents.ts';
import { createClient } from './traffic/client.ts';
import { createDoer, planDeeds, type DeedKind } from './traffic/deeds.ts';
import { comeInWaves } from './traffic/waves.ts';

export interface StopSeen {
  readonly kind: DeedKind;
  /** From the first try to the acknowledgement, and of the acknowledged try alone, real ms; null: never acknowledged. */
  readonly inAllMs: number | null;
  readonly lastTryMs: number | null;
}

/** What a run did, beside its evidence. */
export interface ChaosRun {
  readonly seed: number;
  readonly evidenceDir: string;
  readonly faults: readonly FaultLine[];
  readonly stops: readonly StopSeen[];
  readonly contacts: number;
  readonly unrest: Unrest | null;
  /** What was asked for and could not be had here, in words. */
  readonly leftOut: readonly string[];
  readonly speed: number;
  /** Real ms: all came up, dialled under faults, became quiet. */
  readonly phasesMs: { readonly boot: number; readonly dialling: number; readonly quiet: number };
}

const QUIET_WITHIN_MS = 120_000;
/** After faults are off and before campaigns are paused: what went wrong is to come right by itself. */
const CALM_MS = 4_000;
/** How often it is looked whether there were requests enough, real ms. */
const LOOK_MS = 500;
const CALLS_PER_SECOND = 12;
/** How long people wait for an agent, real ms: as long as it takes to be joined, and not always as long as faults take. */
const PATIENCE_MS = { min: 1_000, max: 8_000 };
/** Mornings in New York, half an hour before the first window opens: ordinary days, and those on which clocks change. */
const STARTS = [
  '2026-11-24T07:30:00-05:00',
  '2026-11-01T07:30:00-05:00',
  '2027-03-14T07:30:00-04:00',
  '2027-01-06T07:30:00-05:00',
] as const;
/** An hour in 15, 10 or 5 s: the longer a run, the more days it sees. */
const SPEEDS = [240, 360, 720] as const;

/**
 * One run: everything up, campaigns started, faults and clients at work from the seed, then calm until quiet. Leaves its
 * evidence in `<dir>/evidence` and hands the fleet's database to `judge` before all is ended.
 */
export async function runChaos<T>(
  settings: ChaosSettings,
  judge: (run: ChaosRun) => Promise<T>,
): Promise<{ run: ChaosRun; verdict: T }> {
  const { seed, dir } = settings;
  const draw = seeded(seed);
  const leftOut: string[] = [];
  // To be passed through by the user as whom PostgreSQL runs where this one is root.
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o711);
  const disk = await diskFor(settings, dir, leftOut);
  const speed = settings.focus?.speed ?? draw.fork('speed').pick(SPEEDS);
  const orInterrupted = <R>(work: Promise<R>): Promise<R> => Promise.race([work, settings.interrupted]);
  try {
    const fleet = await orInterrupted(
      startFleet({
        dir,
        release: settings.deploy?.from ?? { code: settings.code, buildId: null, entries: 'chaos' },
        postgresDir: disk?.dir ?? null,
        seed: String(seed),
        speed,
        from: Date.parse(draw.fork('start').pick(STARTS)),
        simulator: {
          model: {
            talk: { components: [{ mu: 6.2, sigma: 0.8, weight: 1 }], minS: 30, maxS: 3_600 },
            patience: { minS: PATIENCE_MS.min * (speed / 1_000), maxS: PATIENCE_MS.max * (speed / 1_000) },
          },
        },
        callsPerSecond: settings.focus?.callsPerSecond ?? CALLS_PER_SECOND,
        onEvent: (event) => void appendFile(join(dir, 'events.log'), `${Date.now()} ${event.text}\n`),
      }),
    );
    try {
      const run = await orInterrupted(dialAndCalm(settings, fleet, disk, draw, leftOut));
      await fleet.stopEngine();
      await fleet.simulator.child.stop();
      await keepRows(fleet.databaseUrl, fleet.evidenceDir);
      return { run, verdict: await judge(run) };
    } finally {
      await fleet.stop();
    }
  } finally {
    await disk?.unmount();
  }
}

async function diskFor(settings: ChaosSettings, dir: string, leftOut: string[]): Promise<SmallDisk | null> {
  if (!settings.kinds.includes('disk-full')) return null;
  const disk = await mountSmallDisk(join(dir, 'disk'));
  if (typeof disk !== 'string') return disk;
  leftOut.push(`disk-full: ${disk}`);
  return null;
}

async function dialAndCalm(
  settings: ChaosSettings,
  fleet: Fleet,
  disk: SmallDisk | null,
  draw: Seeded,
  leftOut: readonly string[],
): Promise<ChaosRun> {
  // The version before knows no agents.
  const { say, seed, lengthMs, deploy = null } = settings;
  const state = { tenantId: '' };
  const client = createClient({
    urls: fleet.apiUrls,
    apiKey: fleet.apiKey,
    acksFile: join(fleet.evidenceDir, EVIDENCE_FILES.acks),
    tenantId: () => state.tenantId,
  });
  await writeFile(join(fleet.evidenceDir, EVIDENCE_FILES.acks), '');
  try {
    const startedReal = Date.now();
    const { focus: { agents } = {}, contacts: wanted } = settings;
    const which = deploy !== null ? 'without agents' : agents === undefined ? 'all' : 'with agents';
    const world = await makeWorld(client, draw.fork('world'), { contacts: wanted, which, agents });
    state.tenantId = world.tenantId;
    const contacts = () => world.campaigns.reduce((sum, campaign) => sum + campaign.contacts.length, 0);
    say(
      `seed ${seed}: ${contacts()} contacts, clock ×${fleet.clock.speed}, up in ${Math.round(fleet.bootMs / 1000)} s`,
    );
    const record = recordFaults(join(fleet.evidenceDir, EVIDENCE_FILES.faults));
    const stops: StopSeen[] = [];

    const beganReal = Date.now();
    const ended = new AbortController();
    // Every fault and deed that is still to come waits for it.
    setMaxListeners(0, ended.signal);
    const timer = setTimeout(() => ended.abort(), lengthMs);
    /** Resolves then, or when it is over. @returns false when it is over */
    const until = async (atMs: number) => {
      const ms = Math.max(0, beganReal + atMs - Date.now());
      await delay(ms, undefined, { signal: ended.signal }).catch(() => undefined);
      return !ended.signal.aborted;
    };
    const pause = (ms: number) => delay(ms).then(() => undefined);
    const failures: string[] = [];
    const noted = (what: string) => (error: unknown) => void failures.push(`${what}: ${messageOf(error)}`);
    const clock = scaledClock(fleet.clock);
    const doDeed = createDoer({
      client,
      world,
      now: () => clock.now(),
      pause,
      onStop: (kind, answer) =>
        stops.push({ kind, inAllMs: answer?.inAllMs ?? null, lastTryMs: answer?.lastTryMs ?? null }),
    });
    const during = deploy === null ? underFaults : rollingDeploy(deploy);
    const [floor] = await Promise.all([
      world.team === null
        ? null
        : workAndVanish({
            client,
            team: world.team,
            speed: fleet.clock.speed,
            draw: draw.fork('agents'),
            lengthMs,
            until,
          }),
      during({
        fleet,
        disk,
        record,
        draw: draw.fork('faults'),
        settings,
        until,
        pause,
        noted,
        ended: ended.signal,
      }),
      ...planDeeds(draw.fork('deeds'), lengthMs, settings.focus?.pauseMs).map(async (deed) => {
        if (!(await until(deed.atMs))) return;
        await doDeed(deed).catch(noted(deed.kind));
      }),
      comeInWaves({
        client,
        world,
        draw: draw.fork('waves'),
        contacts: settings.contacts,
        lengthMs,
        until,
        noted,
      }),
      until(lengthMs),
      endAfter(settings.focus?.enoughRequests, fleet, ended),
    ]);
    clearTimeout(timer);
    for (const failure of failures) say(`  ! ${failure}`);
    const diallingMs = Date.now() - beganReal;
    say(`faults are off after ${Math.round(diallingMs / 1000)} s; waiting for quiet`);

    const quietBegan = Date.now();
    for (const name of ENGINE) fleet.members.get(name)!.orders({ clockOffsetMs: 0, traps: [] });
    await delay(CALM_MS);
    await pauseAll(client, world);
    const unrest = await untilQuiet(fleet.databaseUrl, settings.focus?.quietWithinMs ?? QUIET_WITHIN_MS);
    await floor?.close();
    const endedReal = Date.now();
    await keepReports(client, fleet, world);
    await writeRunRecord(settings, fleet, world, { startedReal, endedReal, quiet: unrest === null });
    return {
      seed,
      evidenceDir: fleet.evidenceDir,
      faults: record.lines,
      stops,
      contacts: contacts(),
      unrest,
      leftOut,
      speed: fleet.clock.speed,
      phasesMs: { boot: fleet.bootMs, dialling: diallingMs, quiet: endedReal - quietBegan },
    };
  } finally {
    await client.close();
  }
}

/** End the dialling phase once the carrier was asked so often. */
async function endAfter(
  enoughRequests: number | undefined,
  fleet: Fleet,
  ended: AbortController,
): Promise<void> {
  if (enoughRequests === undefined) return;
  const log = join(fleet.evidenceDir, EVIDENCE_FILES.requests);
  while (!ended.signal.aborted) {
    const text = await readFile(log, 'utf8').catch(() => '');
    if (text.split('\n').length > enoughRequests) return ended.abort();
    await delay(LOOK_MS, undefined, { signal: ended.signal }).catch(() => undefined);
  }
}
