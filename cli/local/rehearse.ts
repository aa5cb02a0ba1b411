import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listCampaigns } from '../../db/repositories/campaigns.ts';
import { readClockFile, runClock, startSetting, type RunningClock } from '../../runtime/clock-file.ts';
import type { RunningTemporal } from '../../runtime/servers/temporal.ts';
import {
  chooseChildPorts,
  endLeftoverChildren,
  readBootMs,
  writeBootMs,
  type ChildPorts,
} from './children.ts';
import { latestRecordedInstant } from './clock-start.ts';
import { apiKeyOf, writeConnection } from './connection.ts';
import { ensureSimulatorCarrier, openLocalEngine, refuseRealCarriers, type LocalEngine } from './engine.ts';
import { readAgentFigures } from './agents/figures.ts';
import { httpApi } from './agents/http.ts';
import { chooseRun, type ChosenRun } from './choose-run.ts';
import { removeSpooled } from './inputs.ts';
import { evidencePlaces } from './layout.ts';
import { launch, urlOf } from './launch.ts';
import type { StartOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { isGood, readResult, resultJson, resultLines } from './result.ts';
import { campaignIdsOf, openRunBook, stagedOf, type Run } from './runs.ts';
import { bringUpPostgres, bringUpTemporal, type ServerContext } from './servers.ts';
import { areOver, conductStage, stagesLeft, type Stage } from './stages.ts';

export interface Session extends ServerContext {
  readonly options: StartOptions;
  /** Prints the result on standard output. */
  readonly printResult: (text: string) => void;
  /** What is to be closed at the end, the last first. */
  readonly closing: (() => Promise<void>)[];
  exitCode: number;
}

/** The whole course of one start. Whatever it leaves running, the caller ends. */
export async function rehearse(s: Session): Promise<void> {
  const { options, screen, interruption } = s;
  const book = await openRunBook(s.layout);
  const chosen = await interruption.guard(chooseRun(options, s.layout, book, screen, interruption.signal));

  // Before anything is started: a port that is taken is the person's to free.
  await endLeftoverChildren(s);
  const ports = await chooseChildPorts(s, wishedPort(s));

  // A rehearsal that may be over needs only its records; everything else is started once they say that it is not.
  const mayBeOver = options.exit && chosen.run !== null && chosen.run.startAt !== null;
  const temporalComing = mayBeOver ? null : bringUpTemporal(s);
  temporalComing?.catch(() => undefined);
  const postgres = await interruption.guard(bringUpPostgres(s));
  const schema = screen.phase('Database schema');
  const engine = await interruption.guard(openLocalEngine(postgres.url, s.layout, s.env));
  s.closing.push(() => engine.close());
  await refuseRealCarriers(engine.db);
  schema.done();

  if (mayBeOver && (await areOver(engine, stagedOf(chosen.run)))) {
    screen.line(`The rehearsal of "${chosen.run.name}" is over; this is its report again.`);
    return finish(s, engine, chosen.run);
  }
  const temporal = await interruption.guard(temporalComing ?? bringUpTemporal(s));
  await carryOut(s, { engine, postgres, temporal, ports }, chosen);
}

interface Ground {
  readonly engine: LocalEngine;
  readonly postgres: { readonly url: string };
  readonly temporal: RunningTemporal;
  readonly ports: ChildPorts;
}

async function carryOut(s: Session, ground: Ground, chosen: ChosenRun): Promise<void> {
  const { screen, interruption, options } = s;
  const { engine, temporal, ports } = ground;
  const { carrierId } = await ensureSimulatorCarrier(engine, urlOf(ports.simulator));
  const run = await prepared(s, engine, chosen, carrierId);
  const apiKey = await apiKeyOf(s.layout, s.env['RIGHTCALL_API_KEY']);
  await writeConnection(s.layout, {
    url: urlOf(ports.api),
    apiKey,
    databaseUrl: ground.postgres.url,
    tenant: engine.tenantSlug,
    masterKeyFile: engine.masterKeyFile,
    requestLog: s.layout.requestLog,
    checkpoints: evidencePlaces(s.layout, s.env).checkpoints,
  });

  const api = httpApi(urlOf(ports.api), apiKey);
  let clock: RunningClock | null = null;
  const isOver = await areOver(engine, stagedOf(run));
  for (const stage of await stagesLeft(engine, run, options.speed)) {
    // Each process is told its clock once, as it starts.
    if (clock !== null) await endStage(s, clock);
    clock = await beginStage(s, ground, run, stage, apiKey);
    if (!isOver) await conductStage(s, { engine, run, stage, clock, api });
    else screen.line(`The rehearsal of "${run.name}" is over; this is its report again.`);
  }
  await finish(s, engine, run);
  if (options.exit) return;
  stayUp(s, ports, temporal, clock!);
  await interruption.guard(new Promise<never>(() => undefined));
}

/** Everything up, on a clock of the stage's pace that begins to run then. */
async function beginStage(
  s: Session,
  ground: Ground,
  run: Run,
  stage: Stage,
  apiKey: string,
): Promise<RunningClock> {
  const { engine, ports } = ground;
  const carrier = await ensureSimulatorCarrier(engine, urlOf(ports.simulator), stage.callsPerSecond);
  const clock = await startClock(s, engine, run, stage.speed);
  const launchedReal = Date.now();
  await launch({
    context: s,
    ...ground,
    ...carrier,
    apiKey,
    clock: clock.setting,
    seed: run.seed,
    carrierFaults: s.options.carrierFaults,
    withAgents: stage.agents !== null,
  });
  await writeBootMs(s, Date.now() - launchedReal);
  await s.interruption.guard(delay(Math.max(0, clock.setting.realStart - Date.now())));
  return clock;
}

/** Simulated time stands still from here on, until the next stage begins. */
async function endStage(s: Session, clock: RunningClock): Promise<void> {
  const phase = s.screen.phase('Another pace for the days that follow');
  await s.interruption.guard(s.fleet.end(['api', 'worker', 'simulator']));
  await clock.stop();
  phase.done();
}

/** The rehearsal with everything imported and its start chosen, now or in an earlier run. */
async function prepared(s: Session, engine: LocalEngine, chosen: ChosenRun, carrierId: string): Promise<Run> {
  const known = chosen.run;
  if (known !== null && known.startAt !== null) {
    s.screen.line(`Going on with "${known.name}" (${known.contactsName}), imported before.`);
    if (s.options.from !== null) {
      s.screen.line('  --from was for its beginning; the clock goes on where it was.');
    }
    if (chosen.inputs !== null) await removeSpooled(chosen.inputs);
    return known;
  }
  const stands = await standsAt(s, engine);
  const run = known ?? chosen.begin(s.options.from, Math.max(Date.now(), stands ?? 0), stands);
  await chosen.book.save(run);
  const startAt = await prepare({
    engine,
    screen: s.screen,
    interruption: s.interruption,
    run,
    inputs: chosen.inputs!,
    carrierId,
    from: s.options.from,
  });
  const ready: Run = { ...run, startAt };
  await chosen.book.save(ready);
  return ready;
}

/** The latest simulated instant that this folder knows of; null where there was no rehearsal yet. */
async function standsAt(s: Session, engine: LocalEngine): Promise<number | null> {
  const last = await readClockFile(s.layout.clock);
  const recorded = await latestRecordedInstant(engine);
  if (last === null && recorded === null) return null;
  return Math.max(last?.lastSimulated ?? -Infinity, recorded ?? -Infinity);
}

/** The clock of a stage: it goes on where it was, once the processes are up. */
async function startClock(s: Session, engine: LocalEngine, run: Run, speed: number): Promise<RunningClock> {
  const stands = await standsAt(s, engine);
  const running = await engine.db.inTenant(engine.tenantId, (tx) =>
    listCampaigns(tx, { status: 'running', limit: 10 }),
  );
  const own = campaignIdsOf(run);
  for (const other of running.filter(({ id }) => !own.includes(id))) {
    s.screen.line(`  ! "${other.name}", an earlier campaign, is still running and goes on beside this one`);
  }
  const from = Math.max(run.startAt!, stands ?? -Infinity);
  const clock = await runClock(s.layout.clock, startSetting(from, speed, await readBootMs(s)), () =>
    s.screen.line(`  ! ${s.layout.clock} cannot be written; is the disk full?`),
  );
  s.closing.push(() => clock.stop());
  return clock;
}

async function finish(s: Session, engine: LocalEngine, run: Run): Promise<void> {
  const files = { requestLog: s.layout.requestLog, ...evidencePlaces(s.layout, s.env) };
  const told = await readResult(engine, run, files, s);
  const agents = run.agents === null ? null : await readAgentFigures(engine, run, told.report.endedAt);
  const result = { ...told, agents };
  s.exitCode = isGood(result) ? 0 : 1;
  s.printResult(
    s.options.json ? `${JSON.stringify(resultJson(run, result))}\n` : `${resultLines(result).join('\n')}\n`,
  );
}

function stayUp(s: Session, ports: ChildPorts, temporal: RunningTemporal, clock: RunningClock): void {
  const near = relative('.', s.layout.dir) || '.';
  const dir = near.startsWith('..') ? s.layout.dir : near;
  const data = s.options.data === '.rightcall' ? '' : ` --data ${dir}`;
  for (const line of [
    '',
    `API           ${urlOf(ports.api)} (key in ${dir}/connection.json, /openapi.json says what it takes)`,
    ...(temporal.uiUrl === null ? [] : [`Temporal UI   ${temporal.uiUrl}`]),
    `Logs          ${dir}/logs`,
    `Clock         goes on at ${clock.setting.speed} times real time; new campaigns are rehearsed on it`,
    `Try           npx rightcall campaign list${data}`,
    `              npx rightcall report <campaign>${data}`,
    `              npx rightcall audit verify${data}`,
    '',
    'Everything stays up until Ctrl-C.',
  ]) {
    s.screen.line(line);
  }
}

function wishedPort(s: Session): { port: number; option: string } | null {
  if (s.options.port !== null) return { port: s.options.port, option: '--port' };
  const given = Number(s.env['RIGHTCALL_PORT'] ?? '');
  return Number.isInteger(given) && given > 0 ? { port: given, option: 'RIGHTCALL_PORT' } : null;
}
