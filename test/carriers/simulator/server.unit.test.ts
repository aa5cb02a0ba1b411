import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseSimulatorOptions } from '../../../carriers/simulator/options.ts';
import type { SimulatorOptions } from '../../../carriers/simulator/options.ts';
import { webhookBodySchema, type WireEvent } from '../../../carriers/simulator/wire.ts';
import { NUMBERS, SECRET, SPEED, startSimulatorRig, type SimulatorRig } from './rig.ts';

const SOON = { timeout: 10_000, interval: 10 };

async function rigWith(options: Partial<SimulatorOptions> = {}): Promise<SimulatorRig> {
  const rig = await startSimulatorRig(options);
  onTestFinished(() => rig.close());
  return rig;
}

const dialOf = (to: string, attemptId = `${randomUUID()}/1`) => ({
  attemptId,
  to,
  from: '+12025550199',
  ringTimeoutS: 30,
  context: { purpose: 'service' },
});

const eventsAt = (rig: SimulatorRig): WireEvent[] =>
  rig.sink.deliveries.flatMap(({ body }) => webhookBodySchema.parse(JSON.parse(body)).events);

const stats = async (rig: SimulatorRig): Promise<Record<string, Record<string, number>>> =>
  (await (await fetch(`${rig.simulator.url}/v1/stats`)).json()) as Record<string, Record<string, number>>;

describe('the request log', () => {
  test('has a line for each request, taken or not, with both clocks', async () => {
    const rig = await rigWith({ scenarios: { '+12025550110': { reject: 'blocked' } } });
    await rig.carrier.dial(dialOf(NUMBERS.answers, 'c/1'), 1_000);
    await rig.carrier.dial(dialOf(NUMBERS.answers, 'c/1'), 1_000);
    await rig.carrier.dial(dialOf('+12025550110', 'd/1'), 1_000);
    await rig.carrier.dial(dialOf('12345', 'e/1'), 1_000);
    await fetch(`${rig.simulator.url}/v1/calls`, { method: 'POST', body: 'not json' });
    await rig.carrier.hangup('nobody');
    const lines = await rig.requests();
    expect(lines.map((l) => [l.kind, l.attemptId, l.result, l.status])).toEqual([
      ['dial', 'c/1', 'accepted', 201],
      ['dial', 'c/1', 'duplicate', 200],
      ['dial', 'd/1', 'rejected', 403],
      ['dial', 'e/1', 'rejected', 422],
      ['dial', null, 'rejected', 400],
      ['hangup', null, 'not_found', 404],
    ]);
    expect(lines[0]!.reference).toBe(lines[1]!.reference);
    const [line] = lines;
    const realMs = Date.parse(line!.at);
    expect(Math.abs(Date.now() - realMs)).toBeLessThan(60_000);
    expect(line!.simulatedAt.startsWith('2026-03-02T')).toBe(true);
  });

  test('is written before the answer: whoever has the answer finds the line', async () => {
    const rig = await rigWith();
    for (let i = 0; i < 20; i += 1) {
      const dial = dialOf(NUMBERS.is_busy);
      await rig.carrier.dial(dial, 1_000);
      expect(await readFile(rig.logFile, 'utf8')).toContain(dial.attemptId);
    }
  });

  test('repeats with the seed: same attempts, same references and same ends', async () => {
    const run = async (): Promise<unknown[]> => {
      const rig = await rigWith({ seed: 'again', scenarios: {} });
      const ids = Array.from({ length: 12 }, (_, i) => `contact-${i}/1`);
      for (const id of ids) await rig.carrier.dial(dialOf('+12025550120', id), 1_000);
      return vi.waitFor(async () => {
        const found = await Promise.all(ids.map((id) => rig.carrier.lookup(id)));
        return found.map((f) => {
          if (f.kind !== 'final') throw new Error('not yet');
          const { at: _at, ...end } = f.end;
          return { reference: f.reference, end };
        });
      }, SOON);
    };
    expect(await run()).toEqual(await run());
  });
});

