import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newAgentMemory, paceAgents } from '../../activities/pace/pace-agents.ts';
import { readPaceState } from '../../activities/pace/pace-state.ts';
import type { Tx } from '../../db/client.ts';
import { keepPaceMemory, pacedEnds } from '../../db/repositories/pace-agents.ts';
import { needsAgents } from '../../domain/campaign.ts';
import { scaledClock } from '../../domain/clock.ts';
import { toIso } from '../../domain/time.ts';
import { admit, floorCampaign, openFloor, type Floor } from '../support/agents.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { aMorning } from '../support/learned.ts';

const AGENTS = 4;

const OF_TEN = { three: aMorning(0.3), six: aMorning(0.6) };

let engine: TestEngine;
let floor: Floor;
beforeAll(async () => {
  engine = await createTestEngine({
    clock: scaledClock({ from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 }),
  });
});
afterAll(() => engine.close());
beforeEach(async () => {
  floor = await openFloor(engine, AGENTS);
});

const inTenant = <T>(run: (tx: Tx) => Promise<T>) => engine.db.inTenant(engine.tenantId, run);

/** A campaign whose calls the floor takes, with room under the cap; a predictive one knows them. */
async function campaign(
  mode: Parameters<typeof floorCampaign>[2],
  learned: unknown = OF_TEN.three,
  on: Floor = floor,
): Promise<string> {
  const id = await floorCampaign(engine, on, mode);
  await inTenant(async (tx) => {
    await keepPaceMemory(tx, id, { learned, placesAhead: true }, engine.clock.now());
    await tx.query(
      `INSERT INTO answer_counts SELECT $1, $2, w, date_trunc(w, $3::timestamptz, 'UTC'), 6000, 2000, 2000, 20
       FROM unnest('{hour,day}'::text[]) AS w`,
      [tx.tenantId, id, toIso(engine.clock.now())],
    );
  });
  return id;
}

async function paceIn(tx: Tx, id: string) {
  const at = engine.clock.now();
  const state = await readPaceState(tx, id, at);
  const { definition } = state!.campaign;
  const set = await engine.policies.forCampaign(tx, state!.policySetHash, state!.campaign, at);
  const mode = needsAgents(definition.mode) ? definition.mode : 'progressive';
  return paceAgents(
    tx,
    { id, definition, mode: mode as 'predictive', fromRank: 0 },
    set,
    newAgentMemory(),
    at,
  );
}
const pace = (id: string) => inTenant((tx) => paceIn(tx, id));

async function place(id: string, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await admit(engine, id);
}

