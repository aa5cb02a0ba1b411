import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startCampaign } from '../../api/actions/campaign-life.ts';
import { campaignById, listCampaigns } from '../../db/repositories/campaigns.ts';
import type { CampaignStatus } from '../../domain/vocabulary.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
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
import {
  BY_START,
  ensureSimulatorCarrier,
  openLocalEngine,
  refuseRealCarriers,
  type LocalEngine,
} from './engine.ts';
import type { AgentsApi } from './agents/api.ts';
import { conductWithAgents } from './agents/conduct.ts';
import { readAgentFigures } from './agents/figures.ts';
import { httpApi } from './agents/http.ts';
import { speedFor } from './agents/modes.ts';
import { chooseRun, type ChosenRun } from './choose-run.ts';
import { instant } from './format.ts';
import { removeSpooled } from './inputs.ts';
import { evidencePlaces } from './layout.ts';
import { launch, urlOf } from './launch.ts';
import type { StartOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { followCampaign } from './rehearsal.ts';
import { readResult, resultJson, resultLines } from './result.ts';
import { campaignIdsOf, openRunBook, stagedOf, type Run } from './runs.ts';
import { bringUpPostgres, bringUpTemporal, type ServerContext } from './servers.ts';

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

  if (mayBeOver && (await areOver(engine, chosen.run))) {
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
  const carrier = await ensureSimulatorCarrier(engine, urlOf(ports.simulator));
  const run = await prepared(s, engine, chosen, carrier.carrierId);
  const clock = await startClock(s, engine, run);

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
  const launchedReal = Date.now();
  await launch({
    context: s,
    ...ground,
    ...carrier,
    apiKey,
    clock: clock.setting,
    seed: run.seed,
    carrierFaults: options.carrierFaults,
    withAgents: run.agents !== null,
  });
  await writeBootMs(s, Date.now() - launchedReal);

  await interruption.guard(delay(Math.max(0, clock.setting.realStart - Date.now())));
  if (!(await areOver(engine, run))) await conduct(s, engine, run, clock, httpApi(urlOf(ports.api), apiKey));
  else screen.line(`The rehearsal of "${run.name}" is over; this is its report again.`);
  await finish(s, engine, run);
  if (options.exit) return;
  stayUp(s, ports, temporal, clock);
  await interruption.guard(new Promise<never>(() => undefined));
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

/**
 * A new campaign's clock reads its start when the processes are up; one that goes on, goes on at once, since other
 * processes' records must not lie ahead of it.
 */
async function startClock(s: Session, engine: LocalEngine, run: Run): Promise<RunningClock> {
  const stands = await standsAt(s, engine);
  const running = await engine.db.inTenant(engine.tenantId, (tx) =>
    listCampaigns(tx, { status: 'running', limit: 10 }),
  );
  for (const other of running.filter((campaign) => !campaignIdsOf(run).includes(campaign.id))) {
    s.screen.line(`  ! "${other.name}", an earlier campaign, is still running and goes on beside this one`);
  }
  const begins = (await statusOf(engine, run.campaignId)) === 'draft' && running.length === 0;
  const from = Math.max(run.startAt!, stands ?? -Infinity);
  const setting = startSetting(from, speedFor(run.agents, s.options.speed), begins ? await readBootMs(s) : 0);
  const clock = await runClock(s.layout.clock, setting, () =>
    s.screen.line(`  ! ${s.layout.clock} cannot be written; is the disk full?`),
  );
  s.closing.push(() => clock.stop());
  return clock;
}

async function conduct(
  s: Session,
  engine: LocalEngine,
  run: Run,
  clock: RunningClock,
  api: AgentsApi,
): Promise<void> {
  const { screen, interruption } = s;
  const begin = async (): Promise<void> => {
    for (const campaignId of campaignIdsOf(run)) {
      if ((await statusOf(engine, campaignId)) !== 'draft') continue;
      await startCampaign(
        { db: engine.db, clock: clock.clock, defaultPolicySet },
        { tenantId: engine.tenantId, campaignId, by: BY_START, requestId: null, reason: null },
      );
    }
    screen.line(
      `Rehearsing "${run.name}" at ${clock.setting.speed} times real time, from ${instant(clock.clock.now())}:`,
    );
  };
  const phase = screen.phase('Rehearsal');
  if (run.agents === null) {
    await begin();
    await followCampaign(engine, run.campaignId, clock.clock, screen, interruption, s.options.exit);
  } else {
    await conductWithAgents({
      engine,
      api,
      clock: clock.clock,
      screen,
      interruption,
      agents: run.agents,
      seed: run.seed,
      startAt: run.startAt!,
      campaigns: stagedOf(run),
      start: begin,
    });
  }
  phase.done();
}

/** Whether all of a rehearsal's campaigns are over. */
async function areOver(engine: LocalEngine, run: Run): Promise<boolean> {
  for (const campaignId of campaignIdsOf(run)) {
    if (!isOver(await statusOf(engine, campaignId))) return false;
  }
  return true;
}

function defaultPolicySet() {
  const documents = bundledDocuments();
  return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
}

async function statusOf(engine: LocalEngine, campaignId: string): Promise<CampaignStatus | null> {
  const row = await engine.db.inTenant(engine.tenantId, (tx) => campaignById(tx, campaignId));
  return row?.status ?? null;
}

function isOver(status: CampaignStatus | null): boolean {
  return status === 'completed' || status === 'stopped';
}

async function finish(s: Session, engine: LocalEngine, run: Run): Promise<void> {
  const agents =
    run.agents === null
      ? null
      : await readAgentFigures(engine, {
          agents: run.agents,
          startAt: run.startAt!,
          campaigns: stagedOf(run),
        });
  const result = {
    ...(await readResult(
      engine,
      run,
      { requestLog: s.layout.requestLog, ...evidencePlaces(s.layout, s.env) },
      s,
    )),
    agents,
  };
  s.exitCode = result.audit.ok && (agents === null || agents.engaged === 0) ? 0 : 1;
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
