import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { endLateWrapUps, freeOverdueSeats, settleWritten } from '../../activities/services/agent-upkeep.ts';
import { freeLostAgents } from '../../activities/services/lost-agents.ts';
import { carryOutHangups, sweepLeases } from '../../activities/services/sweep.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { stopDialling } from '../../db/stop.ts';
import { insertScript } from '../../db/repositories/scripts.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { seatOf } from '../../db/repositories/seat-requests.ts';
import { canMove, type AgentState } from '../../domain/agent.ts';
import { scaledClock } from '../../domain/clock.ts';
import { scriptDocumentSchema } from '../../domain/script.ts';
import type { Step } from '../../domain/step-names.ts';
import { watchSteps } from '../../domain/step-watch.ts';
import {
  admit,
  dial,
  floorCampaign,
  hear,
  openFloor,
  seatStates,
  sideOf,
  tellingGateway,
  tend,
  type AdmittedContact,
  type Floor,
} from '../support/agents.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { answerModel } from '../support/quick-model.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
const clock = scaledClock(setting);
const QUICK = { setupS: 0.01, ringS: 0.01 };
const number = (n: number) => `+86199000095${String(n).padStart(2, '0')}`;
/** Numbers 0 to 19 ring for long, 20 to 39 hang up soon after the joining, 40 to 49 ask a script for an agent. */
const scenarios = Object.fromEntries(
  Array.from({ length: 50 }, (_, n) => [
    number(n),
    n < 20
      ? { ...QUICK, outcome: 'no_answer' as const, ringS: 25 }
      : n < 40
        ? { ...QUICK, outcome: 'answered' as const, talkS: 0.05 }
        : { ...QUICK, outcome: 'answered' as const, talkS: 0.5, digits: '0' },
  ]),
);

let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock, simulator: { clock: setting, model: answerModel, scenarios } });
});
afterAll(() => engine.close());
afterEach(async () => {
  watchSteps(undefined);
  const moves = await rows<{ from: AgentState | null; to: AgentState }>(
    `SELECT DISTINCT * FROM (SELECT lag(state) OVER (PARTITION BY agent_id ORDER BY fence) AS "from", state AS "to"
                             FROM seat_spans WHERE tenant_id = $1) moves WHERE "from" <> "to"`,
  );
  expect(moves.filter(({ from, to }) => from !== null && !canMove(from, to))).toEqual([]);
});

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

/** The next time that this step is reached, the process that reaches it is gone. */
function dieAt(step: Step): void {
  watchSteps((reached) => {
    if (reached !== step) return undefined;
    watchSteps(undefined);
    return Promise.reject(new Error(`died at ${step}`));
  });
}

async function ringing(
  mode: 'progressive' | 'predictive',
  agents: number,
  to?: string,
): Promise<{ floor: Floor; contact: AdmittedContact; campaignId: string }> {
  const floor = await openFloor(engine, agents);
  const campaignId = await floorCampaign(engine, floor, mode);
  const contact = await admit(engine, campaignId, to);
  expect(await dial(engine, contact)).toEqual({ kind: 'pending' });
  return { floor, contact, campaignId };
}