describe('limits', () => {
  test('above its calls per second the answer is 429 with the time to wait, and nothing rings', async () => {
    const rig = await rigWith({ maxCallsPerSecond: 5 });
    const results = await Promise.all(
      Array.from({ length: 8 }, () => rig.carrier.dial(dialOf(NUMBERS.talks_long), 1_000)),
    );
    const limited = results.filter((r) => r.kind === 'rejected');
    expect(results.filter((r) => r.kind === 'accepted')).toHaveLength(5);
    expect(limited).toHaveLength(3);
    for (const { rejection } of limited) {
      expect(rejection.kind).toBe('rate_limited');
      expect(rejection.retryAfterMs).toBeGreaterThan(0);
      expect(rejection.retryAfterMs).toBeLessThanOrEqual(1_000);
    }
    expect(await rig.carrier.listLive()).toHaveLength(5);
  });

  test('above its concurrent calls the answer is a refusal, until one ends', async () => {
    const rig = await rigWith({ maxConcurrentCalls: 1 });
    const first = await rig.carrier.dial(dialOf(NUMBERS.talks_long), 1_000);
    const full = await rig.carrier.dial(dialOf(NUMBERS.talks_long), 1_000);
    expect(full).toMatchObject({ kind: 'rejected', rejection: { kind: 'transient', reason: 'no_circuit' } });
    if (first.kind === 'accepted') await rig.carrier.hangup(first.reference);
    expect((await rig.carrier.dial(dialOf(NUMBERS.talks_long), 1_000)).kind).toBe('accepted');
  });
});

describe('faults', () => {
  test('are switched at run time, told, and refused when they cannot be read', async () => {
    const rig = await rigWith();
    const url = `${rig.simulator.url}/v1/faults`;
    await rig.setFaults('missing=0.25');
    expect(await (await fetch(url)).json()).toMatchObject({
      spec: 'missing=0.25',
      faults: { missing: 0.25 },
    });
    const answer = await fetch(url, { method: 'PUT', body: JSON.stringify({ spec: 'missing=2' }) });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('faults.missing');
    expect(await (await fetch(url)).json()).toMatchObject({ spec: 'missing=0.25' });
  });

  test('a server error comes before the call is taken: nothing is known of the attempt after it', async () => {
    const rig = await rigWith({ faults: '5xx=1' });
    const dials = Array.from({ length: 12 }, () => dialOf(NUMBERS.talks_long));
    const results = await Promise.all(dials.map((d) => rig.carrier.dial(d, 1_000)));
    expect(new Set(results.map((r) => r.kind))).toEqual(new Set(['rejected', 'unknown']));
    await rig.setFaults('');
    for (const dial of dials) expect(await rig.carrier.lookup(dial.attemptId)).toEqual({ kind: 'not_found' });
    expect((await rig.requests()).every((l) => l.result === 'error')).toBe(true);
  });

  test('a slow answer comes late, but the call was taken at once', async () => {
    const rig = await rigWith({ faults: 'slow=1:60' });
    const dial = dialOf(NUMBERS.talks_long);
    const before = Date.now();
    expect((await rig.carrier.dial(dial, 20)).kind).toBe('unknown');
    await rig.setFaults('');
    expect((await rig.carrier.lookup(dial.attemptId)).kind).toBe('live');
    await rig.setFaults('slow=1:60');
    expect((await rig.carrier.dial(dialOf(NUMBERS.talks_long), 1_000)).kind).toBe('accepted');
    expect(Date.now() - before).toBeGreaterThanOrEqual(60);
  });

  test('down, nothing is taken and nothing is said; up again, it goes on', async () => {
    const rig = await rigWith({ faults: 'down' });
    const dial = dialOf(NUMBERS.answers);
    expect(await rig.carrier.dial(dial, 1_000)).toMatchObject({
      kind: 'rejected',
      rejection: { kind: 'transient' },
    });
    expect((await rig.carrier.lookup(dial.attemptId)).kind).toBe('unknown');
    expect((await rig.carrier.health()).ok).toBe(false);
    await rig.setFaults('');
    expect(await rig.carrier.lookup(dial.attemptId)).toEqual({ kind: 'not_found' });
    expect((await rig.carrier.dial(dial, 1_000)).kind).toBe('accepted');
  });

  test('an event that goes missing is never sent, and look-up still knows the end', async () => {
    const rig = await rigWith({ faults: 'missing=1' });
    const dial = dialOf(NUMBERS.answers);
    await rig.carrier.dial(dial, 1_000);
    await vi.waitFor(async () => expect((await rig.carrier.lookup(dial.attemptId)).kind).toBe('final'), SOON);
    await vi.waitFor(
      async () =>
        expect(await readFile(rig.logFile.replace('.jsonl', '.events.jsonl'), 'utf8')).toContain('withheld'),
      SOON,
    );
    expect(rig.sink.deliveries).toEqual([]);
  });

  test('a duplicated event comes in two deliveries with one event id', async () => {
    const rig = await rigWith({ faults: 'dup=1' });
    const dial = dialOf(NUMBERS.is_busy);
    await rig.carrier.dial(dial, 1_000);
    await vi.waitFor(() => expect(eventsAt(rig)).toHaveLength(2), SOON);
    expect(new Set(eventsAt(rig).map((e) => e.eventId)).size).toBe(1);
    expect(rig.sink.deliveries).toHaveLength(2);
  });
});

