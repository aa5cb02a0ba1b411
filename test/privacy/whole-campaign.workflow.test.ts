import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOwner } from '../support/blank-database.ts';
import { startWholeEngine, type HttpAnswer, type WholeEngine } from '../support/whole-engine.ts';
import { makePeople, tracesOf } from './traces-of-people.ts';

/**
 * I8, tried from outside: a whole campaign with known people, through import, calls, retries, opt-outs, faults and
 * every way of naming somebody to the API; then everything that was written down anywhere is searched for them. What
 * the carrier itself was told (its own request log) is not searched: it has to know the number.
 */
const PEOPLE = makePeople(40);
/** On the do-not-call list, and never called. */
const REFUSED = PEOPLE.slice(36);
const FRIDAY_11_NEW_YORK = Date.parse('2026-11-20T11:00:00-05:00');

let engine: WholeEngine;
/** Everything that was written down, by where. */
const written = new Map<string, string>();
/** Answers that were refusals. */
const refusals: HttpAnswer[] = [];
/** Answers that were not. */
const answers: HttpAnswer[] = [];
const posted: string[] = [];

const receiver = createServer((request, response) => {
  let body = JSON.stringify(request.headers) + (request.url ?? '');
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    posted.push(body);
    // The first few are refused, so that deliveries fail, are told as failed, and are tried again.
    response.statusCode = posted.length <= 3 ? 500 : 204;
    response.end();
  });
});

async function call(...args: Parameters<WholeEngine['call']>): Promise<HttpAnswer> {
  const answer = await engine.call(...args);
  (answer.status >= 400 ? refusals : answers).push(answer);
  return answer;
}

async function made(...args: Parameters<WholeEngine['call']>): Promise<Record<string, unknown>> {
  const answer = await call(...args);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body!;
}

beforeAll(async () => {
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const [anAnswer, aRefusal, aBusy] = PEOPLE;
  engine = await startWholeEngine({
    clock: { from: FRIDAY_11_NEW_YORK, realStart: Date.now() + 20_000, speed: 300 },
    simulator: {
      seed: 'people',
      faults: 'lost-answer=0.05,5xx=0.05,dup=0.2,reorder=0.2:50',
      scenarios: {
        [anAnswer!.number]: { outcome: 'answered', disposition: 'opted_out', talkS: 20 },
        [aRefusal!.number]: { reject: 'invalid_number' },
        [aBusy!.number]: { outcome: 'busy' },
      },
    },
    environment: { RIGHTCALL_WEBHOOK_ALLOW: '127.0.0.1' },
  });
  await runCampaign();
  await askForPeople();
  await collect();
}, 240_000);
afterAll(async () => {
  receiver.close();
  await engine?.close();
});

let campaignId = '';

async function runCampaign(): Promise<void> {
  const { port } = receiver.address() as AddressInfo;
  await made('POST', '/v1/endpoints', { url: `http://127.0.0.1:${port}/hook`, events: ['*'] });
  const campaign = await made('POST', '/v1/campaigns', {
    name: 'Autumn plan',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: '+12025550199',
    retry: {
      maxAttempts: 2,
      byOutcome: { busy: { delayMinutes: [10] }, no_answer: { delayMinutes: [15] } },
    },
  });
  campaignId = String(campaign['id']);
  const refused = `${REFUSED.map(({ number }) => number).join('\n')}\nnot a number of ${PEOPLE[0]!.family}\n`;
  await made('POST', '/v1/do-not-call/imports?name=dnc.txt&list=internal', refused);
  const header =
    'external_id,phone,country,time_zone,name,email,consent_purpose,consent_basis,consent_at,consent_source';
  const consent = 'marketing,express,2026-11-01T10:00:00Z,web';
  const rows = PEOPLE.map(
    ({ number, given, family, email }, n) =>
      // Some as people write them, some in rows that cannot be taken.
      `E${n},${n % 3 === 0 ? `"(${number.slice(2, 5)}) ${number.slice(5, 8)}-${number.slice(8)}"` : number},US,America/New_York,${given} ${family},${email},${consent}`,
  );
  const bad = [
    `B1,${PEOPLE[3]!.number}99999,US,America/New_York,${PEOPLE[3]!.given},x,${consent}`,
    `B2,${PEOPLE[4]!.number},US,Mars/${PEOPLE[4]!.family},${PEOPLE[4]!.given},x,${consent}`,
    `B3,,US,America/New_York,${PEOPLE[5]!.given} ${PEOPLE[5]!.family},,${consent}`,
  ];
  const csv = [header, ...rows, ...bad].join('\n');
  await made('POST', `/v1/campaigns/${campaignId}/imports?name=people.csv&defaultCountry=US`, csv);
  await made('POST', `/v1/campaigns/${campaignId}/start`, { reason: 'the season begins' });
  await engine.untilStatus(campaignId, 'completed', 150_000);
}

