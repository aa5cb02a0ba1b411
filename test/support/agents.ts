import { v7 as uuidv7 } from 'uuid';
import { vi, expect } from 'vitest';
import { placeCall, type PlaceCallOutcome } from '../../activities/calls/place-call.ts';
import { createLanes } from '../../activities/services/lanes.ts';
import { askForAgents, tendWaiting } from '../../activities/services/join-agents.ts';
import { settlePendingEvents } from '../../activities/services/settle-events.ts';
import { keepPaceMemory } from '../../db/repositories/pace-agents.ts';
import type { CampaignDefinitionInput } from '../../domain/campaign.ts';
import type { WorkflowGateway } from '../../activities/workflow-gateway.ts';
import type { TestEngine } from './engine.ts';

/** Agents at their seats in a test engine, and calls brought on step by step, as the workers' services do. */
export interface Floor {
  readonly team: string;
  readonly teamId: string;
  readonly agentIds: readonly string[];
}

/** A team of agents who are ready, the first of them idle longest. */
export async function openFloor(engine: TestEngine, count: number): Promise<Floor> {
  const teamId = uuidv7();
  const agentIds = Array.from({ length: count }, () => uuidv7());
  await engine.db.inTenant(engine.tenantId, async (tx) => {
    await tx.query(`INSERT INTO teams VALUES ($1, $2, $3, 1, now(), now())`, [tx.tenantId, teamId, teamId]);
    for (const [i, agentId] of agentIds.entries()) {
      await tx.query(
        `INSERT INTO agents VALUES ($1, $2, 'an agent', NULL, $3, '{}', '{zh-CN}', 'Asia/Shanghai', NULL, true, 1, now(), now())`,
        [tx.tenantId, agentId, teamId],
      );
      await tx.query(
        `INSERT INTO seats (tenant_id, agent_id, team_id, state, since, idle_since, fence, beat_real)
         VALUES ($1, $2, $3, 'ready', now(), now() - make_interval(mins => $4), 1, now() + interval '1 day')`,
        [tx.tenantId, agentId, teamId, count - i],
      );
    }
  });
  return { team: teamId, teamId, agentIds };
}

/** A running campaign whose calls the floor takes; a predictive one calls ahead, unless a pacer says otherwise. */
export async function floorCampaign(
  engine: TestEngine,
  floor: Floor,
  mode: 'preview' | 'progressive' | 'predictive' | 'agentless',
  overrides: Partial<CampaignDefinitionInput> = {},
): Promise<string> {
  const { agents, ...rest } = overrides;
  const campaignId = await engine.addCampaign({
    purpose: 'service',
    mode,
    agents: { ...agents, teams: [floor.team] },
    ...rest,
  });
  if (mode === 'predictive') await setPlacesAhead(engine, campaignId, true);
  return campaignId;
}

/** Whether a predictive campaign's calls are placed ahead of free agents, as its pacer would say. */
export function setPlacesAhead(engine: TestEngine, campaignId: string, placesAhead: boolean): Promise<void> {
  const at = engine.clock.now();
  return engine.db.inTenant(engine.tenantId, (tx) =>
    keepPaceMemory(tx, campaignId, { learned: null, placesAhead }, at),
  );
}

export interface AdmittedContact {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly admission: number;
  readonly attemptId: string;
}

/** A contact of the campaign, admitted and about to be called. */
export async function admit(
  engine: TestEngine,
  campaignId: string,
  number?: string,
): Promise<AdmittedContact> {
  const { contactId } = await engine.addContact(campaignId, number === undefined ? {} : { number });
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [tx.tenantId, contactId],
    ),
  );
  const { tenantId } = engine;
  return { tenantId, campaignId, contactId, admission: 1, attemptId: `${contactId}/1` };
}

export function dial(engine: TestEngine, contact: AdmittedContact): Promise<PlaceCallOutcome> {
  return placeCall(engine, contact);
}

export interface Side {
  readonly state: string;
  readonly agent_id: string | null;
  readonly reason: string | null;
  readonly connect_by: number | null;
  readonly let_go_real: number | null;
}

export async function sideOf(engine: TestEngine, attemptId: string): Promise<Side | undefined> {
  const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query<Side>('SELECT * FROM agent_calls WHERE tenant_id = $1 AND attempt_id = $2', [
      tx.tenantId,
      attemptId,
    ]),
  );
  return rows[0];
}

export async function seatStates(engine: TestEngine, floor: Floor): Promise<string[]> {
  const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query<{ agent_id: string; state: string }>(
      'SELECT agent_id, state FROM seats WHERE tenant_id = $1 AND team_id = $2',
      [tx.tenantId, floor.teamId],
    ),
  );
  return floor.agentIds.map((id) => rows.find((row) => row.agent_id === id)!.state);
}

/** Wait until the carrier has told of this, and make of it what the workers make of it. */
export async function hear(engine: TestEngine, attemptId: string, type: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
        tx.query('SELECT 1 FROM call_events WHERE tenant_id = $1 AND attempt_id = $2 AND type = $3', [
          tx.tenantId,
          attemptId,
          type,
        ]),
      );
      expect(rows, `the carrier's word that it is ${type}`).toHaveLength(1);
    },
    { timeout: 15_000, interval: 10 },
  );
  await settlePendingEvents(engine, engine.tenantId);
}

/** A test's gateway to Temporal: what workflows are told, in order. */
export function tellingGateway(): WorkflowGateway & { readonly told: string[] } {
  const told: string[] = [];
  const say = (what: string) => {
    told.push(what);
    return Promise.resolve();
  };
  return {
    told,
    admit: (_campaign, { contactId }) => say(`admit ${contactId}`),
    close: (_campaign, contactId) => say(`close ${contactId}`),
    reportCall: (_campaign, contactId, admission, result) =>
      say(`result ${contactId} ${admission} ${result.kind} ${result.reason ?? ''}`),
    ensureCampaign: () => Promise.resolve(),
    campaignChanged: () => Promise.resolve(),
    deliver: () => Promise.resolve(),
  };
}

/** One round of what the workers do for answered calls: given, given up, joined, let go. */
/** @param crashes how many of its steps are to fail, where a test has them fail */
export async function tend(engine: TestEngine, crashes = 0): Promise<void> {
  await tendWaiting(engine, engine.tenantId);
  const faults: unknown[] = [];
  const log = { info: () => undefined, warn: (fields: object) => void faults.push(fields) };
  const lanes = createLanes('test', log);
  await askForAgents(engine, lanes, engine.tenantId);
  await lanes.stop();
  expect(faults, JSON.stringify(faults)).toHaveLength(crashes);
}
