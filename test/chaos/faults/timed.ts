import pg from 'pg';
import type { z } from 'zod';
import type { faultLineSchema } from '../evidence.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { ENGINE, type EngineName } from '../fleet/members.ts';
import type { CarrierFaults } from './carrier.ts';
import { specOf } from './carrier.ts';
import type { SmallDisk } from './disk.ts';
import { sendForgeries } from './forged.ts';
import type { FaultRecord } from './record.ts';
import type { Link, TimedFault } from './kinds.ts';

export interface TimedDeps {
  readonly fleet: Fleet;
  readonly carrier: CarrierFaults;
  /** Null: the database's disk cannot be filled here. */
  readonly disk: SmallDisk | null;
  readonly record: FaultRecord;
  readonly pause: (ms: number) => Promise<void>;
}

/** Put a fault in, leave it for its time, take it out again, and write down when it was. */
export async function carryOut(deps: TimedDeps, fault: TimedFault): Promise<void> {
  const { fleet, carrier, record, pause } = deps;
  const atReal = Date.now();
  const over = (): { atReal: number; untilReal: number } => ({ atReal, untilReal: Date.now() });
  const spec = specOf(fault);
  if (spec !== null) {
    const inForce = await carrier.add(fault.kind, spec);
    await pause(fault.forMs);
    await carrier.remove(fault.kind);
    return record.note({
      kind: 'carrier',
      ...over(),
      process: 'simulator',
      spec: inForce,
      detail: { fault: fault.kind },
    });
  }
  switch (fault.kind) {
    case 'carrier-kill':
      end(fleet.simulator.child.pid());
      await untilBack(() => fleet.simulator.child.pid(), pause);
      await carrier.renew();
      return record.note({ kind: 'kill', ...over(), process: 'simulator' });
    case 'temporal-kill':
      end(fleet.servers.temporal.pid());
      await untilBack(() => fleet.servers.temporal.pid(), pause);
      return record.note({ kind: 'stop_server', ...over(), process: 'temporal' });
    case 'postgres-kill':
      end(fleet.servers.postgres.pid());
      await untilBack(() => fleet.servers.postgres.pid(), pause);
      return record.note({ kind: 'stop_server', ...over(), process: 'postgres' });
    case 'postgres-cut': {
      const cut = await terminateBackends(fleet.databaseUrl);
      return record.note({ kind: 'cut_connections', ...over(), process: 'postgres', detail: { cut } });
    }
    case 'webhooks-forged': {
      const wire = fleet.wires.get('webhooks')!;
      const url = `http://127.0.0.1:${wire.port}${fleet.webhookPath}`;
      const statuses = await sendForgeries(url, await someAttempt(fleet.databaseUrl));
      return record.note({ kind: 'forged_webhook', ...over(), process: '*', detail: { statuses } });
    }
    case 'disk-full': {
      if (deps.disk === null) return;
      const takenMb = deps.disk.fill();
      await pause(fault.forMs);
      deps.disk.free();
      return record.note({ kind: 'disk_full', ...over(), process: 'postgres', detail: { takenMb } });
    }
    case 'clock': {
      const names = fault.member === null ? ENGINE : [fault.member];
      for (const name of names) fleet.members.get(name)!.orders({ clockOffsetMs: fault.offsetMs });
      await pause(fault.forMs);
      for (const name of names) fleet.members.get(name)!.orders({ clockOffsetMs: 0 });
      // Orders are read every 100 ms: until then the clock may still be wrong.
      await pause(200);
      return record.note({
        kind: 'clock',
        ...over(),
        process: fault.member ?? '*',
        offsetMs: fault.offsetMs,
      });
    }
    default:
      return network(deps, fault, atReal);
  }
}

const MODES = {
  'network-delay': 'delay',
  'network-stall': 'stall',
  'network-cut': 'cut',
  'network-black-hole': 'black_hole',
  'network-half-open': 'half_open',
} as const;
type NetworkFault = TimedFault & { readonly kind: keyof typeof MODES };
const isNetwork = (fault: TimedFault): fault is NetworkFault => fault.kind in MODES;

async function network(deps: TimedDeps, fault: TimedFault, atReal: number): Promise<void> {
  if (!isNetwork(fault)) throw new Error(`nobody knows how to do ${fault.kind}`);
  const { fleet, record, pause } = deps;
  const names = wiresOf(fleet, fault.link, fault.member);
  const wires = names.map((name) => fleet.wires.get(name)!);
  const mode = MODES[fault.kind];
  switch (mode) {
    case 'delay':
      for (const wire of wires) wire.weather({ delayMs: fault.delayMs });
      await pause(fault.forMs);
      for (const wire of wires) wire.weather({ delayMs: 0 });
      break;
    case 'stall':
      for (const wire of wires) wire.weather({ stalled: true });
      await pause(fault.forMs);
      for (const wire of wires) wire.weather({ stalled: false });
      break;
    case 'cut':
      for (const wire of wires) wire.cut();
      break;
    case 'black_hole':
      // Nothing passes, and what waited is lost: the connections are reset when it is over.
      for (const wire of wires) wire.weather({ stalled: true });
      await pause(fault.forMs);
      for (const wire of wires) {
        wire.cut();
        wire.weather({ stalled: false });
      }
      break;
    case 'half_open':
      for (const wire of wires) wire.deafen();
      await pause(fault.forMs);
      for (const wire of wires) wire.cut();
      break;
  }
  const line: z.input<typeof faultLineSchema> = {
    kind: 'network',
    atReal,
    untilReal: Date.now(),
    process: fault.member ?? '*',
    link: fault.link,
    mode,
    delayMs: mode === 'delay' ? fault.delayMs : null,
    detail: { wires: names },
  };
  record.note(line);
}

/** `carrier` and `webhooks` are one wire each; the others one for each process that has one. */
function wiresOf(fleet: Fleet, link: Link, member: EngineName | null): string[] {
  if (link === 'carrier' || link === 'webhooks') return [link];
  const all = [...fleet.wires.keys()].filter((name) => name.startsWith(`${link}/`));
  const own = `${link}/${member ?? ''}`;
  return all.includes(own) ? [own] : all;
}

function end(pid: number | null): void {
  if (pid !== null) process.kill(pid, 'SIGKILL');
}

/** A supervised process is without a pid from its death until it is ready again. */
async function untilBack(pid: () => number | null, pause: (ms: number) => Promise<void>): Promise<void> {
  const before = pid();
  for (let n = 0; n < 50 && pid() === before; n++) await pause(20);
  while (pid() === null) await pause(50);
}

async function onDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Every connection of the engine's at once, in the middle of whatever transaction it is in. */
async function terminateBackends(url: string): Promise<number> {
  const cut = await onDatabase(url, async (client) => {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
    return rowCount ?? 0;
  });
  return cut ?? 0;
}

async function someAttempt(url: string): Promise<string> {
  const id = await onDatabase(url, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM attempts WHERE reported_real IS NULL ORDER BY claimed_real DESC LIMIT 1`,
    );
    return rows[0]?.id;
  });
  return id ?? '00000000-0000-7000-8000-000000000000/1';
}
