import { context, SpanKind, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { placeCall } from '../../activities/calls/place-call.ts';
import { carryOutHangups } from '../../activities/services/sweep.ts';
import { tracePlaceCall } from '../../activities/tracing.ts';
import { stopDialling } from '../../db/stop.ts';
import { fixedClock } from '../../domain/clock.ts';
import { startTracing, type Tracing } from '../../runtime/telemetry/tracing.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
const exporter = new InMemorySpanExporter();
let engine: TestEngine;
let tracing: Tracing;

beforeAll(async () => {
  tracing = startTracing({ endpoint: 'http://unused', share: 1 }, { name: 'test', version: '0' }, exporter);
  engine = await createTestEngine({ clock });
});
afterAll(async () => {
  await tracing.stop();
  await engine.close();
});

const spansNamed = (name: string): ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => span.name === name);

it('from the request of a stop one comes to its acknowledgement, to each call in flight, and to its hanging up', async () => {
  const campaignId = await engine.addCampaign({ purpose: 'service' });
  const { contactId, personId } = await engine.addContact(campaignId);
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      [engine.tenantId, contactId],
    ),
  );
  const input = { tenantId: engine.tenantId, campaignId, contactId, admission: 1 };
  await tracePlaceCall(input, true, () => placeCall(engine, input));
  const attemptId = `${contactId}/1`;

  // As the API does it: the stop runs beneath the span of its request, and a worker hangs up.
  const request = trace.getTracer('test').startSpan('POST /v1/consents/withdraw', { kind: SpanKind.SERVER });
  const stopping = context.with(trace.setSpan(context.active(), request), () =>
    stopDialling(
      engine.db,
      clock,
      { tenantId: engine.tenantId, kind: 'withdrawal', scope: 'person', targetId: personId, by: 'test' },
      async () => undefined,
    ),
  );
  await expect
    .poll(async () => {
      await carryOutHangups({ ...engine, workflows: undefined as never }, engine.tenantId);
      return spansNamed('carrier.hangup').length;
    })
    .toBe(1);
  const ack = await stopping;
  request.end();

  const [place] = spansNamed('place-call');
  for (const span of [place!, ...['gate', 'carrier.dial', 'carrier.hangup'].flatMap(spansNamed)]) {
    expect(span.attributes['rightcall.attempt'], span.name).toBe(attemptId);
    expect(span.spanContext().traceId, span.name).toBe(place!.spanContext().traceId);
  }
  const [hangup] = spansNamed('carrier.hangup');
  expect(hangup!.parentSpanContext?.spanId).toBe(place!.spanContext().spanId);
  expect(hangup!.attributes['rightcall.carrier.result']).toBe('hung_up');

  const [stop] = spansNamed('stop');
  expect(stop!.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
  expect(stop!.attributes).toMatchObject({
    'rightcall.stop': ack.stopId,
    'rightcall.stop.kind': 'withdrawal',
    'rightcall.stop.scope': 'person',
    'rightcall.stop.revoked': 0,
    'rightcall.stop.in_flight': 1,
    'rightcall.stop.hung_up': 1,
    'rightcall.stop.complete': true,
  });
  expect(stop!.links).toMatchObject([
    {
      context: { traceId: place!.spanContext().traceId, spanId: place!.spanContext().spanId },
      attributes: { 'rightcall.attempt': attemptId },
    },
  ]);
});
