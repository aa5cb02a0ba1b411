import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { workClassOf } from '../../api/admission.ts';
import { refusedEarly } from '../../api/early-refusal.ts';
import type { ApiEnv } from '../../api/env.ts';
import { OPERATIONS } from '../../api/routes/index.ts';

let busy = false;
let refused = 0;
const app = new Hono<ApiEnv>();
app.use(
  refusedEarly(
    OPERATIONS,
    () => busy,
    () => (refused += 1),
  ),
);
app.all('*', (c) => c.text('read'));

const idOf = '01890000-0000-7000-8000-000000000001';
const urlOf = (path: string) => path.replace(/\{[^}]+\}|:\w+(\{[^}]*\})?/g, idOf);

test('a process with too much to do still reads every stop, event of a carrier, import and probe, and nothing else', async () => {
  busy = true;
  for (const operation of OPERATIONS) {
    const answer = await app.request(urlOf(operation.path), { method: operation.method.toUpperCase() });
    const workClass = workClassOf(operation);
    const isRefused = workClass === 'other';
    expect([operation.operationId, answer.status]).toEqual([operation.operationId, isRefused ? 503 : 200]);
  }
  expect(refused).toBeGreaterThan(0);
});

test('what it refuses is told when to come again, and one with less to do refuses nothing', async () => {
  busy = true;
  const answer = await app.request('/v1/campaigns');
  expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('content-type')]).toEqual([
    503,
    '1',
    'application/problem+json',
  ]);
  expect(await answer.json()).toMatchObject({ code: 'unavailable', status: 503 });
  busy = false;
  expect((await app.request('/v1/campaigns')).status).toBe(200);
});