describe('a worker dies between the answer and the note that agent and person are joined', () => {
  it.each(['bridge.ask', 'bridge.answered', 'bridge.commit'] as const)(
    'at %s: another finds them joined, once',
    async (step) => {
      const { floor, contact } = await ringing('progressive', 1);
      await hear(engine, contact.attemptId, 'answered');
      dieAt(step);
      await tend(engine, 1);
      expect(await sideOf(engine, contact.attemptId)).toMatchObject({ state: 'connecting' });
      await tend(engine);
      expect(await sideOf(engine, contact.attemptId)).toMatchObject({
        state: 'connected',
        agent_id: floor.agentIds[0],
      });
      const bridges = (await engine.requests()).filter(
        (line) => line.kind === 'bridge' && line.attemptId === contact.attemptId,
      );
      expect(bridges.filter((line) => line.result === 'accepted')).toHaveLength(1);
    },
  );

  it('the carrier’s own word that they are joined is as good as its answer', async () => {
    const { floor, contact } = await ringing('progressive', 1);
    await hear(engine, contact.attemptId, 'answered');
    dieAt('bridge.answered');
    await tend(engine, 1);
    await hear(engine, contact.attemptId, 'joined');
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({ state: 'connected' });
    expect(await seatStates(engine, floor)).toEqual(['in_call']);
  });

  it('the call ends before it is joined: nobody is joined, and the agent is free', async () => {
    const { floor, contact, campaignId } = await ringing('progressive', 1, number(20));
    await hear(engine, contact.attemptId, 'answered');
    const [call] = await rows<{ carrier_ref: string }>(
      'SELECT carrier_ref FROM attempts WHERE tenant_id = $1 AND id = $2',
      contact.attemptId,
    );
    const line = await engine.carriers.lineOf(engine.tenantId, engine.carrierId);
    await line.carrier.hangup(call!.carrier_ref);
    await tend(engine);
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({ state: 'connecting' });
    await hear(engine, contact.attemptId, 'ended');
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect((await sideOf(engine, contact.attemptId))!.state).toBe('over');
    expect(
      await rows('SELECT abandoned FROM answer_counts WHERE tenant_id = $1 AND campaign_id = $2', campaignId),
    ).toEqual([{ abandoned: 0 }, { abandoned: 0 }]);
  });
});

describe('a worker dies after a call was given up', () => {
  it.each(['abandon.committed', 'letgo.ask', 'letgo.asked'] as const)(
    'at %s: another lets it go, and it counts once',
    async (step) => {
      const { contact, campaignId } = await ringing('predictive', 0);
      await hear(engine, contact.attemptId, 'answered');
      await rows(
        `UPDATE agent_calls SET connect_by = $3 WHERE tenant_id = $1 AND attempt_id = $2`,
        contact.attemptId,
        new Date(clock.now()).toISOString(),
      );
      dieAt(step);
      if (step === 'abandon.committed') await expect(tend(engine)).rejects.toThrow(/died/);
      else await tend(engine, 1);
      expect(await sideOf(engine, contact.attemptId)).toMatchObject({
        state: 'abandoned',
        let_go_real: null,
      });
      await tend(engine);
      await hear(engine, contact.attemptId, 'ended');
      expect(
        await rows(
          'SELECT live_answers, abandoned FROM answer_counts WHERE tenant_id = $1 AND campaign_id = $2',
          campaignId,
        ),
      ).toEqual([
        { live_answers: 1, abandoned: 1 },
        { live_answers: 1, abandoned: 1 },
      ]);
    },
  );
});

describe('an agent is lost between reservation and answer', () => {
  const lose = async (agentId: string) => {
    await rows(
      `UPDATE seats SET beat_real = now() - interval '1 hour' WHERE tenant_id = $1 AND agent_id = $2`,
      agentId,
    );
    await freeLostAgents(engine, engine.tenantId);
  };

  it('the call goes to another who is free', async () => {
    const { floor, contact } = await ringing('progressive', 2);
    await lose(floor.agentIds[0]!);
    expect(await seatStates(engine, floor)).toEqual(['offline', 'reserved']);
    await hear(engine, contact.attemptId, 'answered');
    await tend(engine);
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({
      state: 'connected',
      agent_id: floor.agentIds[1],
    });
  });

  it('or waits for one when it is answered, and whoever is ready next takes it', async () => {
    const { floor, contact } = await ringing('progressive', 1);
    await lose(floor.agentIds[0]!);
    await hear(engine, contact.attemptId, 'answered');
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({ state: 'waiting', agent_id: null });
    await rows(
      `UPDATE seats SET state = 'ready', reason = NULL, beat_real = now() WHERE tenant_id = $1 AND agent_id = $2`,
      floor.agentIds[0],
    );
    await tend(engine);
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({
      state: 'connected',
      agent_id: floor.agentIds[0],
    });
  });
});

