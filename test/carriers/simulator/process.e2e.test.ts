import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createCarrier, createWebhookVerifier } from '../../../carriers/registry.ts';
import type { CarrierEvent } from '../../../carriers/port.ts';
import { readRequestLog } from '../../../carriers/simulator/journal.ts';
import type { SimulatorOptions } from '../../../carriers/simulator/options.ts';
import { startWebhookSink, type WebhookSink } from '../webhook-sink.ts';
import { FATES, NUMBERS, SECRET } from './rig.ts';

const MAIN = fileURLToPath(new URL('../../../carriers/simulator/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SOON = { timeout: 20_000, interval: 20 };

interface Child {
  readonly process: ChildProcess;
  readonly first: { ready: boolean; url: string; port: number; error?: string };
}

async function spawnSimulator(options: Partial<SimulatorOptions>, ...flags: string[]): Promise<Child> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', MAIN, '--options', JSON.stringify(options), ...flags],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { process: child, first: JSON.parse(line) as Child['first'] };
}

async function killed(child: Child): Promise<void> {
  const gone = once(child.process, 'exit');
  child.process.kill('SIGKILL');
  await gone;
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rightcall-simulator-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function sinkFor(): Promise<WebhookSink> {
  const sink = await startWebhookSink();
  onTestFinished(() => sink.close());
  return sink;
}

function eventsAt(sink: WebhookSink): CarrierEvent[] {
  const verifier = createWebhookVerifier('simulator', { secret: SECRET });
  return sink.deliveries.flatMap(({ headers, body }) => {
    const read = verifier.read(headers, body);
    if (read.kind !== 'events') throw new Error(read.detail);
    return read.events;
  });
}

describe('a simulator that is killed with kill -9 and started again', () => {
  test('has lost no request that it answered, knows every call, and lets each end once', async () => {
    const sink = await sinkFor();
    const logFile = join(await folder(), 'simulator', 'requests.jsonl');
    const options: Partial<SimulatorOptions> = {
      logFile,
      webhookUrl: sink.url,
      webhookSecret: SECRET,
      // A call of some minutes takes some hundred milliseconds: some end before the crash, some in it, some after.
      clock: { from: Date.UTC(2026, 2, 2, 1), realStart: Date.now(), speed: 300 },
      scenarios: FATES,
      seed: 'crash',
    };
    let child = await spawnSimulator(options);
    let carrier = createCarrier('simulator', { baseUrl: child.first.url });
    const accepted = new Map<string, string>();
    const dial = (attemptId: string, to: string) =>
      carrier.dial({ attemptId, to, from: '+12025550199', ringTimeoutS: 30, context: {} }, 2_000);
    for (let i = 0; i < 40; i += 1) {
      const result = await dial(`contact-${i}/1`, i === 0 ? NUMBERS.talks_long : '+12025550130');
      if (result.kind === 'accepted') accepted.set(`contact-${i}/1`, result.reference);
    }
    const hungUp = await dial('hung-up/1', NUMBERS.talks_long);
    if (hungUp.kind !== 'accepted') throw new Error('not accepted');
    accepted.set('hung-up/1', hungUp.reference);
    await carrier.hangup(hungUp.reference);
    await killed(child);
    await carrier.close();
    expect(accepted.size).toBe(41);

    child = await spawnSimulator(options);
    carrier = createCarrier('simulator', { baseUrl: child.first.url });
    onTestFinished(() => carrier.close());
    const logged = new Map<string, number>();
    for await (const line of readRequestLog(logFile)) {
      if (line.kind === 'dial') logged.set(line.attemptId!, (logged.get(line.attemptId!) ?? 0) + 1);
    }
    expect(logged).toEqual(new Map([...accepted.keys()].map((id) => [id, 1])));

    for (const [attemptId, reference] of accepted) {
      expect(await carrier.lookup(attemptId)).toMatchObject({ reference });
    }
    expect((await carrier.lookup('contact-0/1')).kind).toBe('live');
    expect(await carrier.lookup('hung-up/1')).toMatchObject({ kind: 'final', end: { by: 'us' } });
    expect(await carrier.lookup('never/1')).toEqual({ kind: 'not_found' });
    expect(await dial('contact-1/1', NUMBERS.answers)).toEqual({
      kind: 'accepted',
      reference: accepted.get('contact-1/1'),
      duplicate: true,
    });
    await carrier.hangup(accepted.get('contact-0/1')!);

    await vi.waitFor(() => {
      const ended = eventsAt(sink).filter((e) => e.type === 'ended');
      expect(new Set(ended.map((e) => e.attemptId))).toEqual(new Set(accepted.keys()));
    }, SOON);
    const byAttempt = new Map<string, CarrierEvent>();
    for (const event of eventsAt(sink).filter((e) => e.type === 'ended')) {
      expect(byAttempt.get(event.attemptId) ?? event).toEqual(event);
      byAttempt.set(event.attemptId, event);
    }
    for (const [attemptId, { end }] of byAttempt) {
      expect(await carrier.lookup(attemptId)).toMatchObject({ kind: 'final', end });
    }
  });

  test('sends what nobody had taken before, and not again what was taken', async () => {
    const sink = await sinkFor();
    const logFile = join(await folder(), 'requests.jsonl');
    const options: Partial<SimulatorOptions> = {
      logFile,
      webhookUrl: sink.url,
      webhookSecret: SECRET,
      clock: { from: Date.UTC(2026, 2, 2, 1), realStart: Date.now(), speed: 1_000 },
      scenarios: FATES,
    };
    let child = await spawnSimulator(options);
    let carrier = createCarrier('simulator', { baseUrl: child.first.url });
    const dial = (attemptId: string) =>
      carrier.dial(
        { attemptId, to: NUMBERS.is_busy, from: '+12025550199', ringTimeoutS: 30, context: {} },
        2_000,
      );
    const delivered = async (): Promise<number> => {
      const answer = (await (await fetch(`${child.first.url}/v1/stats`)).json()) as {
        webhooks: { delivered: number; failedRequests: number };
      };
      return answer.webhooks.delivered;
    };
    await dial('taken/1');
    await vi.waitFor(async () => expect(await delivered()).toBe(1), SOON);
    sink.answer = 503;
    await dial('untaken/1');
    await vi.waitFor(() => expect(eventsAt(sink).map((e) => e.attemptId)).toContain('untaken/1'), SOON);
    await killed(child);
    await carrier.close();

    sink.answer = 200;
    sink.deliveries.length = 0;
    child = await spawnSimulator(options);
    carrier = createCarrier('simulator', { baseUrl: child.first.url });
    onTestFinished(() => carrier.close());
    await vi.waitFor(async () => expect(await delivered()).toBe(1), SOON);
    expect(eventsAt(sink).map((e) => e.attemptId)).toEqual(['untaken/1']);
  });
});

describe('the process', () => {
  test('says where it listens, and ends when its standard input is closed, if tethered', async () => {
    const child = await spawnSimulator({ logFile: join(await folder(), 'r.jsonl') }, '--tethered');
    expect(child.first).toMatchObject({ ready: true, url: `http://127.0.0.1:${child.first.port}` });
    const gone = once(child.process, 'exit');
    child.process.stdin!.end();
    expect((await gone)[0]).toBe(0);
  });

  test('ends well on SIGTERM', async () => {
    const child = await spawnSimulator({ logFile: join(await folder(), 'r.jsonl') });
    const gone = once(child.process, 'exit');
    child.process.kill('SIGTERM');
    expect((await gone)[0]).toBe(0);
  });

  test('says in one line what is wrong with its options, and ends with status 1', async () => {
    const child = await spawnSimulator({ logFile: join(await folder(), 'r.jsonl'), faults: 'slow=1' });
    expect(child.first).toMatchObject({ ready: false });
    expect(child.first.error).toContain('faults.slow');
    if (child.process.exitCode === null) await once(child.process, 'exit');
    expect(child.process.exitCode).toBe(1);
  });
});
