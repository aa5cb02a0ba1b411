import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { Worker } from '@temporalio/worker';
import { ENDPOINT_SECRET_LABEL } from '../../activities/deliver/drain.ts';
import { workflowBundle } from '../../cli/worker/bundle.ts';
import { insertEndpoint } from '../../db/repositories/endpoints.ts';
import { deliverWorkflowId } from '../../domain/ids.ts';
import type { Scenarios } from '../../carriers/simulator/plan.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';
import { startRunningEngine, type RunningEngine } from '../support/running-engine.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { SECRET } from './rig.ts';

const CONVERTS = '+8619900000301';
const OPTS_OUT = '+8619900000302';
const scenarios: Scenarios = {
  [CONVERTS]: { outcome: 'answered', ringS: 5, talkS: 120, disposition: 'converted' },
  [OPTS_OUT]: { outcome: 'answered', ringS: 5, talkS: 20, disposition: 'opted_out' },
};

let engine: RunningEngine;
let receiver: Receiver;

beforeAll(async () => {
  engine = await startRunningEngine({
    from: WORKDAY_MORNING_CN,
    speed: 1_200,
    simulator: { scenarios },
    // Quick, so that the test is; the schedule itself is tested without a server.
    retryPlan: {
      delaysMs: [50, 100, 200],
      giveUpAfterMs: 600_000,
      restAfterFailures: 5,
      restMs: [200],
    },
    webhookTimeoutMs: 500,
  });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await engine.stop();
});

const rows = <T extends object>(sql: string, ...values: unknown[]) =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

async function addEndpoint(): Promise<string> {
  const id = uuidv7();
  await engine.db.inTenant(engine.tenantId, (tx) =>
    insertEndpoint(
      tx,
      {
        id,
        url: receiver.url,
        description: '',
        events: ['*'],
        orderBy: 'contact',
        enabled: true,
        sealedSecret: engine.vault.sealForTenant(engine.tenantId, ENDPOINT_SECRET_LABEL, SECRET),
      },
      Date.now(),
    ),
  );
  return id;
}

describe('outgoing events of a campaign', () => {
  it('all arrive, in order for each contact, at a receiver that fails, times out and comes back', async () => {
    const endpointId = await addEndpoint();
    let requests = 0;
    receiver.behave(() => {
      requests += 1;
      // Three are let down, one is kept waiting, then it is away for a while.
      if (requests <= 3) return 500;
      if (requests === 4) return 'hang';
      if (requests <= 12) return 503;
      return requests % 5 === 0 ? 502 : 200;
    });
    const campaignId = await engine.addCampaign({ purpose: 'service' });
    const converts = await engine.addContact(campaignId, { number: CONVERTS });
    const optsOut = await engine.addContact(campaignId, { number: OPTS_OUT });
    expect(await engine.untilOver(campaignId, 60_000)).toBe('completed');
    const recorded = async () =>
      (await rows<{ id: string }>('SELECT id FROM outgoing_events WHERE tenant_id = $1 ORDER BY seq')).map(
        ({ id }) => id,
      );
    const expected = await recorded();
    await receiver.until(
      () => new Set(receiver.accepted().map(({ event }) => event.id)).size === expected.length,
      60_000,
    );

    const typesOf = (key: string) =>
      receiver
        .accepted()
        .filter(({ event }) => event.partitionkey === key)
        .map(({ event }) => event.type.replace('com.rightcall.', ''));
    expect(typesOf(converts.contactId)).toEqual([
      'attempt.ended',
      'disposition.recorded',
      'conversion.recorded',
      'contact.finished',
    ]);
    // What ends a contact by an opt-out is recorded with it; the person's own events have an order of their own.
    expect(typesOf(optsOut.contactId)).toEqual(['attempt.ended', 'disposition.recorded', 'contact.finished']);
    expect(typesOf(optsOut.personId).sort()).toEqual(['consent.withdrawn', 'suppression.added']);
    // Started, and completed.
    expect(typesOf(campaignId)).toEqual(['campaign.status_changed', 'campaign.status_changed']);
    const states = await rows(
      'SELECT DISTINCT state FROM deliveries WHERE tenant_id = $1 AND endpoint_id = $2',
      endpointId,
    );
    expect(states).toEqual([{ state: 'delivered' }]);

    // Nothing of a person is in Temporal: an endpoint's and a tenant's id are all that a history holds.
    const handle = engine.temporal.client.workflow.getHandle(deliverWorkflowId(endpointId));
    await handle.result();
    const history = await handle.fetchHistory();
    const input = history.events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads![0]!.data!;
    expect(JSON.parse(Buffer.from(input).toString())).toEqual({ tenantId: engine.tenantId, endpointId });
    await Worker.runReplayHistory({ workflowBundle: { codePath: await workflowBundle() } }, history);
  });
});