describe('a stop frees whoever was kept for what it stops', () => {
  const stop = (campaignId: string) =>
    stopDialling(
      engine.db,
      clock,
      { tenantId: engine.tenantId, kind: 'stop', scope: 'campaign', targetId: campaignId, by: 'test' },
      async (tx) => void (await setCampaignStatus(tx, campaignId, { status: 'stopped', reason: null })),
    );

  it('while it rings', async () => {
    const { floor, contact, campaignId } = await ringing('progressive', 1, number(0));
    const stopped = stop(campaignId);
    const workers = setInterval(
      () => void carryOutHangups({ ...engine, workflows: tellingGateway() }, engine.tenantId),
      50,
    );
    await stopped;
    clearInterval(workers);
    await hear(engine, contact.attemptId, 'ended');
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect((await sideOf(engine, contact.attemptId))!.state).toBe('over');
  });

  it('before it rings: the permit is taken back, and the agent with it', async () => {
    const floor = await openFloor(engine, 1);
    const campaignId = await floorCampaign(engine, floor, 'progressive');
    const contact = await admit(engine, campaignId);
    await engine.db.inTenant(engine.tenantId, (tx) => claimAttempt(tx, engine, contact));
    expect(await seatStates(engine, floor)).toEqual(['reserved']);
    await stop(campaignId);
    await sweepLeases(engine, engine.tenantId);
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({
      state: 'over',
      reason: 'attempt.revoked',
    });
  });
});

describe('a seat that is kept for longer than it takes', () => {
  const overdue = (agentId: string) =>
    rows(
      `UPDATE seats SET lease_until_real = now() - interval '1 second' WHERE tenant_id = $1 AND agent_id = $2`,
      agentId,
    );

  it('is kept on while its call rings, and freed once the call is over or was never there', async () => {
    const { floor, contact } = await ringing('progressive', 1, number(1));
    await overdue(floor.agentIds[0]!);
    await freeOverdueSeats(engine, engine.tenantId);
    expect(await seatStates(engine, floor)).toEqual(['reserved']);
    await rows(
      `UPDATE agent_calls SET state = 'over' WHERE tenant_id = $1 AND attempt_id = $2`,
      contact.attemptId,
    );
    await overdue(floor.agentIds[0]!);
    await freeOverdueSeats(engine, engine.tenantId);
    expect(await seatStates(engine, floor)).toEqual(['ready']);
  });
});

describe('a call that is not written down', () => {
  let taken = 0;
  async function wrappingUp(agents: Record<string, unknown> = {}) {
    const floor = await openFloor(engine, 1);
    const campaignId = await floorCampaign(engine, floor, 'progressive', {
      agents: { teams: [], ...agents },
    });
    const contact = await admit(engine, campaignId, number(21 + taken++));
    await dial(engine, contact);
    await hear(engine, contact.attemptId, 'answered');
    await tend(engine);
    await hear(engine, contact.attemptId, 'ended');
    expect(await seatStates(engine, floor)).toEqual(['wrap_up']);
    return { floor, contact };
  }
  const timeIsUp = async (floor: Floor) => {
    await rows(
      'UPDATE seats SET wrap_up_until = $3 WHERE tenant_id = $1 AND team_id = $2',
      floor.teamId,
      new Date(clock.now()).toISOString(),
    );
    await endLateWrapUps(engine, engine.tenantId);
  };
  const resultOf = async ({ attemptId }: AdmittedContact) =>
    (
      await rows<{ result: unknown; disposition: string | null }>(
        'SELECT result, disposition FROM attempts WHERE tenant_id = $1 AND id = $2',
        attemptId,
      )
    )[0];

  it('is left alone within its time: nothing is drawn from it', async () => {
    const { floor, contact } = await wrappingUp();
    await endLateWrapUps(engine, engine.tenantId);
    await sweepLeases(engine, engine.tenantId);
    await settleWritten(engine, engine.tenantId);
    expect(await seatStates(engine, floor)).toEqual(['wrap_up']);
    expect(await resultOf(contact)).toEqual({ result: null, disposition: null });
  });

  it('keeps its agent on a break after that, and waits to be written down', async () => {
    const { floor, contact } = await wrappingUp();
    await timeIsUp(floor);
    const seat = await engine.db.inTenant(engine.tenantId, (tx) => seatOf(tx, floor.agentIds[0]!));
    expect(seat).toMatchObject({ state: 'break', reason: 'wrap_up.open', attemptId: null });
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({ state: 'wrap_up' });
    expect((await resultOf(contact))!.result).toBeNull();
  });

  it('is put down as the campaign says where it says so, and its agent is free', async () => {
    const { floor, contact } = await wrappingUp({ wrapUp: { onLimit: 'ready', disposition: 'refused' } });
    await timeIsUp(floor);
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect(await resultOf(contact)).toMatchObject({
      disposition: 'refused',
      result: { kind: 'final', state: 'refused' },
    });
  });

  it('is closed without a word a day later: no contact waits for ever', async () => {
    const { floor, contact } = await wrappingUp();
    await timeIsUp(floor);
    await rows(
      `UPDATE agent_calls SET ended_at = ended_at - interval '1 day' WHERE tenant_id = $1 AND attempt_id = $2`,
      contact.attemptId,
    );
    await endLateWrapUps(engine, engine.tenantId);
    expect((await resultOf(contact))!.result).not.toBeNull();
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({ state: 'over' });
  });
});

