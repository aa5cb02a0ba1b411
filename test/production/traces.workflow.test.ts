import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOwner } from '../support/blank-database.ts';
import { startWholeEngine, type WholeEngine } from '../support/whole-engine.ts';
import { makePeople, tracesOf } from '../privacy/traces-of-people.ts';
import { groupsOf } from './alert-rules.ts';
import { METRIC } from './metric-names.ts';

/** A collector's view of a campaign: what the processes of the engine send it, as OTLP over HTTP in JSON. */
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}
interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}
interface Span extends OtlpSpan {
  readonly service: string;
}

/** What the manager's own system traced the start of the campaign by. */
const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const PEOPLE = makePeople(4);
const CLIENT_KIND = 3;

const bodies: string[] = [];
const collector = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    if (request.url === '/v1/traces') bodies.push(body);
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  });
});

let engine: WholeEngine;
let spans: Span[] = [];
let campaignId = '';
/** What both processes answered on their metrics ports in the end. */
let exposed = '';

beforeAll(async () => {
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  engine = await startWholeEngine({
    clock: { from: Date.parse('2026-11-20T11:00:00-05:00'), realStart: Date.now() + 15_000, speed: 120 },
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    },
  });
  const campaign = await engine.made('POST', '/v1/campaigns', {
    name: 'Autumn plan',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: '+12025550199',
    retry: { maxAttempts: 1 },
  });
  campaignId = String(campaign['id']);
  const header =
    'external_id,phone,country,time_zone,name,consent_purpose,consent_basis,consent_at,consent_source';
  const rows = PEOPLE.map(
    ({ number, given, family }, n) =>
      `E${n},${number},US,America/New_York,${given} ${family},marketing,express,2026-11-01T10:00:00Z,web`,
  );
  await engine.made(
    'POST',
    `/v1/campaigns/${campaignId}/imports?name=people.csv`,
    [header, ...rows].join('\n'),
  );
  await engine.made(
    'POST',
    `/v1/campaigns/${campaignId}/start`,
    { reason: 'the season begins' },
    { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` },
  );
  await engine.untilStatus(campaignId, 'completed', 90_000);
  await engine.made('POST', '/v1/dialling/stop', { reason: 'the season ends' });
  exposed = (await Promise.all([engine.ops('api', '/metrics'), engine.ops('worker', '/metrics')]))
    .map(({ text }) => text)
    .join('\n');
  // What is still held is sent when they end.
  await Promise.all([engine.worker.stop(), engine.api.stop()]);
  spans = bodies.flatMap((body) =>
    (JSON.parse(body) as Sent).resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = attribute(resource.attributes, 'service.name') ?? '';
      return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service })));
    }),
  );
}, 180_000);
afterAll(async () => {
  await engine?.close();
  collector.close();
});

function attribute(attributes: readonly Attribute[], key: string): string | undefined {
  const found = attributes.find((one) => one.key === key)?.value;
  return found?.stringValue ?? (found?.intValue === undefined ? undefined : String(found.intValue));
}

function startSpan(): Span {
  const found = spans.filter(({ name }) => name === 'POST /v1/campaigns/{campaignId}/start');
  expect(found).toHaveLength(1);
  return found[0]!;
}

test("the request that starts a campaign belongs to its caller's trace, and the campaign remembers it", async () => {
  const span = startSpan();
  expect(span).toMatchObject({
    service: 'rightcall-api',
    traceId: CALLER.traceId,
    parentSpanId: CALLER.spanId,
  });
  const [row] = await asOwner<{ trace_parent: string }>(
    engine.databaseUrl,
    'SELECT trace_parent FROM campaigns',
  );
  expect(row!.trace_parent).toBe(`00-${CALLER.traceId}-${span.spanId}-01`);
});

test('each attempt is one trace: the gate, the request to the carrier, and what came of it', async () => {
  const log = (await readFile(engine.requestLog, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { attemptId: string; kind: string; traceParent?: string });
  const dials = log.filter(({ kind }) => kind === 'dial');
  // On a slow machine one may be tried again: another attempt, another trace.
  expect(new Set(dials.map(({ attemptId }) => attemptId)).size).toBe(dials.length);
  expect(new Set(dials.map(({ attemptId }) => attemptId.split('/')[0])).size).toBe(PEOPLE.length);
  for (const { attemptId, traceParent } of dials) {
    const asked = spans.find(
      (span) => span.name === 'carrier.dial' && attribute(span.attributes, 'rightcall.attempt') === attemptId,
    )!;
    expect(asked, attemptId).toMatchObject({ service: 'rightcall-worker', kind: CLIENT_KIND });
    // What the carrier was sent, and wrote down.
    expect(traceParent).toBe(`00-${asked.traceId}-${asked.spanId}-01`);

    const trace = spans.filter(({ traceId }) => traceId === asked.traceId);
    const named = (name: string) => trace.filter((span) => span.name === name);
    const [root] = named('place-call');
    expect(root!.parentSpanId ?? '').toBe('');
    expect(attribute(root!.attributes, 'rightcall.contact')).toBe(attemptId.split('/')[0]);
    expect(attribute(root!.attributes, 'rightcall.campaign')).toBe(campaignId);
    expect(asked.parentSpanId).toBe(root!.spanId);
    const [gate] = named('gate');
    expect(gate!.parentSpanId).toBe(root!.spanId);
    expect(attribute(gate!.attributes, 'rightcall.gate.result')).toBe('permit');
    // The link that leads from any call to whoever set the campaign going.
    expect(gate!.links).toMatchObject([{ traceId: CALLER.traceId, spanId: startSpan().spanId }]);
    const events = named('carrier.events');
    expect(events.length).toBeGreaterThan(0);
    for (const span of events) {
      expect(span.parentSpanId).toBe(root!.spanId);
      expect(BigInt(span.startTimeUnixNano)).toBeGreaterThan(BigInt(root!.startTimeUnixNano));
    }
    expect(events.some((span) => JSON.stringify(span.attributes).includes('"ended"'))).toBe(true);
  }
});

test('every attempt has a trace of its own, and no span names a person', () => {
  const roots = spans.filter(({ name }) => name === 'place-call');
  expect(roots.length).toBeGreaterThanOrEqual(PEOPLE.length);
  expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(roots.length);
  expect(tracesOf(bodies.join('\n'), PEOPLE)).toEqual([]);
});

test('a stop is a span beneath its request, which says what it met', () => {
  const [request] = spans.filter(({ name }) => name === 'POST /v1/dialling/stop');
  const [stop] = spans.filter(({ name }) => name === 'stop');
  expect(stop!.parentSpanId).toBe(request!.spanId);
  expect(attribute(stop!.attributes, 'rightcall.stop.scope')).toBe('tenant');
  expect(attribute(stop!.attributes, 'rightcall.stop.revoked')).toBe('0');
});

/** Not there before something of the kind has come up, or where decisions are not sealed. */
const COMES_LATER = [
  'rightcall_duties_total',
  'rightcall_policies_calendar_days',
  'rightcall_evidence_unsealed_seconds',
];

test('every alert asks for series, and for labels, that the processes really expose', () => {
  const series = exposed.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const rules = groupsOf('ops/alerts.yaml').flatMap((group) => group.rules);
  let asked = 0;
  for (const { alert, record, expr } of rules) {
    for (const [name] of expr.matchAll(METRIC)) {
      if (COMES_LATER.includes(name)) continue;
      const labels = new RegExp(`${name}\\{([^}]*)\\}`).exec(expr)?.[1] ?? '';
      const wanted = [...labels.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => `${label}="`);
      const there = series.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      const what = `${alert ?? record}: ${name} ${wanted.join()}`;
      expect(there.length, what).toBeGreaterThan(0);
      expect(
        there.some((line) => wanted.every((label) => line.includes(label))),
        what,
      ).toBe(true);
      asked += 1;
    }
  }
  expect(asked).toBeGreaterThan(20);
  expect(tracesOf(exposed, PEOPLE)).toEqual([]);
});