/** People named in every way that the API takes, rightly and wrongly. */
async function askForPeople(): Promise<void> {
  const [, , , one, two] = PEOPLE as [never, never, never, (typeof PEOPLE)[0], (typeof PEOPLE)[0]];
  const found = await made('POST', `/v1/campaigns/${campaignId}/contacts/search`, { number: one.number });
  const listed = await made('GET', `/v1/campaigns/${campaignId}/contacts?limit=50`);
  const contacts = listed['items'] as { id: string; personId: string }[];
  expect(contacts.length).toBeGreaterThan(30);
  for (const { id } of contacts.slice(0, 5)) {
    await call('GET', `/v1/contacts/${id}/timeline`);
    await call('GET', `/v1/contacts/${id}/explanation`);
    await call('POST', `/v1/contacts/${id}/stop`, { reason: 'asked for it' });
  }
  expect(JSON.stringify(found)).toContain('****');
  await call('POST', '/v1/explain', { number: one.number, campaignId });
  await call('POST', '/v1/suppressions', { number: two.number, scope: 'tenant', reason: 'asked for it' });
  await call('POST', '/v1/suppressions/search', { number: two.number });
  await call('POST', '/v1/persons/search', { number: two.number });
  const { personId } = contacts[0]!;
  const statement = { purpose: 'marketing', source: 'letter' };
  await call('POST', `/v1/persons/${personId}/withdrawals`, statement);
  // Wrongly: into paths, queries, fields and headers that take no such thing.
  await call('GET', `/v1/contacts/${one.number}`);
  await call('GET', `/v1/${one.given}/${one.number}`);
  await call('GET', `/v1/campaigns?name=${one.family}&number=${encodeURIComponent(one.number)}`);
  await call('POST', '/v1/explain', { number: `${one.number}12345678` });
  await call('POST', '/v1/explain', { number: one.number, nickname: one.email });
  await call('POST', `/v1/campaigns/${campaignId}/start`, { reason: null, name: one.given });
  await call('POST', '/v1/suppressions', { number: `${one.given} ${one.family}`, scope: 'tenant' });
  await call('POST', '/v1/persons/search', `{"number":"${one.number}"`, {
    'content-type': 'application/json',
  });
  await call('GET', '/v1/campaigns', undefined, {
    'idempotency-key': one.number,
    'x-request-id': one.number,
  });
}

async function collect(): Promise<void> {
  for (const name of ['api', 'worker', 'simulator'] as const)
    written.set(`log of ${name}`, engine[name].log());
  written.set('metrics of the API', (await engine.ops('api', '/metrics')).text);
  written.set('metrics of the worker', (await engine.ops('worker', '/metrics')).text);
  written.set('refusals', refusals.map(({ text }) => text).join('\n'));
  written.set('answers', answers.map(({ text }) => text).join('\n'));
  written.set('outgoing events', posted.join('\n'));
  await collectTemporal();
  await collectTables();
}

