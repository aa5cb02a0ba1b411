import type { Carrier } from '../../carriers/port.ts';
import {
  createCarrier,
  isSimulator,
  parseCarrierKind,
  type ClosableCarrier,
} from '../../carriers/registry.ts';
import type { Database } from '../../db/client.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { LineRest } from '../../db/repositories/line-rests.ts';
import { createLineLoad, type LineLoad } from './line-load.ts';

/** A carrier with its limits, as configured now. */
export interface Line {
  readonly carrier: Carrier;
  readonly callsPerSecond: number;
  readonly maxConcurrentCalls: number;
  /** How the line is doing, and what this worker asks of it. */
  readonly load: LineLoad;
}

export interface CarrierSource {
  /** @throws RightcallError `refused` for a scaled clock with anything but the simulator. */
  lineOf(tenantId: string, carrierId: string): Promise<Line>;
  /** The line from memory alone; null: nobody has asked for it yet. */
  peek?(tenantId: string, carrierId: string): Line | null;
  close(): Promise<void>;
}

/** How long (real ms) settings are used before they are read again. */
const FRESH_MS = 2_000;

interface Known {
  readonly line: Line;
  readonly adapter: ClosableCarrier;
  readonly baseUrl: string;
  readAtReal: number;
}

/** Adapters by carrier, made when first needed and kept, so that their connections are kept. */
export function createCarrierSource(db: Database, clock: Clock): CarrierSource {
  const known = new Map<string, Known>();

  async function read(tenantId: string, carrierId: string): Promise<Known> {
    const rows = await db.inTenant(tenantId, (tx) =>
      tx.query<
        LineRest & {
          kind: string;
          config: { baseUrl: string };
          calls_per_second: number;
          max_concurrent_calls: number;
        }
      >(
        `SELECT c.kind, c.config, c.calls_per_second, c.max_concurrent_calls,
                coalesce(p.failures_in_row, 0) AS "failuresInRow", p.rests_until_real AS "restsUntilReal"
         FROM carriers c LEFT JOIN send_pace p ON p.tenant_id = c.tenant_id AND p.owner_id = c.id
         WHERE c.tenant_id = $1 AND c.id = $2`,
        [tenantId, carrierId],
      ),
    );
    const row = rows[0];
    if (row === undefined) throw new RightcallError('not_found', 'the carrier was not found');
    if (clock.speed !== 1 && !isSimulator(row.kind)) {
      throw new RightcallError(
        'refused',
        `a scaled clock may only be used with the simulator, not with ${row.kind}`,
      );
    }
    const before = known.get(`${tenantId}/${carrierId}`);
    const adapter =
      before !== undefined && before.baseUrl === row.config.baseUrl
        ? before.adapter
        : createCarrier(parseCarrierKind(row.kind), row.config);
    if (before !== undefined && before.adapter !== adapter) void before.adapter.close();
    const load = before?.line.load ?? createLineLoad();
    load.take(row);
    return {
      adapter,
      baseUrl: row.config.baseUrl,
      readAtReal: Date.now(),
      line: {
        carrier: adapter,
        callsPerSecond: row.calls_per_second,
        maxConcurrentCalls: row.max_concurrent_calls,
        load,
      },
    };
  }

  return {
    lineOf: async (tenantId, carrierId) => {
      const key = `${tenantId}/${carrierId}`;
      const cached = known.get(key);
      if (cached !== undefined && Date.now() - cached.readAtReal < FRESH_MS) return cached.line;
      const fresh = await read(tenantId, carrierId);
      known.set(key, fresh);
      return fresh.line;
    },
    peek: (tenantId, carrierId) => known.get(`${tenantId}/${carrierId}`)?.line ?? null,
    close: async () => {
      await Promise.all([...known.values()].map((entry) => entry.adapter.close()));
      known.clear();
    },
  };
}
