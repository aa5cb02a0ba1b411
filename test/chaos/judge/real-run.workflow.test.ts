import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventJournalPath, openJournal } from '../../../carriers/simulator/journal.ts';
import { setCampaignStatus } from '../../../db/repositories/campaigns.ts';
import { campaignReport } from '../../../db/repositories/reports.ts';
import { liftPauses, stopDialling, type StopAck } from '../../../db/stop.ts';
import { withdraw } from '../../../db/withdrawal.ts';
import { notifyWork } from '../../../db/notify.ts';
import { WORKDAY_MORNING_CN } from '../../support/engine.ts';
import { startRunningEngine, type RunningEngine } from '../../support/running-engine.ts';
import { EVIDENCE_FILES, type AckLine, type ReportFile, type RunRecord } from '../evidence.ts';
import { formatVerdict, judge } from './index.ts';

/** 20 simulated minutes a real second. */
const SPEED = 1_200;
const PEOPLE = 6;

let engine: RunningEngine;
let realStart: number;
const dir = mkdtempSync(join(tmpdir(), 'rightcall-judge-'));
const campaigns: string[] = [];

beforeAll(async () => {
  realStart = Date.now();
  engine = await startRunningEngine({ from: WORKDAY_MORNING_CN, speed: SPEED, callsPerSecond: 20 });
});
afterAll(async () => {
  await engine.stop();
  rmSync(dir, { recursive: true });
});

/** Two campaigns over the same people; one person withdraws, one campaign is paused and resumed. */
async function run(): Promise<AckLine[]> {
  const { db, clock, tenantId } = engine;
  const once = { retry: { maxAttempts: 1 } };
  campaigns.push(await engine.addCampaign({ purpose: 'service', ...once }), await engine.addCampaign(once));
  const people = [];
  for (let n = 0; n < PEOPLE; n += 1) people.push(await engine.addContact(campaigns[0]!));
  for (const { personId } of people) await engine.addContact(campaigns[1]!, { personId });

  const acks: AckLine[] = [];
  const by = { by: 'test', requestId: null };
  const [personId, campaignId] = [people[0]!.personId, campaigns[1]!];
  const said = { purposes: [], channels: [], level: 'express', basis: 'request', source: 'test' } as const;
  let sentReal = Date.now();
  const withdrawn = await withdraw(
    db,
    clock,
    { tenantId, ...by },
    {
      personId,
      ...said,
      purposes: [...said.purposes],
      channels: [...said.channels],
      evidenceHash: null,
      occurredAt: clock.now(),
      expiresAt: null,
      widens: [],
      endsAs: 'consent.withdrawn',
    },
  );
  acks.push(line('withdrawConsent', sentReal, { scope: 'person', targetId: personId }, withdrawn.stop));
  sentReal = Date.now();
  const pause = { tenantId, kind: 'pause', scope: 'campaign', targetId: campaignId, by: 'test' } as const;
  const paused = await stopDialling(db, clock, pause, async (tx) => {
    await setCampaignStatus(tx, campaignId, { status: 'paused', reason: null });
  });
  acks.push(line('pauseCampaign', sentReal, { scope: 'campaign', targetId: campaignId }, paused));
  sentReal = Date.now();
  await db.inTenant(tenantId, async (tx) => {
    await setCampaignStatus(tx, campaignId, { status: 'running', reason: null });
    await liftPauses(tx, campaignId);
    await notifyWork(tx);
  });
  acks.push(line('resumeCampaign', sentReal, { scope: 'campaign', targetId: campaignId }, null));
  for (const one of campaigns) await engine.untilOver(one, 60_000);
  return acks;
}

function line(
  operation: string,
  sentReal: number,
  scope: Pick<AckLine, 'scope' | 'targetId'>,
  stop: StopAck | null,
): AckLine {
  return {
    operation,
    effect: stop === null ? 'lift' : 'stop',
    tenantId: engine.tenantId,
    ...scope,
    purposes: [],
    campaignId: null,
    sentReal,
    receivedReal: Date.now(),
    status: 200,
    requestKey: null,
    stopId: stop?.stopId ?? null,
    complete: stop?.complete ?? null,
    process: null,
  };
}

async function writeEvidence(acks: readonly AckLine[]): Promise<void> {
  const { tenantId, db, url, logFile } = engine;
  const at = (name: keyof typeof EVIDENCE_FILES) => join(dir, EVIDENCE_FILES[name]);
  mkdirSync(at('reports'), { recursive: true });
  for (const campaignId of campaigns) {
    const report = await db.inTenant(tenantId, (tx) => campaignReport(tx, campaignId));
    const file: ReportFile = { tenantId, campaignId, askedReal: Date.now(), report: { ...report! } };
    writeFileSync(at('reports') + `/${campaignId}.json`, JSON.stringify(file));
  }
  copyFileSync(logFile, at('requests'));
  copyFileSync(eventJournalPath(logFile), at('events'));
  const journal = openJournal<AckLine>(at('acks'));
  journal.append(...acks);
  journal.close();
  writeFileSync(at('faults'), '');
  const record: RunRecord = {
    seed: 'none',
    build: 'this',
    clock: { from: WORKDAY_MORNING_CN, realStart, speed: SPEED },
    startedReal: realStart,
    endedReal: Date.now(),
    quiet: true,
    tenants: [{ id: tenantId, name: 'test' }],
    campaigns: campaigns.map((id) => ({ id, tenantId, name: id })),
    databaseUrl: url,
    engineDatabaseUrl: url,
    secondPlaceDir: null,
    asked: {},
  };
  writeFileSync(at('run'), JSON.stringify(record));
}

async function tamper(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: engine.url });
  await client.connect();
  await client.query('SET session_replication_role = replica');
  await client.query(sql);
  await client.end();
}

describe('the judge of a real run', () => {
  test('finds nothing in a run without faults, and names the guarantee once its rows are changed', async () => {
    await writeEvidence(await run());
    const verdict = await judge(dir);
    expect(formatVerdict(verdict)).not.toContain('VIOLATED');
    expect(verdict.ok).toBe(true);
    expect(verdict.guarantees.filter(({ looked }) => looked === 0)).toEqual([]);

    const [{ id }] = (await engine.requests()).map(({ attemptId }) => ({ id: attemptId })) as [
      { id: string },
    ];
    await tamper(`DELETE FROM attempts WHERE id = '${id}'`);
    const broken = await judge(dir);
    const violated = broken.guarantees.filter(({ violationsTotal }) => violationsTotal > 0);
    expect(violated.map((one) => one.id)).toEqual(
      expect.arrayContaining(['permit', 'evidence', 'stuck', 'report', 'audit']),
    );
  });
});
