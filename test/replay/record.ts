import { readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { createTemporalGateway } from '../../activities/temporal-gateway.ts';
import { startBenchServers, withClient, type BenchServers } from '../../bench/support/servers.ts';
import {
  AFTERNOON_CN,
  numberOf,
  startStack,
  type AddedCampaign,
  type Stack,
} from '../../bench/support/stack.ts';
import type { Scenarios } from '../../carriers/simulator/plan.ts';
import { campaignWorkflowId, contactWorkflowId, deliverWorkflowId } from '../../domain/ids.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { HISTORIES, toJson } from './golden.ts';

/**
 * Records the golden histories of this version from real runs of the whole engine: three minutes, most of them spent
 * waiting for one timer.
 *
 *   node --import tsx test/replay/record.ts [recorder…]     all, or those named, such as `deliveries`
 *
 * When: at each release, and when a workflow gets a path that no history shows. Files of versions that were released
 * are never changed or removed while workflows of theirs may be under way; a change that cannot replay them needs
 * `patched` or a new workflow type. A new path gets a recorder here, and its name in replay.replay.test.ts.
 */

/** 20 simulated minutes a real second: a retry hours later comes while one looks. */
const SPEED = 1_200;
const OVER_WITHIN_MS = 120_000;
/** A wait's timer fires this long (real) after the hopper's instant (db/repositories/hopper.ts), and some seconds more. */
const RECHECK_MS = 130_000;
/** Events after which the server asks for a new run, for the one recorder that needs it; thousands by default. */
const SUGGEST_NEW_RUN_AT = 20;

const CONVERTS = numberOf(1);
const NEVER_ANSWERS = numberOf(2);
const ANSWERS_SECOND = numberOf(3);
/** Whose consent ends, so that they are of no use to the others. */
const LOSES_CONSENT = numberOf(4);
const WITHDRAWS = numberOf(5);
const scenarios: Scenarios = {
  [CONVERTS]: { outcome: 'answered', ringS: 5, talkS: 60, disposition: 'converted' },
  [NEVER_ANSWERS]: { outcome: 'no_answer', ringS: 20 },
  [WITHDRAWS]: { outcome: 'no_answer', ringS: 20 },
  [ANSWERS_SECOND]: [
    { outcome: 'no_answer', ringS: 20 },
    { outcome: 'answered', ringS: 5, talkS: 30, disposition: 'not_interested' },
  ],
};
const retryAfter = (minutes: number) => ({
  maxAttempts: 3,
  maxAttemptsPerDay: 20,
  byOutcome: { no_answer: { delayMinutes: [minutes] } },
});
/** Service calls, which no rule spreads over days. */
const SERVICE = { purpose: 'service' } as const;

interface Recording {
  readonly stack: Stack;
  /** Write the history of a contact's or a campaign's workflow under a path's name. */
  readonly save: (path: string, workflowId: string, runId?: string) => Promise<void>;
}

const start = (stack: Stack, campaignId: string) => stack.post(`/v1/campaigns/${campaignId}/start`);

async function oneAttempt({ stack, save }: Recording): Promise<void> {
  const added = await stack.addCampaign(SERVICE, [CONVERTS]);
  await start(stack, added.campaignId);
  await stack.untilOver(added.campaignId, OVER_WITHIN_MS);
  await save('contact-one-attempt', contactOf(added));
  await save('campaign-completed', campaignWorkflowId(added.campaignId));
}

async function retriesExhausted({ stack, save }: Recording): Promise<void> {
  const added = await stack.addCampaign({ ...SERVICE, retry: retryAfter(20) }, [NEVER_ANSWERS]);
  await start(stack, added.campaignId);
  await stack.untilOver(added.campaignId, OVER_WITHIN_MS);
  await save('contact-retries-exhausted', contactOf(added));
}

/** Its consent went after the pacer had admitted it and before the gate looked. */
async function deniedAtGate({ stack, save }: Recording): Promise<void> {
  const added = await stack.addCampaign(SERVICE, [LOSES_CONSENT]);
  await withClient(stack.databaseUrl, (client) =>
    client.query('DELETE FROM consent_events WHERE tenant_id = $1 AND person_id = $2', [
      stack.tenantId,
      added.contacts[0]!.personId,
    ]),
  );
  await admitAsPacer(stack, added);
  await start(stack, added.campaignId);
  await stack.untilOver(added.campaignId, OVER_WITHIN_MS);
  await save('contact-denied-at-gate', contactOf(added));
}

/** Its window closed after the pacer had admitted it; it is called when the window opens. */
async function deferredAtGate({ stack, save }: Recording): Promise<void> {
  const opens = shanghaiHour(stack.clock.now() + 2 * HOUR_MS);
  const added = await stack.addCampaign(
    {
      ...SERVICE,
      callingHours: [
        {
          days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
          from: `${opens}:00`,
          until: `${opens}:59`,
        },
      ],
    },
    [CONVERTS],
  );
  await admitAsPacer(stack, added);
  await start(stack, added.campaignId);
  await stack.untilOver(added.campaignId, OVER_WITHIN_MS);
  await save('contact-deferred-at-gate-then-called', contactOf(added));
}

async function withdrawnWhileWaiting({ stack, save }: Recording): Promise<void> {
  const added = await stack.addCampaign({ ...SERVICE, retry: retryAfter(3_000) }, [WITHDRAWS]);
  await start(stack, added.campaignId);
  await untilWaiting(stack, added);
  await stack.post(`/v1/persons/${added.contacts[0]!.personId}/withdrawals`, { source: 'recording' });
  await stack.untilOver(added.campaignId, OVER_WITHIN_MS);
  await save('contact-withdrawn-while-waiting', contactOf(added));
}

async function stopped({ stack, save }: Recording): Promise<void> {
  const added = await stack.addCampaign({ ...SERVICE, retry: retryAfter(3_000) }, [NEVER_ANSWERS]);
  await start(stack, added.campaignId);
  await untilWaiting(stack, added);
  await stack.post(`/v1/campaigns/${added.campaignId}/stop`);
  await save('contact-stopped-while-waiting', contactOf(added));
  await save('campaign-stopped', campaignWorkflowId(added.campaignId));
}

/** Paused while a contact waits, so that its timer fires before it is let go again; then resumed. */
async function pausedResumed({ stack, save }: Recording): Promise<void> {
  const added = await stack.addCampaign({ ...SERVICE, retry: retryAfter(60) }, [ANSWERS_SECOND]);
  await start(stack, added.campaignId);
  await untilWaiting(stack, added);
  await stack.post(`/v1/campaigns/${added.campaignId}/pause`);
  await delay(RECHECK_MS);
  await stack.post(`/v1/campaigns/${added.campaignId}/resume`);
  await stack.untilOver(added.campaignId, OVER_WITHIN_MS);
  await save('contact-recheck-fired-then-called', contactOf(added));
  await save('campaign-paused-resumed', campaignWorkflowId(added.campaignId));
}

async function continuedAsNew({ stack, save }: Recording): Promise<void> {
  const added = await stack.addCampaign({ ...SERVICE, retry: retryAfter(60) }, [NEVER_ANSWERS]);
  await start(stack, added.campaignId);
  await stack.untilOver(added.campaignId, OVER_WITHIN_MS);
  const workflowId = contactOf(added);
  await untilClosed(stack, workflowId);
  const runs: { runId: string; startTime: Date }[] = [];
  const query = `WorkflowId = '${workflowId}'`;
  for await (const run of stack.temporal.workflow.list({ query })) runs.push(run);
  runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
  if (runs.length < 2) throw new Error('the workflow was not continued as new');
  await save('contact-continued-as-new-1', workflowId, runs[0]!.runId);
  await save('contact-continued-as-new-2', workflowId, runs[1]!.runId);
}

/** A receiver that is away for a moment, and one that is gone for good. */
async function deliveries({ stack, save }: Recording): Promise<void> {
  const answers = [503, 204, 410];
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(answers.shift() ?? 204).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { endpoint } = (await stack.post('/v1/endpoints', { url })) as { endpoint: { id: string } };
    for (const path of ['deliver-retried-then-delivered', 'deliver-gone']) {
      const { id } = (await stack.post(`/v1/endpoints/${endpoint.id}/test`)) as { id: number };
      await untilTried(stack, id);
      await save(path, deliverWorkflowId(endpoint.id));
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function untilTried(stack: Stack, deliveryId: number): Promise<void> {
  const giveUpAt = Date.now() + OVER_WITHIN_MS;
  for (;;) {
    const rows = await stack.db.inTenant(stack.tenantId, (tx) =>
      tx.query<{ over: boolean }>(
        `SELECT state = 'delivered' OR last_fault = 'gone' AS over FROM deliveries WHERE tenant_id = $1 AND id = $2`,
        [stack.tenantId, deliveryId],
      ),
    );
    if (rows[0]?.over === true) return;
    if (Date.now() > giveUpAt) throw new Error('the event was not delivered');
    await delay(50);
  }
}

function contactOf(added: AddedCampaign): string {
  return contactWorkflowId(added.campaignId, added.contacts[0]!.contactId);
}

function shanghaiHour(at: number): string {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', timeZone: 'Asia/Shanghai' }).format(at);
}

/** What the pacer does with a contact that it lets go, before its campaign's own pacer looks. */
async function admitAsPacer(stack: Stack, added: AddedCampaign): Promise<void> {
  const { contactId } = added.contacts[0]!;
  await stack.db.inTenant(stack.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = clock_timestamp(), workflow_open = true
       WHERE tenant_id = $1 AND id = $2`,
      [stack.tenantId, contactId],
    ),
  );
  await stack.db.inTenant(stack.tenantId, (tx) =>
    tx.query(`UPDATE campaigns SET status = 'running' WHERE tenant_id = $1 AND id = $2`, [
      stack.tenantId,
      added.campaignId,
    ]),
  );
  await createTemporalGateway(stack.temporal, { attachTimeoutMs: 30_000 }).admit(
    { tenantId: stack.tenantId, campaignId: added.campaignId },
    { contactId, admission: 1, workflowOpen: false },
  );
}

/** Until its first attempt is over and it waits for the next. */
async function untilWaiting(stack: Stack, added: AddedCampaign): Promise<void> {
  const giveUpAt = Date.now() + OVER_WITHIN_MS;
  for (;;) {
    const rows = await stack.db.inTenant(stack.tenantId, (tx) =>
      tx.query<{ waiting: boolean }>(
        `SELECT state = 'waiting' AND counted_attempts = 1 AND EXISTS (
                  SELECT 1 FROM attempts a WHERE a.tenant_id = $1 AND a.contact_id = c.id AND a.reported_real IS NOT NULL
                ) AS waiting
         FROM contacts c WHERE tenant_id = $1 AND id = $2`,
        [stack.tenantId, added.contacts[0]!.contactId],
      ),
    );
    if (rows[0]!.waiting) return;
    if (Date.now() > giveUpAt) throw new Error('the contact did not come to wait for a second attempt');
    await delay(50);
  }
}

async function untilClosed(stack: Stack, workflowId: string): Promise<void> {
  await stack.temporal.workflow.getHandle(workflowId).result();
}

async function withStack(
  servers: BenchServers,
  version: string,
  work: (recording: Recording) => Promise<void>,
): Promise<void> {
  const stack = await startStack({ servers, from: AFTERNOON_CN, speed: SPEED, scenarios });
  try {
    await work({
      stack,
      save: async (path, workflowId, runId) => {
        await untilClosed(stack, workflowId);
        const history = await stack.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
        // Who asked and who worked is this machine's matter: process id and host name.
        const json = JSON.stringify(toJson(history), null, 1).replaceAll(
          new RegExp(`\\d+@${hostname()}`, 'g'),
          'worker',
        );
        const file = `${version}-${path}.json`;
        await writeFile(HISTORIES + file, `${json}\n`);
        process.stdout.write(`${file}: ${history.events?.length ?? 0} events\n`);
      },
    });
  } finally {
    await stack.stop();
  }
}

const USUAL = [
  oneAttempt,
  retriesExhausted,
  deniedAtGate,
  deferredAtGate,
  withdrawnWhileWaiting,
  stopped,
  pausedResumed,
  deliveries,
] as const;

async function main(): Promise<void> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  const named = new Set(process.argv.slice(2));
  const chosen = (record: { readonly name: string }) => named.size === 0 || named.has(record.name);
  const usual = await startBenchServers();
  try {
    await withStack(usual, version, async (recording) => {
      for (const record of USUAL) if (chosen(record)) await record(recording);
    });
  } finally {
    await usual.stop();
  }
  if (!chosen(continuedAsNew)) return;
  const impatient = await startBenchServers({
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': SUGGEST_NEW_RUN_AT },
  });
  try {
    await withStack(impatient, version, continuedAsNew);
  } finally {
    await impatient.stop();
  }
}

await main();