/** Every event of every workflow, and what each is listed and described by. */
async function collectTemporal(): Promise<void> {
  const { connection } = engine.temporal.client;
  const { namespace } = engine;
  const parts: string[] = [];
  let workflows = 0;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await connection.workflowService.listWorkflowExecutions({
      namespace,
      pageSize: 200,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
    for (const { execution, ...info } of page.executions) {
      workflows += 1;
      parts.push(JSON.stringify({ execution, info }, readable));
      const described = await connection.workflowService.describeWorkflowExecution({
        namespace,
        execution: execution!,
      });
      parts.push(JSON.stringify(described, readable));
      const { history } = await connection.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: execution!,
      });
      parts.push(JSON.stringify(history, readable));
    }
    nextPageToken = page.nextPageToken.length > 0 ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  expect(workflows).toBeGreaterThan(PEOPLE.length / 2);
  written.set('Temporal', parts.join('\n'));
}

/** Payloads are bytes of JSON. */
function readable(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  // What Buffer.toJSON has made of them already.
  const bytes = value as { type?: unknown; data?: number[] } | null;
  if (typeof value === 'object' && bytes?.type === 'Buffer' && Array.isArray(bytes.data)) {
    return Buffer.from(bytes.data).toString('utf8');
  }
  return typeof value === 'bigint' ? String(value) : value;
}

/** Every row of every table, the vault's included: people stand there sealed. */
async function collectTables(): Promise<void> {
  const tables = await asOwner<{ name: string }>(
    engine.databaseUrl,
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'vault')`,
  );
  for (const { name } of tables) {
    const rows = await asOwner<{ row: string }>(
      engine.databaseUrl,
      `SELECT to_jsonb(t)::text AS row FROM ${name} t`,
    );
    written.set(`table ${name}`, rows.map(({ row }) => row).join('\n'));
  }
}

test('the campaign had everything that could tell of people', () => {
  const rows = (table: string) =>
    written
      .get(`table public.${table}`)!
      .split('\n')
      .filter((row) => row !== '').length;
  expect(rows('attempts')).toBeGreaterThan(30);
  expect(rows('decisions')).toBeGreaterThan(30);
  expect(rows('import_issues')).toBeGreaterThan(0);
  expect(rows('changes')).toBeGreaterThan(3);
  expect(rows('outgoing_events')).toBeGreaterThan(30);
  expect(posted.length).toBeGreaterThan(30);
  expect(written.get('table public.attempts')).toContain('"rejected"');
  expect(written.get('table public.contacts')).toContain('"withdrawn"');
  expect(refusals.length).toBeGreaterThan(5);
  expect(written.get('log of worker')!.length).toBeGreaterThan(100);
  expect(written.get('log of api')!.split('\n').length).toBeGreaterThan(100);
  expect(written.get('metrics of the worker')).toMatch(
    /rightcall_decisions_total\{verdict="allow",reason="none"\} \d+/,
  );
  expect(written.get('metrics of the worker')).toMatch(/rightcall_queue_lag_seconds\{tenant="default"\} 0/);
  expect(written.get('metrics of the worker')).toMatch(/temporal_workflow_completed/);
});

test('nothing that was written down anywhere names one of them', () => {
  const traces = [...written].flatMap(([where, text]) =>
    tracesOf(text, PEOPLE).map(({ form, around }) => `${where}: ${form}: …${around}…`),
  );
  expect(traces).toEqual([]);
});

test('a trace is found in each of its forms', () => {
  const [person] = PEOPLE;
  const { number, given, family, email } = person!;
  for (const planted of [
    `{"to":"${number}"}`,
    `GET /v1/contacts/${encodeURIComponent(number)}`,
    `number ${number.slice(1)} refused`,
    `"${number.slice(2)}"`,
    '202-555-0110',
    '(202) 555-0110',
    'ends in 5550110',
    Buffer.from(`${number}`).toString('base64'),
    Buffer.from(`${number}`).toString('hex'),
    `Dear ${given.toUpperCase()}`,
    `{"name":"${family}"}`,
    `mailto:${email}`,
  ]) {
    expect(tracesOf(`before ${planted} after`, PEOPLE), planted).not.toEqual([]);
  }
  expect(tracesOf('at 1720255501101, id 0198a3c5-2025-5501-1012-025550110abc', PEOPLE)).toEqual([]);
});
