import { tmpdir } from 'node:os';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../api/app.ts';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { CARRIER_KINDS, createWebhookVerifier } from '../../carriers/registry.ts';
import type { AgentsApi } from '../../cli/local/agents/api.ts';
import { openFloor, type Deed, type Floor } from '../../cli/local/agents/floor.ts';
import { hireTeam } from '../../cli/local/agents/hire.ts';
import { toIso } from '../../domain/time.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { call, API_KEY } from '../api/rig.ts';
import { floorCampaign } from '../support/agents.ts';
import { loggedCalls, type LoggedCall } from '../support/carrier-log.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';
import { startRunningEngine, type RunningEngine } from '../support/running-engine.ts';

/** A talk of half a minute takes some seconds. */
const SPEED = 12;
const CONTACTS = 14;
const AGENTS = 3;
/** What the engine hears of a call, it hears within so long (real ms), also on a slow machine with much to do. */
const HEARD_WITHIN_MS = 5_000;
const SERVICE_S = 5;
/** Somebody whom no agent talks to: made up, as all numbers here. */
const LEFT_ALONE = '+8619900009999';
const MODES = ['preview', 'progressive', 'predictive', 'agentless'] as const;

let engine: RunningEngine;
let api: AgentsApi;
const floors: Floor[] = [];
const deeds: Deed[] = [];
const campaigns = new Map<string, string>();
let period: { from: string; to: string };

interface Raw {
  readonly id: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly outcome: string | null;
  readonly disposition: string | null;
  readonly mode: string;
  readonly talkS: number | null;
  readonly state: string | null;
  readonly agentId: string | null;
  readonly answeredAt: number | null;
  readonly connectBy: number | null;
  readonly connectedAt: number | null;
  readonly endedAt: number | null;
  readonly disposedAt: number | null;
}
let raw: Raw[];
let log: Map<string, LoggedCall>;

beforeAll(async () => {
  engine = await startRunningEngine({
    from: WORKDAY_MORNING_CN,
    speed: SPEED,
    simulator: {
      model: {
        answer: { kind: 'constant', probability: 0.6 },
        numbers: { invalid: 0, blocked: 0 },
        talk: { components: [{ weight: 1, mu: 3.2, sigma: 0.4 }], minS: 10, maxS: 60 },
        conversion: { intercept: 0, perLnTalkS: 0 },
        ring: { mu: 1.5, sigma: 0.3 },
        // Longer than a slow machine with much to do takes to join whom it has an agent for.
        patience: { minS: 60, maxS: 90 },
      },
      // Rings for long enough that an agent can go meanwhile.
      scenarios: { [LEFT_ALONE]: { outcome: 'answered', ringS: 20, talkS: 10 } },
    },
  });
  const app = createApp({
    db: engine.db,
    clock: engine.clock,
    logger: pino({ level: 'silent' }),
    tenantId: engine.tenantId,
    apiKey: API_KEY,
    vault: engine.vault,
    imports: { contacts: nothingIsImported, doNotCall: nothingIsImported },
    carrierKinds: CARRIER_KINDS,
    createWebhookVerifier,
    defaultPolicySet: () => {
      const documents = bundledDocuments();
      return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
    },
    endpointUrlFault: () => Promise.resolve(null),
    spoolDir: tmpdir(),
    limits: DEFAULT_LIMITS,
  });
  api = {
    call: async (as, method, path, body) => {
      const headers = as === null ? {} : { Authorization: `Bearer ${as}` };
      const answer = await call(app, method, path, body, headers);
      return { status: answer.status, body: answer.body as unknown as Record<string, unknown> };
    },
  };
  const from = engine.clock.now();
  await leaveOneAlone();
  for (const mode of MODES) await begin(mode);
  await Promise.all([...campaigns.values()].map((id) => engine.untilOver(id, 150_000)));
  for (const floor of floors) await floor.close();
  period = { from: toIso(from), to: toIso(engine.clock.now()) };
  log = new Map((await loggedCalls(engine.logFile)).map((one) => [one.attemptId, one]));
  raw = await rows<Raw>(
    `SELECT a.id, a.contact_id AS "contactId", a.campaign_id AS "campaignId", a.outcome, a.disposition, a.mode,
            k.talk_s AS "talkS", g.state, g.agent_id AS "agentId", g.answered_at AS "answeredAt", g.connect_by AS "connectBy",
            g.connected_at AS "connectedAt", g.ended_at AS "endedAt", g.disposed_at AS "disposedAt"
     FROM attempts a
     LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
     LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.state IN ('sending', 'sent', 'ended', 'unknown')`,
  );
}, 240_000);
afterAll(() => engine.stop());