describe('webhooks', () => {
  test('are sent again with the same id until they are taken', async () => {
    const rig = await rigWith();
    rig.sink.answer = 500;
    await rig.carrier.dial(dialOf(NUMBERS.is_busy), 1_000);
    await vi.waitFor(() => expect(rig.sink.deliveries.length).toBeGreaterThanOrEqual(2), SOON);
    rig.sink.answer = 204;
    await vi.waitFor(
      async () => expect((await stats(rig))['webhooks']).toMatchObject({ delivered: 1, queued: 0 }),
      SOON,
    );
    expect(new Set(rig.sink.deliveries.map((d) => d.headers['webhook-id'])).size).toBe(1);
    expect(new Set(rig.sink.deliveries.map((d) => d.body)).size).toBe(1);
  });

  test('are given up after the retention, and counted', async () => {
    const rig = await rigWith({ webhookRetentionMs: 50 });
    rig.sink.answer = 500;
    await rig.carrier.dial(dialOf(NUMBERS.is_busy), 1_000);
    await vi.waitFor(
      async () => expect((await stats(rig))['webhooks']).toMatchObject({ dropped: 1, queued: 0 }),
      SOON,
    );
  });

  test('due at about the same time go together', async () => {
    const rig = await rigWith({ batchWindowMs: 200 });
    await Promise.all(Array.from({ length: 30 }, () => rig.carrier.dial(dialOf(NUMBERS.is_busy), 1_000)));
    await vi.waitFor(() => expect(eventsAt(rig)).toHaveLength(30), SOON);
    expect(rig.sink.deliveries.length).toBeLessThan(10);
  });

  test('carry instants of the shared clock, and are signed in real time', async () => {
    const from = Date.UTC(2026, 2, 2, 1);
    const realStart = Date.now();
    const rig = await rigWith({ clock: { from, realStart, speed: SPEED } });
    await rig.carrier.dial(dialOf(NUMBERS.is_busy), 1_000);
    await vi.waitFor(() => expect(eventsAt(rig)).toHaveLength(1), SOON);
    const [event] = eventsAt(rig);
    expect(event!.at).toBeGreaterThanOrEqual(from);
    expect(event!.at).toBeLessThanOrEqual(from + (Date.now() - realStart) * SPEED);
    const signedS = Number(rig.sink.deliveries[0]!.headers['webhook-timestamp']);
    expect(Math.abs(Date.now() / 1000 - signedS)).toBeLessThan(60);
  });

  test('tell of keys only between answer and end', async () => {
    const rig = await rigWith({
      scenarios: { '+12025550111': { outcome: 'answered', talkS: 30, digits: '19#' } },
    });
    const dial = dialOf('+12025550111');
    await rig.carrier.dial(dial, 1_000);
    await vi.waitFor(() => expect(eventsAt(rig)).toHaveLength(4), SOON);
    const byTime = eventsAt(rig).sort((a, b) => a.at - b.at);
    expect(byTime.map((e) => [e.type, e.digits])).toEqual([
      ['ringing', null],
      ['answered', null],
      ['dtmf', '19#'],
      ['ended', null],
    ]);
  });
});

describe('options', () => {
  test.each([
    [{}, 'simulator.logFile'],
    [{ logFile: 'x', clock: { from: 0, realStart: 0, speed: 0 } }, 'simulator.clock'],
    [{ logFile: 'x', webhookUrl: 'http://127.0.0.1:1/' }, 'simulator.webhookSecret'],
    [{ logFile: 'x', webhookSecret: 'short' }, 'simulator.webhookSecret'],
    [{ logFile: 'x', maxCallsPerSecond: 0 }, 'simulator.maxCallsPerSecond'],
    [{ logFile: 'x', speed: 5 }, 'simulator'],
  ])('%j is refused, naming %s', (options, field) => {
    expect(() => parseSimulatorOptions(options)).toThrow(field);
  });

  test('a good secret passes', () => {
    const options = { logFile: 'x', webhookUrl: 'http://127.0.0.1:1/', webhookSecret: SECRET };
    expect(parseSimulatorOptions(options)).toMatchObject({ port: 0, clock: 'real', batchWindowMs: 5 });
  });
});
