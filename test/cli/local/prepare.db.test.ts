import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ensureSimulatorCarrier,
  openLocalEngine,
  refuseRealCarriers,
  type LocalEngine,
} from '../../../cli/local/engine.ts';
import { latestRecordedInstant } from '../../../cli/local/clock-start.ts';
import { readInputs, type Inputs } from '../../../cli/local/inputs.ts';
import type { Interruption } from '../../../cli/local/interruption.ts';
import { layoutOf } from '../../../cli/local/layout.ts';
import { startOptions } from '../../../cli/local/options.ts';
import { prepare } from '../../../cli/local/prepare.ts';
import { SHOWN } from '../../../cli/local/agents/cast.ts';
import { TEAM } from '../../../cli/local/agents/modes.ts';
import { campaignIdsOf, newRun } from '../../../cli/local/runs.ts';
import { createScreen } from '../../../cli/local/screen.ts';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { upsertCarrier } from '../../../db/repositories/carriers.ts';
import { createTestDatabase } from '../../support/postgres.ts';

const NOW = Date.parse('2026-11-22T18:00:00Z');
const LIMIT = 25;
const BASE_URL = 'http://127.0.0.1:9';
const screen = createScreen({ write: () => true });
const interruption: Interruption = {
  signal: new AbortController().signal,
  guard: (work) => work,
  dispose: () => undefined,
};

let dir: string;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let engine: LocalEngine;
let inputs: Inputs;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rightcall-prepare-'));
  database = await createTestDatabase();
  const layout = layoutOf(dir);
  engine = await openLocalEngine(database.url, layout, {});
  inputs = await readInputs(startOptions({}), layout, interruption.signal);
});
afterAll(async () => {
  await engine.close();
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

async function externalIds(campaignId: string): Promise<string[]> {
  const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query<{ external_id: string }>('SELECT external_id FROM contacts WHERE campaign_id = $1 ORDER BY id', [
      campaignId,
    ]),
  );
  return rows.map((row) => row.external_id);
}

async function peopleOnRecord(): Promise<number> {
  const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query<{ n: number }>('SELECT count(*) AS n FROM persons'),
  );
  return rows[0]!.n;
}

describe('the preparation of a rehearsal', () => {
  it('puts the first people of the file into the campaign, counts all of it, and changes nothing when it is repeated', async () => {
    const { carrierId } = await ensureSimulatorCarrier(engine, BASE_URL);
    const run = newRun(inputs, LIMIT, NOW);
    const once = { engine, screen, interruption, run, inputs, carrierId, from: null };
    const start = await prepare(once);
    const chosen = await externalIds(run.campaignId);
    // Row 18 of the sample has an invalid number; the others up to the limit are different people.
    const expected = Array.from({ length: LIMIT + 1 }, (_, i) => `S${String(i).padStart(4, '0')}`);
    expect(chosen).toEqual(expected.filter((id) => id !== 'S0017'));
    const people = await peopleOnRecord();
    expect(people).toBeGreaterThan(200);

    expect(await prepare(once)).toBe(start);
    expect(await externalIds(run.campaignId)).toEqual(chosen);
    expect(await peopleOnRecord()).toBe(people);
  });

  it('records everything before the clock starts, at a legal morning that is not past', async () => {
    const { carrierId } = await ensureSimulatorCarrier(engine, BASE_URL);
    const run = newRun(inputs, 3, NOW);
    const start = await prepare({ engine, screen, interruption, run, inputs, carrierId, from: null });
    expect(new Date(start).toISOString()).toBe('2026-11-23T12:55:00.000Z');
    expect(await latestRecordedInstant(engine)).toBeLessThanOrEqual(NOW);
  });

  it('starts where it was asked to, whatever the windows are', async () => {
    const { carrierId } = await ensureSimulatorCarrier(engine, BASE_URL);
    const from = NOW + 3_600_000;
    const run = newRun(inputs, 2, from);
    expect(await prepare({ engine, screen, interruption, run, inputs, carrierId, from })).toBe(from);
  });

  it('with agents has the same campaign in every mode, and each person in one of them, however often it is repeated', async () => {
    const { carrierId } = await ensureSimulatorCarrier(engine, BASE_URL);
    const run = newRun(inputs, 60, NOW, { agents: 20, goesOn: false });
    const once = { engine, screen, interruption, run, inputs, carrierId, from: null };
    const start = await prepare(once);
    const all = newRun(inputs, 60, NOW);
    await prepare({ ...once, run: all });
    const shares = await Promise.all(campaignIdsOf(run).map(externalIds));
    expect(shares).toHaveLength(4);
    for (const share of shares) expect(share.length).toBeGreaterThan(3);
    expect(shares.flat().sort()).toEqual(await externalIds(all.campaignId));

    expect(await prepare(once)).toBe(start);
    expect(await Promise.all(campaignIdsOf(run).map(externalIds))).toEqual(shares);
    const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
      tx.query<{ mode: string; teams: string | null; tries: number }>(
        `SELECT definition->>'mode' AS mode, definition->'agents'->'teams'->>0 AS teams,
                (definition->'retry'->>'maxAttempts')::int AS tries
         FROM campaigns WHERE id = ANY ($1) ORDER BY 1`,
        [campaignIdsOf(run)],
      ),
    );
    expect(rows).toEqual([
      { mode: 'agentless', teams: null, tries: 1 },
      { mode: 'predictive', teams: TEAM, tries: 1 },
      { mode: 'preview', teams: TEAM, tries: 1 },
      { mode: 'progressive', teams: TEAM, tries: 1 },
    ]);
  });
});

describe('the preparation of what is shown where nothing was asked for', () => {
  it('leaves most people to the campaign as it was given, and some to each mode with agents', async () => {
    const { carrierId } = await ensureSimulatorCarrier(engine, BASE_URL);
    const run = newRun(inputs, null, NOW, SHOWN);
    await prepare({ engine, screen, interruption, run, inputs, carrierId, from: null });
    const [own, ...others] = await Promise.all(campaignIdsOf(run).map(externalIds));
    const all = [own!, ...others].flat();
    expect(new Set(all).size).toBe(all.length);
    expect(own!.length / all.length).toBeGreaterThan(0.6);
    for (const share of others) expect(share.length).toBeGreaterThan(10);
    const row = await engine.db.inTenant(engine.tenantId, (tx) => campaignById(tx, run.campaignId));
    expect(row!.definition).toEqual(inputs.definition);
  });
});

describe('the simulator as a carrier', () => {
  it('keeps its secret over restarts, though its port may change', async () => {
    const first = await ensureSimulatorCarrier(engine, BASE_URL);
    expect(await ensureSimulatorCarrier(engine, 'http://127.0.0.1:10')).toEqual(first);
    expect(first.webhookSecret).toMatch(/^whsec_/);
  });

  it('is the only one a scaled clock is started with: any other in the database refuses it by name', async () => {
    await expect(refuseRealCarriers(engine.db)).resolves.toBeUndefined();
    await engine.db.inTenant(engine.tenantId, (tx) =>
      upsertCarrier(tx, {
        name: 'acme trunk',
        kind: 'sip',
        baseUrl: 'https://carrier.example',
        callsPerSecond: 1,
        maxConcurrentCalls: 1,
        sealedWebhookSecret: Buffer.from('x'),
      }),
    );
    await expect(refuseRealCarriers(engine.db)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('"acme trunk" (sip)') as string,
    });
  });
});
