import { expect, test, vi } from 'vitest';
import type { ServiceLog } from '../../activities/services/loop.ts';
import { startTenantLoops, type TenantWork } from '../../activities/services/tenant-loops.ts';

const silent: ServiceLog = { info: () => undefined, warn: () => undefined };

/** Loops with rounds of one work, followed for these tenants and let run until `until` is true. */
async function runUntil(
  options: { atOnce: number; tenants: readonly string[]; log?: ServiceLog },
  work: TenantWork,
  until: () => boolean,
): Promise<() => Promise<void>> {
  const loops = startTenantLoops('test', 60_000, options.atOnce, options.log ?? silent, work);
  loops.follow(options.tenants);
  loops.follow(options.tenants);
  await vi.waitFor(() => expect(until()).toBe(true));
  return () => loops.stop();
}

test('a tenant whose work does not end keeps nobody else waiting', async () => {
  let release = (): void => undefined;
  const hanging = new Promise<boolean>((resolve) => {
    release = () => resolve(false);
  });
  let rounds = 0;
  const stop = await runUntil(
    { atOnce: 2, tenants: ['slow', 'quick'] },
    (tenantId) => (tenantId === 'slow' ? hanging : Promise.resolve(++rounds < 50)),
    () => rounds === 50,
  );
  release();
  await stop();
});

test('a tenant that always has more to do gets no second turn before another has had his', async () => {
  const order: string[] = [];
  const stop = await runUntil(
    { atOnce: 1, tenants: ['big', 'small', 'smaller'] },
    async (tenantId) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(tenantId);
      return order.length < 60;
    },
    () => order.length >= 60,
  );
  await stop();
  for (let i = 0; i + 3 <= 57; i += 3) expect(new Set(order.slice(i, i + 3)).size).toBe(3);
});

test('no more tenants are worked for at once than there are places', async () => {
  let now = 0;
  let most = 0;
  let done = 0;
  const stop = await runUntil(
    { atOnce: 3, tenants: Array.from({ length: 20 }, (_, i) => `tenant ${i}`) },
    async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      done += 1;
      return false;
    },
    () => done === 20,
  );
  await stop();
  expect(most).toBe(3);
});

test('what fails for all alike is said once, with its recovery; what fails otherwise is said too', async () => {
  const said: string[] = [];
  const log = {
    warn: (fields: object) => void said.push(`failed: ${String((fields as { error: string }).error)}`),
    info: () => void said.push('going on'),
  };
  const left = new Map([
    ['a', 1],
    ['b', 1],
    ['c', 1],
  ]);
  let fine = 0;
  const stop = await runUntil(
    { atOnce: 3, tenants: ['a', 'b', 'c'], log },
    (tenantId) => {
      const failures = left.get(tenantId)!;
      left.set(tenantId, failures - 1);
      if (failures > 0) return Promise.reject(new Error(tenantId === 'c' ? 'its own' : 'away'));
      fine += 1;
      return Promise.resolve(false);
    },
    () => fine === 3,
  );
  await stop();
  expect([...said].sort()).toEqual(['failed: away', 'failed: its own', 'going on', 'going on']);
});
