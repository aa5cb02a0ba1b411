import { expect } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addAttempt, addCampaign, addContact, type Answer, type Rig } from './rig.ts';

/** Agents at their seats, and calls as the engine leaves them to their agents. */
export interface Seated {
  readonly id: string;
  readonly account: string;
  readonly key: string;
  readonly as: (method: string, path: string, body?: unknown) => Promise<Answer>;
}

/** An agent with a key of their own. @param change parts of the agent */
export async function addAgent(
  rig: Rig,
  teamId: string,
  change: Record<string, unknown> = {},
): Promise<Seated> {
  const name = `agent-${uuidv7()}`;
  const key = await rig.makeKey({ roles: ['agent'], name });
  const account = `key:${name}`;
  const made = await rig.call('POST', '/v1/agents', {
    name: 'Anna',
    account,
    teamId,
    zone: 'Asia/Shanghai',
    ...change,
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return {
    id: made.body.id,
    account,
    key,
    as: (method, path, body) => rig.call(method, path, body, { Authorization: `Bearer ${key}` }),
  };
}

export async function addTeam(rig: Rig, name: string): Promise<string> {
  const made = await rig.call('POST', '/v1/teams', { name });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body.id;
}

export interface SeatedCall {
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  readonly attemptId: string;
  /** Path of the call for its agent. */
  readonly path: string;
}

let numbers = 0;

/** A call of the agent's: up, or over and to be written down until a minute from now (engine clock). */
export async function addCall(
  rig: Rig,
  agentId: string,
  state: 'connected' | 'wrap_up' | 'reserved' | 'connecting',
  of: { readonly campaignId: string },
): Promise<SeatedCall> {
  numbers += 1;
  const number = `+1202555${String(100 + (numbers % 100)).padStart(4, '0')}`;
  const { personId, contactId } = await addContact(rig, { ...of, number, state: 'admitted' });
  const isOver = state === 'wrap_up';
  const attemptId = await addAttempt(rig, {
    ...of,
    contactId,
    personId,
    n: 1,
    state: isOver ? 'ended' : 'sent',
    answered: state !== 'reserved',
    ...(isOver ? { outcome: 'answered', talkS: 30 } : {}),
    numberHash: rig.vault.numberHash(rig.tenantId, number),
  });
  const seat = { connected: 'in_call', wrap_up: 'wrap_up', reserved: 'reserved', connecting: 'reserved' }[
    state
  ];
  const until = new Date(rig.clock.now() + 60_000).toISOString();
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query(`UPDATE contacts SET admissions = 1, attempts = 1 WHERE tenant_id = $1 AND id = $2`, [
      tx.tenantId,
      contactId,
    ]);
    await tx.query(
      `UPDATE seats SET state = $3, reason = NULL, campaign_id = $4, contact_id = $5, attempt_id = $6,
              preview_id = NULL, lease_until_real = CASE WHEN $3 = 'reserved' THEN now() + interval '1 minute' END,
              wrap_up_until = CASE WHEN $3 = 'wrap_up' THEN $7::timestamptz END, beat_real = clock_timestamp()
       WHERE tenant_id = $1 AND agent_id = $2`,
      [tx.tenantId, agentId, seat, of.campaignId, contactId, attemptId, until],
    );
    await tx.query(
      `INSERT INTO agent_calls (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, agent_id,
                                assigned_at, connected_at, ended_at, wrap_up_until)
       VALUES ($1, $2, $3, $4, $5, 'progressive', $6, $7, $8, CASE WHEN $6 IN ('connected', 'wrap_up') THEN $8::timestamptz END,
               CASE WHEN $6 = 'wrap_up' THEN $8::timestamptz END, CASE WHEN $6 = 'wrap_up' THEN $9::timestamptz END)`,
      [
        tx.tenantId,
        attemptId,
        of.campaignId,
        contactId,
        personId,
        state,
        agentId,
        new Date(rig.clock.now()).toISOString(),
        until,
      ],
    );
  });
  return { ...of, contactId, personId, attemptId, path: `/v1/agents/me/calls/${attemptId}` };
}

/** An answered call that no agent has, to be given up a minute from now. */
export async function addWaitingCall(rig: Rig, of: { readonly campaignId: string }): Promise<SeatedCall> {
  const spare = uuidv7();
  const call = await addCall(rig, spare, 'connecting', of);
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `UPDATE agent_calls SET state = 'waiting', agent_id = NULL, answered_at = $3, connect_by = $4
       WHERE tenant_id = $1 AND attempt_id = $2`,
      [
        tx.tenantId,
        call.attemptId,
        new Date(rig.clock.now()).toISOString(),
        new Date(rig.clock.now() + 60_000).toISOString(),
      ],
    ),
  );
  return call;
}

/** A contact shown to the agent for a minute. @returns the preview and its contact */
export async function addPreview(
  rig: Rig,
  agentId: string,
  of: { readonly campaignId: string },
  attributes: Record<string, unknown> | null = null,
): Promise<{ previewId: string; contactId: string; personId: string }> {
  numbers += 1;
  const number = `+1212555${String(100 + (numbers % 100)).padStart(4, '0')}`;
  const { personId, contactId } = await addContact(rig, { ...of, number, state: 'admitted' });
  const previewId = uuidv7();
  const at = new Date(rig.clock.now()).toISOString();
  const until = new Date(rig.clock.now() + 60_000).toISOString();
  const sealed =
    attributes === null
      ? null
      : await rig.vault.sealAttributes(rig.tenantId, personId, contactId, attributes);
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    if (sealed?.kind === 'opened') {
      await tx.query('UPDATE contacts SET attributes = $3 WHERE tenant_id = $1 AND id = $2', [
        tx.tenantId,
        contactId,
        sealed.value,
      ]);
    }
    await tx.query(
      `UPDATE seats SET state = 'reserved', reason = NULL, campaign_id = $3, contact_id = $4, preview_id = $5,
              attempt_id = NULL, lease_until_real = now() + interval '1 minute'
       WHERE tenant_id = $1 AND agent_id = $2`,
      [tx.tenantId, agentId, of.campaignId, contactId, previewId],
    );
    await tx.query(
      `INSERT INTO previews (tenant_id, id, campaign_id, contact_id, admission, agent_id, state, offered_at, expires_at)
       VALUES ($1, $2, $3, $4, 1, $5, 'offered', $6, $7)`,
      [tx.tenantId, previewId, of.campaignId, contactId, agentId, at, until],
    );
  });
  return { previewId, contactId, personId };
}

/** A campaign whose calls agents of the team take, with a form and a list of its own. */
export async function addAgentCampaign(
  rig: Rig,
  team: string,
  change: Record<string, unknown> = {},
): Promise<string> {
  return addCampaign(rig, {
    name: `with agents ${uuidv7()}`,
    agents: {
      teams: [team],
      dispositions: [
        { code: 'sold', label: '成交', disposition: 'converted', requires: ['amount'] },
        { code: 'no', label: '无意向', disposition: 'not_interested' },
        { code: 'later', label: '预约', disposition: 'callback' },
        { code: 'never', label: '请勿再拨', disposition: 'opted_out' },
        { code: 'wrong', label: '号码错误', disposition: 'wrong_number' },
      ],
      form: [
        { name: 'amount', label: 'Amount', type: 'integer', min: 1, max: 1_000 },
        { name: 'channel', label: 'Channel', type: 'choice', options: ['post', 'mail'] },
      ],
      ...change,
    },
  });
}
