import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serve, type ServerType } from '@hono/node-server';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressPolicy, urlFault } from '../../activities/deliver/address.ts';
import { createApp } from '../../api/app.ts';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { CARRIER_KINDS, createWebhookVerifier } from '../../carriers/registry.ts';
import type { Scenarios } from '../../carriers/simulator/plan.ts';
import { importsOf } from '../../cli/api/imports.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { WORKDAY_MORNING_CN } from '../support/engine.ts';
import { startRunningEngine, type RunningEngine } from '../support/running-engine.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/crm-receiver/crm.mjs', import.meta.url));
const API_KEY = 'a-key-for-tests-only';
const number = (n: number) => `+8619900000${400 + n}`;
const scenarios: Scenarios = {
  [number(1)]: { outcome: 'answered', ringS: 5, talkS: 120, disposition: 'converted' },
  [number(2)]: { outcome: 'answered', ringS: 5, talkS: 20, disposition: 'opted_out' },
  [number(3)]: { outcome: 'no_answer', ringS: 30 },
  [number(4)]: [
    { outcome: 'busy', ringS: 0 },
    { outcome: 'answered', ringS: 5, talkS: 40, disposition: 'refused' },
  ],
  [number(5)]: { outcome: 'invalid_number', ringS: 0 },
};

let engine: RunningEngine;
let api: ServerType;
let apiUrl: string;
let data: string;
let receiver: ChildProcess | undefined;

