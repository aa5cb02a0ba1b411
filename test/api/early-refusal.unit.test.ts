import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { admissionOf, atOnceWhenLate, tooMuchToDo, workClassOf } from '../../api/admission.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { latenessOf, refusingEarly } from '../../api/early-refusal.ts';
import { OPERATIONS } from '../../api/routes/index.ts';

let busy = false;
let counted = 0;
const refuses = refusingEarly(
  OPERATIONS,
  () => busy,
  () => (counted += 1),
);

/** @returns what was answered unread; null: it is read. */
function ask(method: string, url: string): { status: number; headers: object; text: string } | null {
  let answered: { status: number; headers: object; text: string } | null = null;
  const response = {
    writeHead: (status: number, headers: object) => ({
      end: (text: string) => (answered = { status, headers, text }),
    }),
  };
  const refused = refuses({ method, url } as IncomingMessage, response as unknown as ServerResponse);
  expect(refused).toBe(answered !== null);
  return answered;
}

const idOf = '01890000-0000-7000-8000-000000000001';
const urlOf = (path: string) => path.replace(/\{[^}]+\}|:\w+(\{[^}]*\})?/g, idOf);

test('a process with too much to do still reads every stop, event of a carrier, import and probe, and nothing else', () => {
  busy = true;
  counted = 0;
  let refused = 0;
  for (const operation of OPERATIONS) {
    const answer = ask(operation.method.toUpperCase(), `${urlOf(operation.path)}?a=b`);
    const waits = workClassOf(operation) === 'other';
    expect([operation.operationId, answer?.status]).toEqual([operation.operationId, waits ? 503 : undefined]);
    if (waits) refused += 1;
  }
  expect(counted).toBe(refused);
});

test('no stop is refused by how its path is written, nor a probe that asks for the head alone or for metrics', () => {
  busy = true;
  const stop = `/v1/campaigns/${idOf}/stop`;
  const written = [stop.replace('stop', 's%74op'), `http://api.example${stop}`];
  for (const url of written) expect(ask('POST', url), url).toBeNull();
  expect(ask('HEAD', '/readyz')).toBeNull();
  expect(ask('GET', '/metrics')).toBeNull();
});

test('what it refuses is told when to come again, and one with less to do refuses nothing', () => {
  busy = true;
  const answer = ask('GET', '/v1/campaigns')!;
  expect(answer.status).toBe(503);
  expect(answer.headers).toEqual({
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(answer.text),
    'Retry-After': '1',
  });
  expect(JSON.parse(answer.text)).toMatchObject({ code: 'unavailable', status: 503 });
  busy = false;
  expect(ask('GET', '/v1/campaigns')).toBeNull();
});

test('a process whose one turn took longer than the look is the latest of all, and not on time', () => {
  expect(latenessOf(20, 250)).toBe(0);
  expect(latenessOf(70, 250)).toBe(50);
  expect(latenessOf(NaN, 900)).toBe(880);
});

test('the later a process runs the less it does at once for others, down to two and up to all it may', () => {
  expect([0, 10, 20, 40, 80, 10_000].map((lateMs) => atOnceWhenLate(16, lateMs))).toEqual([
    16, 16, 8, 4, 2, 2,
  ]);
  expect(atOnceWhenLate(1, 10_000)).toBe(1);
});

test('a late process refuses what can wait once as much waits as it does at once; late with fewer is a busy machine', async () => {
  let lateMs = 1_000;
  const deps = { limits: {}, lateness: () => lateMs } as unknown as ApiDeps;
  const isTooMuch = tooMuchToDo(deps);
  const { other } = admissionOf(deps);
  const leave = await other.enter('a');
  await other.enter('a');
  const waiting = [other.enter('a')];
  expect(isTooMuch()).toBe(false);
  waiting.push(other.enter('b'));
  expect(isTooMuch()).toBe(true);
  lateMs = 0;
  expect(isTooMuch()).toBe(false);
  // On time again, it does as much at once as it may.
  leave();
  await Promise.all(waiting);
  expect(other.now()).toEqual({ active: 3, waiting: 0 });
});
