import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endShifts, freeLostAgents } from '../../activities/services/lost-agents.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { insertAgent } from '../../db/repositories/agents.ts';
import { beatSeat } from '../../db/repositories/seat-requests.ts';
import { insertTeam } from '../../db/repositories/teams.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { fixedClock } from '../../domain/clock.ts';
import type { Shift } from '../../domain/agent.ts';
import { createTestDatabase } from '../support/postgres.ts';

/** Monday, 10:00 in Shanghai. */
const AT = Date.parse('2026-03-02T10:00:00+08:00');
const clock = fixedClock(AT);
let db: Database;
let tenantId: string;
let teamId: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 4, clock });
  tenantId = await ensureTenant(db, { slug: 'test', name: 'Test' });
  teamId = uuidv7();
  await db.inTenant(tenantId, (tx) => insertTeam(tx, { id: teamId, name: 'one' }, AT));
  drop = () => database.drop();
});
afterAll(async () => {
  await db.close();
  await drop();
});

const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  db.inTenant(tenantId, (tx) => tx.query<T>(sql, [tenantId, ...values]));

async function seated(of: {
  readonly state: string;
  /** Seconds since they were last heard of. */
  readonly silentS?: number;
  readonly previewId?: string;
  readonly shifts?: Shift[];
}): Promise<{ agentId: string; attemptId: string; contactId: string }> {
  const agentId = uuidv7();
  const contactId = uuidv7();
  const attemptId = `${contactId}/1`;
  await db.inTenant(tenantId, (tx) =>
    insertAgent(
      tx,
      {
        id: agentId,
        name: 'A',
        account: null,
        teamId,
        skills: {},
        languages: [],
        zone: 'Asia/Shanghai',
        shifts: of.shifts ?? null,
        enabled: true,
      },
      AT,
    ),
  );
  const engaged = ['reserved', 'in_call', 'wrap_up'].includes(of.state);
  await rows(
    `UPDATE seats SET state = $3, contact_id = $4, campaign_id = $4, attempt_id = $5, preview_id = $6,
            reason = CASE WHEN $3 = 'break' THEN 'lunch' END,
            lease_until_real = CASE WHEN $3 = 'reserved' THEN now() + interval '1 hour' END,
            wrap_up_until = CASE WHEN $3 = 'wrap_up' THEN now() END,
            beat_real = clock_timestamp() - make_interval(secs => $7)
     WHERE tenant_id = $1 AND agent_id = $2`,
    agentId,
    of.state,
    engaged ? contactId : null,
    engaged && of.previewId === undefined ? attemptId : null,
    of.previewId ?? null,
    of.silentS ?? 31,
  );
  return { agentId, attemptId, contactId };
}

async function call(
  of: { readonly agentId: string; readonly attemptId: string; readonly contactId: string },
  state: string,
): Promise<void> {
  await rows(
    `INSERT INTO agent_calls (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, agent_id)
     VALUES ($1, $2, $3, $3, $3, 'progressive', $4, $5)`,
    of.attemptId,
    of.contactId,
    state,
    of.agentId,
  );
}

const seat = async (agentId: string) =>
  (
    await rows<Record<string, unknown>>(
      `SELECT state, reason, next_state, next_reason, attempt_id FROM seats WHERE tenant_id = $1 AND agent_id = $2`,
      agentId,
    )
  )[0];

describe('an agent whose channel is silent', () => {
  it.each(['ready', 'break'])('for too long and who is %s is signed out', async (state) => {
    const { agentId } = await seated({ state });
    await freeLostAgents({ db, clock }, tenantId);
    expect(await seat(agentId)).toMatchObject({ state: 'offline', reason: 'agent.lost' });
  });

  it('for less is left alone, and so is one who never had a channel', async () => {
    const { agentId } = await seated({ state: 'ready', silentS: 25 });
    const other = await seated({ state: 'ready' });
    await rows(`UPDATE seats SET beat_real = NULL WHERE tenant_id = $1 AND agent_id = $2`, other.agentId);
    await freeLostAgents({ db, clock }, tenantId);
    expect([(await seat(agentId))!['state'], (await seat(other.agentId))!['state']]).toEqual([
      'ready',
      'ready',
    ]);
    await rows(`UPDATE seats SET state = 'offline' WHERE tenant_id = $1`);
  });

  it.each([
    ['reserved', 'reserved'],
    ['connecting', 'waiting'],
  ])('before a call that is %s is freed, and the call has no agent and is %s', async (before, after) => {
    const of = await seated({ state: 'reserved' });
    await call(of, before);
    await freeLostAgents({ db, clock }, tenantId);
    expect(await seat(of.agentId)).toMatchObject({ state: 'offline', attempt_id: null });
    expect(
      await rows(
        `SELECT state, agent_id FROM agent_calls WHERE tenant_id = $1 AND attempt_id = $2`,
        of.attemptId,
      ),
    ).toEqual([{ state: after, agent_id: null }]);
  });

  it('with a preview before them has it withdrawn', async () => {
    const previewId = uuidv7();
    const of = await seated({ state: 'reserved', previewId });
    await rows(
      `INSERT INTO previews (tenant_id, id, campaign_id, contact_id, admission, agent_id, state, offered_at, expires_at)
       VALUES ($1, $2, $3, $3, 1, $4, 'offered', now(), now())`,
      previewId,
      of.contactId,
      of.agentId,
    );
    await freeLostAgents({ db, clock }, tenantId);
    expect(await seat(of.agentId)).toMatchObject({ state: 'offline' });
    expect(
      await rows(`SELECT state, reason FROM previews WHERE tenant_id = $1 AND id = $2`, previewId),
    ).toEqual([{ state: 'withdrawn', reason: 'agent.lost' }]);
  });

  it('in a call keeps it, and is signed out after it unless heard of again', async () => {
    const of = await seated({ state: 'in_call' });
    await freeLostAgents({ db, clock }, tenantId);
    expect(await seat(of.agentId)).toMatchObject({
      state: 'in_call',
      next_state: 'offline',
      next_reason: 'agent.lost',
    });
    await db.single(tenantId, (tx) => beatSeat(tx, of.agentId, null));
    expect(await seat(of.agentId)).toMatchObject({ state: 'in_call', next_state: null });
  });
});

describe('a shift', () => {
  const MORNING: Shift = { days: ['mon'], from: '09:00', until: '12:00' };

  it('that is over signs out whoever is ready, and nobody who is on a call', async () => {
    const ready = await seated({ state: 'ready', silentS: 0, shifts: [MORNING] });
    const inCall = await seated({ state: 'in_call', silentS: 0, shifts: [MORNING] });
    await endShifts({ db, clock }, tenantId);
    expect((await seat(ready.agentId))!['state']).toBe('ready');
    clock.set(Date.parse('2026-03-02T12:00:00+08:00'));
    await endShifts({ db, clock }, tenantId);
    clock.set(AT);
    expect(await seat(ready.agentId)).toMatchObject({ state: 'offline', reason: 'shift.over' });
    expect((await seat(inCall.agentId))!['state']).toBe('in_call');
  });
});