const nothingIsImported = () => Promise.reject(new Error('nothing is imported here'));

const rows = <T extends object>(sql: string): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId]));

async function begin(mode: (typeof MODES)[number]): Promise<void> {
  const name = `floor of ${mode}`;
  const agents = mode === 'agentless' ? 0 : AGENTS;
  const team = await hireTeam(api, { name, agents, zone: 'Asia/Shanghai' });
  const callsToBreak = { min: 3, max: 4 };
  const habits = { callsToBreak, breakS: { min: 10, max: 20 }, writeS: { min: 5, max: 15 } };
  if (agents > 0) {
    floors.push(
      openFloor({ api, team, speed: SPEED, seed: mode, habits, onDeed: (deed) => void deeds.push(deed) }),
    );
  }
  const floor = { team: name, teamId: team.id, agentIds: team.agents.map(({ id }) => id) };
  const campaignId = await floorCampaign(engine, floor, mode, {
    retry: {
      maxAttempts: 2,
      byOutcome: { no_answer: { delayMinutes: [1] }, voicemail: { delayMinutes: [1] } },
    },
    agents: { teams: [], preview: { skippedAfterMinutes: 0, maxSkips: 2 } },
  });
  campaigns.set(mode, campaignId);
  for (let n = 0; n < CONTACTS; n += 1) await engine.addContact(campaignId);
}

/** A call whose only agent is sent on a break by their supervisor while it rings: whoever answers is abandoned. */
async function leaveOneAlone(): Promise<void> {
  const name = 'floor of nobody';
  const team = await hireTeam(api, { name, agents: 1, zone: 'Asia/Shanghai' });
  const [agent] = team.agents;
  const be = (state: string) => api.call(agent!.key, 'POST', '/v1/agents/me/state', { state });
  await be('ready');
  const floor = { team: name, teamId: team.id, agentIds: [agent!.id] };
  // Called once: whom no agent reached would be tried again, a day later.
  const campaignId = await floorCampaign(engine, floor, 'predictive', { retry: { maxAttempts: 1 } });
  campaigns.set('nobody', campaignId);
  await engine.addContact(campaignId, { number: LEFT_ALONE });
  await vi.waitFor(
    async () => {
      const [sent] = await rows(
        `SELECT 1 FROM attempts WHERE tenant_id = $1 AND campaign_id = '${campaignId}' AND state = 'sent'`,
      );
      expect(sent).toBeDefined();
    },
    { timeout: 60_000, interval: 20 },
  );
  const sent = await api.call(null, 'POST', `/v1/agents/${agent!.id}/state`, {
    state: 'break',
    reason: 'rest',
    force: true,
  });
  expect(sent?.status).toBe(200);
  await engine.untilOver(campaignId, 60_000);
  await be('offline');
}

