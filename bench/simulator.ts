import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createCarrier, createWebhookVerifier } from '../carriers/registry.ts';
import { readRequestLog } from '../carriers/simulator/journal.ts';
import type { SimulatorOptions } from '../carriers/simulator/options.ts';

/**
 * How many dials a second one simulator process takes, with its log and its signed, batched webhooks, on a
 * rehearsal's clock: simulator.ts [--dials 5000] [--concurrency 32] [--speed 1440]
 * The dialling and the verifying of webhooks happen in this process, on the same machine.
 */
const { values } = parseArgs({
  options: {
    dials: { type: 'string', default: '5000' },
    concurrency: { type: 'string', default: '32' },
    speed: { type: 'string', default: '1440' },
  },
});
const dials = Number(values.dials);
const secret = `whsec_${Buffer.from('a secret for benchmarks!').toString('base64')}`;
const folder = mkdtempSync(join(tmpdir(), 'rightcall-bench-'));
const logFile = join(folder, 'requests.jsonl');

const verifier = createWebhookVerifier('simulator', { secret });
const ended = new Set<string>();
let events = 0;
let deliveries = 0;
const sink = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    const read = verifier.read(request.headers as Record<string, string>, body);
    if (read.kind === 'events') {
      deliveries += 1;
      events += read.events.length;
      for (const event of read.events) if (event.type === 'ended') ended.add(event.attemptId);
    }
    response.writeHead(read.kind === 'events' ? 204 : 401).end();
  });
}).listen(0, '127.0.0.1');
await once(sink, 'listening');

const options: SimulatorOptions = {
  logFile,
  webhookUrl: `http://127.0.0.1:${(sink.address() as AddressInfo).port}/`,
  webhookSecret: secret,
  clock: { from: Date.UTC(2026, 2, 2, 1), realStart: Date.now(), speed: Number(values.speed) },
};
const main = fileURLToPath(new URL('../carriers/simulator/main.ts', import.meta.url));
const child = spawn(
  process.execPath,
  ['--import', 'tsx', main, '--tethered', '--options', JSON.stringify(options)],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
const carrier = createCarrier('simulator', { baseUrl: (JSON.parse(line) as { url: string }).url });

const latenciesMs: number[] = [];
let next = 0;
let refused = 0;
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: Number(values.concurrency) }, async () => {
    for (let i = next++; i < dials; i = next++) {
      const before = performance.now();
      const to = `+1202555${String(100 + (i % 100)).padStart(4, '0')}`;
      const request = {
        attemptId: `contact-${i}/1`,
        to,
        from: '+12025550199',
        ringTimeoutS: 30,
        context: {},
      };
      const result = await carrier.dial(request, 10_000);
      if (result.kind !== 'accepted') refused += 1;
      latenciesMs.push(performance.now() - before);
    }
  }),
);
const dialledS = (performance.now() - startedAt) / 1000;
while (ended.size < dials - refused && performance.now() - startedAt < 120_000) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const endedS = (performance.now() - startedAt) / 1000;

let logged = 0;
for await (const entry of readRequestLog(logFile)) if (entry.result === 'accepted') logged += 1;
latenciesMs.sort((a, b) => a - b);
const at = (q: number): number => Number((latenciesMs[Math.floor(latenciesMs.length * q)] ?? 0).toFixed(1));
process.stdout.write(
  `${JSON.stringify(
    {
      dials,
      refused,
      logged,
      dialsPerS: Math.round(dials / dialledS),
      latencyMs: { p50: at(0.5), p99: at(0.99) },
      finalEvents: ended.size,
      events,
      deliveries,
      eventsPerDelivery: Number((events / deliveries).toFixed(1)),
      allEndedAfterS: Number(endedS.toFixed(1)),
    },
    null,
    2,
  )}\n`,
);

await carrier.close();
const gone = once(child, 'exit');
child.stdin.end();
await gone;
sink.close();
sink.closeAllConnections();
rmSync(folder, { recursive: true, force: true });