beforeAll(async () => {
  engine = await startRunningEngine({
    from: WORKDAY_MORNING_CN,
    speed: 1_200,
    simulator: { scenarios },
    retryPlan: {
      delaysMs: [100],
      giveUpAfterMs: 600_000,
      restAfterFailures: 1_000,
      restMs: [100],
    },
  });
  data = await mkdtemp(join(tmpdir(), 'rightcall-crm-'));
  const policy = addressPolicy(['127.0.0.1']);
  const app = createApp({
    db: engine.db,
    clock: engine.clock,
    logger: pino({ level: 'silent' }),
    tenantId: engine.tenantId,
    apiKey: API_KEY,
    vault: engine.vault,
    imports: importsOf(engine),
    carrierKinds: CARRIER_KINDS,
    createWebhookVerifier,
    defaultPolicySet: () => {
      const documents = bundledDocuments();
      return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
    },
    endpointUrlFault: (url) => urlFault(policy, url),
    spoolDir: data,
    limits: DEFAULT_LIMITS,
  });
  api = await new Promise<ServerType>((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(server));
  });
  apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(async () => {
  receiver?.kill('SIGKILL');
  await engine.stop();
  await new Promise((resolve) => {
    api.close(resolve);
    if ('closeAllConnections' in api) api.closeAllConnections();
  });
  await rm(data, { recursive: true, force: true });
});

function start(args: readonly string[], port = 0): ChildProcess {
  return spawn(process.execPath, [EXAMPLE, ...args], {
    env: {
      PATH: process.env['PATH'],
      RIGHTCALL_URL: apiUrl,
      RIGHTCALL_API_KEY: API_KEY,
      CRM_DATA: join(data, 'crm'),
      CRM_PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** @returns what it printed */
async function crm(...args: string[]): Promise<string> {
  const child = start(args);
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number];
  expect(code, text).toBe(0);
  return text;
}

async function startServing(port = 0): Promise<string> {
  receiver = start(['serve'], port);
  const [line] = (await once(createInterface(receiver.stdout!), 'line')) as [string];
  return line.replace('Listening at ', '');
}

interface Known {
  readonly withdrawn: readonly string[];
  readonly contacts: Readonly<
    Record<string, { state: string; reason: string | null; attempts: number; disposition: string | null }>
  >;
}

async function api_<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(apiUrl + path, {
    method,
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
  return (await response.json()) as T;
}

const stored = async () => JSON.parse(await crm('show', '--json')) as Record<string, Known>;

it('a CRM keeps in step with a campaign by events and the import API alone, killed and deaf in between', async () => {
  // A port of its own that it comes back to.
  const url = await startServing();
  const { port } = new URL(url);
  expect(await crm('connect', url)).toContain('Told at');

  const campaignId = await engine.addCampaign({
    purpose: 'service',
    retry: {
      maxAttempts: 2,
      maxAttemptsPerDay: 2,
      byOutcome: { no_answer: { delayMinutes: [5] }, busy: { delayMinutes: [5] } },
    },
  });
  await api_('POST', `/v1/campaigns/${campaignId}/pause`, {});
  const file = join(data, 'customers.csv');
  const consent = 'service,explicit,2026-11-01T09:00:00+08:00';
  await writeFile(
    file,
    [
      'external_id,phone,consent_purpose,consent_basis,consent_at',
      ...[1, 2, 3, 4, 5].map((n) => `C-${n},${number(n)},${consent}`),
      `C-6,none,${consent}`,
      `C-7,${number(7)},,,`,
      '',
    ].join('\n'),
  );
  expect(await crm('feed', campaignId, file)).toBe('Fed 7 of 7 customers; 1 were not taken\n');
  await api_('POST', `/v1/campaigns/${campaignId}/resume`, {});

  // It dies while it is being told, and comes back later: what it did not acknowledge is sent again.
  const log = async () =>
    (await readFile(join(data, 'crm', 'log.jsonl'), 'utf8')).split('"kind":"event"').length - 1;
  while ((await log()) < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  receiver!.kill('SIGKILL');
  await once(receiver!, 'exit');
  await engine.untilOver(campaignId, 90_000);
  await startServing(Number(port));

  const { items } = await api_<{
    items: { externalId: string; state: string; stateReason: string | null; attempts: number }[];
  }>('GET', `/v1/campaigns/${campaignId}/contacts`);
  const { items: endpoints } = await api_<{ items: { id: string }[] }>('GET', '/v1/endpoints');
  const undelivered = async () =>
    (
      await api_<{ undelivered: { pending: number; dead: number } }>(
        'GET',
        `/v1/endpoints/${endpoints[0]!.id}`,
      )
    ).undelivered;
  while ((await undelivered()).pending > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await undelivered()).toEqual({ pending: 0, dead: 0 });

  const known = await stored();
  const ofStore = Object.entries(known)
    .map(([externalId, { contacts }]) => ({ externalId, ...contacts[campaignId]! }))
    .filter(({ state }) => !state.startsWith('not taken'))
    .map(({ externalId, state, reason, attempts }) => ({ externalId, state, reason, attempts }));
  const byId = (a: { externalId: string }, b: { externalId: string }) =>
    a.externalId.localeCompare(b.externalId);
  expect(ofStore.sort(byId)).toEqual(
    items
      .map(({ externalId, state, stateReason, attempts }) => ({
        externalId,
        state,
        reason: stateReason,
        attempts,
      }))
      .sort(byId),
  );
  expect(items.map(({ externalId, state }) => `${externalId} ${state}`).sort()).toEqual([
    'C-1 converted',
    'C-2 withdrawn',
    'C-3 exhausted',
    'C-4 refused',
    'C-5 invalid_number',
    'C-7 denied',
  ]);
  expect(known['C-6']!.contacts[campaignId]!.state).toBe('not taken: phone_invalid');
  expect(known['C-4']!.contacts[campaignId]!.disposition).toBe('refused');
  expect(known['C-2']!.withdrawn).toContain('service');

  // Who asked not to be called is not fed to the next campaign.
  const next = await engine.addCampaign({ purpose: 'service' });
  await api_('POST', `/v1/campaigns/${next}/pause`, {});
  expect(await crm('feed', next, file)).toBe('Fed 6 of 7 customers; 1 were not taken\n');

  // A replay tells it nothing that it does not know.
  await api_('POST', `/v1/endpoints/${endpoints[0]!.id}/replay`, { from: '2020-01-01T00:00:00Z' });
  const before = await stored();
  while ((await undelivered()).pending > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await stored()).toEqual(before);
});

it('believes nothing that was not signed with its secret', async () => {
  const url = receiver === undefined || receiver.exitCode !== null ? await startServing() : null;
  const target = url ?? (await api_<{ items: { url: string }[] }>('GET', '/v1/endpoints')).items[0]!.url;
  const before = await stored();
  const event = {
    id: 'x',
    type: 'com.rightcall.contact.finished',
    data: { externalId: 'C-1', state: 'refused' },
  };
  for (const headers of [
    {},
    {
      'webhook-id': 'x',
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
      'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
    },
  ]) {
    const response = await fetch(target, { method: 'POST', headers, body: JSON.stringify(event) });
    expect(response.status).toBe(401);
  }
  expect(await stored()).toEqual(before);
});