describe('what is on record of each call', () => {
  it('is what the carrier logged of it: which calls there were, what became of them, and how long they took', () => {
    expect(raw.map(({ id }) => id).sort()).toEqual([...log.keys()].sort());
    for (const { id, outcome, talkS, mode } of raw) {
      const logged = log.get(id)!;
      expect({ id, outcome, mode, talkS }).toEqual({
        id,
        outcome: logged.outcome,
        mode: logged.mode,
        talkS: logged.talkS,
      });
    }
  });

  it('names the agent whom the carrier joined, when it did, and when the person was gone', () => {
    for (const one of raw.filter(({ state }) => state !== null)) {
      const logged = log.get(one.id)!;
      const live = logged.answeredAt !== null && !logged.byMachine;
      expect(one.answeredAt, one.id).toBe(live ? logged.answeredAt : null);
      if (logged.joinedAt === null) {
        expect(one, one.id).toMatchObject({ connectedAt: null, agentId: null });
        continue;
      }
      expect(one, one.id).toMatchObject({ agentId: logged.agentId, endedAt: logged.endedAt });
      const lateMs = one.connectedAt! - logged.joinedAt;
      expect(lateMs, one.id).toBeGreaterThanOrEqual(0);
      expect(lateMs, one.id).toBeLessThanOrEqual(HEARD_WITHIN_MS * SPEED);
    }
  });

  it('is written down as its agent wrote it, when they did', () => {
    const written = deeds.filter(({ kind }) => kind === 'wrote down');
    const joined = [...log.values()].filter(({ joinedAt }) => joinedAt !== null);
    expect(new Set(written.map(({ attemptId }) => attemptId))).toEqual(
      new Set(joined.map(({ attemptId }) => attemptId)),
    );
    for (const { attemptId, agentId, disposition } of written) {
      expect(raw.find(({ id }) => id === attemptId)).toMatchObject({ agentId, disposition, state: 'over' });
    }
    for (const { id, disposition, mode } of raw) {
      if (mode === 'agentless') expect(disposition, id).toBe(log.get(id)!.disposition);
    }
  });
});

describe('GET /v1/reports/kpis', () => {
  it('has the counts of the log and of the raw attempts, to the last one: in all, by mode, campaign and agent', async () => {
    const total = await report({});
    expect(total.total.counts).toMatchObject(countsOf(raw));
    // What is said of nothing holds as well: there was something of everything.
    for (const [name, count] of Object.entries(countsOf(raw))) expect(count, name).toBeGreaterThan(0);
    for (const [groupBy, keyOf] of [
      ['mode', (one: Raw) => one.mode],
      ['campaign', (one: Raw) => one.campaignId],
      ['agent', (one: Raw) => one.agentId],
    ] as const) {
      const { rows: found } = await report({ groupBy });
      const keys = new Set(raw.map(keyOf));
      for (const key of keys) {
        const row = found.find((one) => one.key === key);
        expect(row?.counts, `${groupBy} ${key}`).toMatchObject(
          countsOf(raw.filter((one) => keyOf(one) === key)),
        );
      }
      const withAttempts = found.filter((one) => one.counts['attempts']! > 0).map(({ key }) => key);
      expect(new Set(withAttempts), groupBy).toEqual(keys);
    }
  });

  it('has the shares that follow from these counts', async () => {
    const { total } = await report({});
    const counts = countsOf(raw);
    expect(total.kpis).toMatchObject({
      answerRate: { value: counts.liveAnswers / counts.ended, of: counts.ended },
      conversionRate: { value: counts.conversions / counts.liveAnswers, of: counts.liveAnswers },
      abandonment: {
        perLiveAnswer: { value: counts.abandoned / counts.liveAnswers },
        perAnswer: { value: counts.abandoned / counts.answers },
        perCall: { value: counts.abandoned / counts.attempts },
      },
      serviceLevel: { value: counts.inTime / counts.offered, of: counts.offered },
    });
    const handled = raw.filter(({ connectedAt }) => connectedAt !== null);
    const meanS = (from: (one: Raw) => number, to: (one: Raw) => number) =>
      handled.reduce((sum, one) => sum + Math.max(0, to(one) - from(one)) / 1_000, 0) / handled.length;
    const talkS = meanS(
      ({ connectedAt }) => connectedAt!,
      ({ endedAt }) => endedAt!,
    );
    const wrapUpS = meanS(
      ({ endedAt }) => endedAt!,
      ({ disposedAt }) => disposedAt!,
    );
    expect(total.kpis['handleS']).toBeCloseTo(talkS + wrapUpS, 3);
    expect(total.kpis['wrapUpS']).toBeCloseTo(wrapUpS, 3);
  });

  it('has for each agent the time between what the carrier joined and what they wrote down, but for what it took to hear of it', async () => {
    const { rows: found } = await report({ groupBy: 'agent' });
    for (const { id: agentId } of floors.flatMap(({ team }) => team.agents)) {
      const theirs = raw.filter((one) => one.agentId === agentId);
      const workedS = theirs.reduce((sum, one) => {
        const written = deeds.find((deed) => deed.kind === 'wrote down' && deed.attemptId === one.id)!;
        const writtenAt = engine.clock.now() - (Date.now() - written.answeredReal) * SPEED;
        return sum + (writtenAt - log.get(one.id)!.joinedAt!) / 1_000;
      }, 0);
      const { counts, kpis } = found.find(({ key }) => key === agentId)!;
      const toldS = counts['inCallS']! + counts['inWrapUpS']!;
      const roomS = (theirs.length * HEARD_WITHIN_MS * SPEED) / 1_000;
      expect(Math.abs(toldS - workedS), agentId).toBeLessThanOrEqual(roomS);
      const spans = await spansOf(agentId);
      expect(toldS).toBeCloseTo((spans['in_call'] ?? 0) + (spans['wrap_up'] ?? 0), 3);
      const presentS = toldS + (spans['ready'] ?? 0) + (spans['reserved'] ?? 0);
      expect(kpis.utilisation).toBeCloseTo(toldS / presentS, 6);
    }
  });

  it('counts as abandoned what the figures count that caps are held to', async () => {
    const { rows: found } = await report({ groupBy: 'campaign' });
    const counted = await rows<{ campaign_id: string; live: number; abandoned: number }>(
      `SELECT campaign_id, sum(live_answers)::int AS live, sum(abandoned)::int AS abandoned FROM answer_counts
       WHERE tenant_id = $1 AND width = 'day' GROUP BY campaign_id`,
    );
    // All but the agentless one.
    expect(counted).toHaveLength(campaigns.size - 1);
    for (const { campaign_id: key, live, abandoned } of counted) {
      expect(found.find((one) => one.key === key)?.counts).toMatchObject({ liveAnswers: live, abandoned });
    }
  });
});