describe('campaigns that share a team', () => {
  it('predictive: what one has in flight counts for the other, so that both together place hardly more than one would', async () => {
    const [first, second] = [await campaign('predictive'), await campaign('predictive')];
    const { calls: alone } = await pace(first);
    expect(alone).toBeGreaterThan(AGENTS);
    expect(await pace(second)).toEqual({ calls: alone, reason: 'predictive' });
    await place(first, alone);
    // What the first one may abandon is not at the stake of the second one's budget, which may leave it a call.
    const beside = await pace(second);
    expect(beside.reason).toBe('predictive');
    expect(beside.calls).toBeLessThanOrEqual(1);
  });

  it('predictive: calls of a campaign that is answered more often take more agents', async () => {
    const besideFour = async (theirs: unknown) => {
      const on = await openFloor(engine, AGENTS);
      await place(await campaign('predictive', theirs, on), 4);
      return (await pace(await campaign('predictive', OF_TEN.three, on))).calls;
    };
    expect(await besideFour(OF_TEN.six)).toBeLessThan(await besideFour(OF_TEN.three));
  });

  it('a call of a progressive campaign takes an agent before it rings, and people who wait take the next one', async () => {
    const [progressive, second] = [await campaign('progressive'), await campaign('predictive')];
    const third = await campaign('progressive');
    await place(progressive, AGENTS - 1);
    expect((await pace(third)).calls).toBe(1);
    const agentless = await campaign('agentless');
    const { attemptId, contactId } = await admit(engine, agentless);
    await inTenant((tx) =>
      tx.query(
        `INSERT INTO agent_calls (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, answered_at, connect_by)
         SELECT $1, $2, campaign_id, id, person_id, 'agentless', 'waiting', $4, $4
         FROM contacts WHERE tenant_id = $1 AND id = $3`,
        [tx.tenantId, attemptId, contactId, toIso(engine.clock.now())],
      ),
    );
    expect((await pace(third)).calls).toBe(0);
    expect((await pace(second)).calls).toBe(0);
  });

  it('a progressive campaign is not held up by calls that few will answer', async () => {
    const [ahead, progressive] = [await campaign('predictive'), await campaign('progressive')];
    await place(ahead, AGENTS);
    // Of 4 calls 1.2 are answered, give or take 0.9.
    expect((await pace(progressive)).calls).toBe(1);
  });

  it('takes from each no more than its agents have to do with the other', async () => {
    const other = await openFloor(engine, AGENTS);
    const first = await campaign('progressive');
    const both = await floorCampaign(engine, floor, 'progressive');
    await inTenant((tx) =>
      tx.query(
        `UPDATE campaigns SET definition = jsonb_set(definition, '{agents,teams}', $3) WHERE tenant_id = $1 AND id = $2`,
        [tx.tenantId, both, JSON.stringify([floor.team, other.team])],
      ),
    );
    await place(both, 2);
    // One of two is taken by this team's agents, give or take 0.7.
    expect((await pace(first)).calls).toBe(AGENTS - 2);
    expect((await pace(await campaign('progressive', null, other))).calls).toBe(AGENTS - 2);
  });

  it('two pacers at the same moment do not both use the same free agents: the second waits its turn', async () => {
    const [first, second] = [await campaign('progressive'), await campaign('progressive')];
    await inTenant(async (tx) => {
      expect((await paceIn(tx, first)).calls).toBe(AGENTS);
      expect(await pace(second)).toEqual({ calls: 0, reason: 'agents.counted_elsewhere' });
    });
    expect((await pace(second)).calls).toBe(AGENTS);
  });

  it('what agents do for one teaches the other how long they are busy; what rings for one does not', async () => {
    const [first, second] = [await campaign('progressive'), await campaign('predictive')];
    const { contactId } = await admit(engine, first);
    const from = engine.clock.now();
    await inTenant((tx) =>
      tx.query(
        `UPDATE seats SET state = 'in_call', campaign_id = $3, contact_id = $4, attempt_id = $5
         WHERE tenant_id = $1 AND agent_id = $2`,
        [tx.tenantId, floor.agentIds[0], first, contactId, `${contactId}/1`],
      ),
    );
    const until = "state = 'wrap_up', wrap_up_until = now()";
    await inTenant((tx) =>
      tx.query(`UPDATE seats SET ${until} WHERE tenant_id = $1 AND state = 'in_call'`, [tx.tenantId]),
    );
    const demand = { teamIds: [floor.teamId], skills: {}, languages: [] };
    const ends = await inTenant((tx) => pacedEnds(tx, second, demand, from));
    expect(ends.map(({ kind }) => kind)).toEqual(['talk_ended']);
  });

  it('a contact that is shown to an agent is no call beside: the other agents are free', async () => {
    const previews = await campaign('preview');
    const { contactId } = await admit(engine, previews);
    await inTenant((tx) =>
      tx.query(
        `UPDATE seats SET state = 'reserved', campaign_id = $3, contact_id = $4, preview_id = $4,
                lease_until_real = now() + interval '1 minute' WHERE tenant_id = $1 AND agent_id = $2`,
        [tx.tenantId, floor.agentIds[0], previews, contactId],
      ),
    );
    expect((await pace(previews)).calls).toBe(AGENTS - 1);
  });
});