describe('an agentless call whose person asks for an agent', () => {
  let scriptId: string;
  beforeAll(async () => {
    scriptId = uuidv7();
    const document = scriptDocumentSchema.parse({
      language: 'en-US',
      start: 'main',
      nodes: {
        main: {
          kind: 'menu',
          say: 'An offer.',
          branches: [
            { keys: '0', label: 'agent', goto: 'help' },
            { keys: '9', label: 'never', goto: 'never' },
          ],
          onSilence: 'bye',
        },
        help: { kind: 'agent' },
        never: { kind: 'end', disposition: 'opted_out' },
        bye: { kind: 'end', disposition: 'not_interested' },
      },
    });
    await engine.db.inTenant(engine.tenantId, (tx) =>
      insertScript(
        tx,
        { id: scriptId, name: 'Help' },
        { document, hash: '00', by: 'test', at: clock.now() - 1_000 },
      ),
    );
  });
  const asked = async (agents: number, to: string) => {
    const floor = await openFloor(engine, agents);
    const campaignId = await floorCampaign(engine, floor, 'agentless', {
      script: { id: scriptId, version: 1 },
    });
    const contact = await admit(engine, campaignId, to);
    await dial(engine, contact);
    await hear(engine, contact.attemptId, 'answered');
    expect(await sideOf(engine, contact.attemptId)).toBeUndefined();
    await hear(engine, contact.attemptId, 'dtmf');
    return { floor, contact, campaignId };
  };

  it('is joined with one who is free, who writes it down', async () => {
    const { floor, contact } = await asked(1, number(40));
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({ state: 'connecting', mode: 'agentless' });
    await tend(engine);
    expect(await seatStates(engine, floor)).toEqual(['in_call']);
    await hear(engine, contact.attemptId, 'ended');
    expect(await seatStates(engine, floor)).toEqual(['wrap_up']);
  });

  it('waits for one, and is let go without being counted where none comes', async () => {
    const { contact, campaignId } = await asked(0, number(41));
    await rows(
      'UPDATE agent_calls SET connect_by = $3 WHERE tenant_id = $1 AND attempt_id = $2',
      contact.attemptId,
      new Date(clock.now()).toISOString(),
    );
    await tend(engine);
    expect(await sideOf(engine, contact.attemptId)).toMatchObject({
      state: 'over',
      reason: 'agents.none_free',
    });
    await hear(engine, contact.attemptId, 'ended');
    expect(
      await rows('SELECT 1 FROM answer_counts WHERE tenant_id = $1 AND campaign_id = $2', campaignId),
    ).toEqual([]);
  });
});

it('the audit finds nothing against any of it', async () => {
  const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId, requestLog: engine.logFile });
  for (const { id, violations } of verdict.invariants) expect(violations, id).toEqual([]);
  expect(verdict.notes.filter((note) => note.includes('read'))).toEqual([]);
});