/** From the carrier's log, where it says so; from the raw attempts, whose instants were held to it above, else. */
function countsOf(of: readonly Raw[]) {
  const logged = of.map(({ id }) => log.get(id)!);
  const live = logged.filter(({ outcome }) => outcome === 'answered');
  const contacts = (ids: readonly string[]) => new Set(ids.map((id) => id.slice(0, id.indexOf('/')))).size;
  const forAgents = of.filter((one) => one.mode !== 'agentless' && log.get(one.id)!.outcome === 'answered');
  const isLate = (one: Raw) => log.get(one.id)!.joinedAt === null || one.connectedAt! > one.connectBy!;
  return {
    attempts: of.length,
    ended: of.length,
    answers: logged.filter(({ answeredAt }) => answeredAt !== null).length,
    liveAnswers: live.length,
    reached: contacts(live.map(({ attemptId }) => attemptId)),
    conversions: of.filter(({ disposition }) => disposition === 'converted').length,
    contacts: contacts(of.map(({ id }) => id)),
    abandoned: forAgents.filter(isLate).length,
    offered: forAgents.length,
    inTime: forAgents.filter(
      ({ connectedAt, answeredAt }) => connectedAt !== null && connectedAt - answeredAt! <= SERVICE_S * 1_000,
    ).length,
    handled: logged.filter(({ joinedAt }) => joinedAt !== null).length,
  };
}

interface Figures {
  readonly key: string | null;
  readonly counts: Record<string, number>;
  readonly kpis: Record<string, unknown> & { readonly utilisation: number | null };
}

async function report(rest: Record<string, string>): Promise<{ total: Figures; rows: Figures[] }> {
  const query = new URLSearchParams({ ...period, serviceS: String(SERVICE_S), ...rest }).toString();
  const answer = await api.call(null, 'GET', `/v1/reports/kpis?${query}`);
  expect(answer?.status, JSON.stringify(answer?.body)).toBe(200);
  return answer!.body as unknown as { total: Figures; rows: Figures[] };
}

/** Seconds of an agent in each state, added up here. */
async function spansOf(agentId: string): Promise<Record<string, number>> {
  const spans = await rows<{ state: string; from: number; until: number | null }>(
    `SELECT state, from_at AS from, until_at AS until FROM seat_spans WHERE tenant_id = $1 AND agent_id = '${agentId}'`,
  );
  const end = Date.parse(period.to);
  const spentS: Record<string, number> = {};
  for (const { state, from, until } of spans) {
    spentS[state] = (spentS[state] ?? 0) + Math.max(0, Math.min(until ?? end, end) - from) / 1_000;
  }
  return spentS;
}
