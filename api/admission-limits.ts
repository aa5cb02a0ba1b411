import type { Database } from '../db/client.ts';
import type { TurnLimits } from '../domain/turns.ts';

/**
 * What may be under way at once in one process, by class of work. What comes beyond waits in a short line of its class,
 * tenants in turn, and beyond that is answered 503 at once: an API that has more to do than it can stays quick at what
 * it does. No class waits behind another, and stops and the carrier's events have database connections of their own.
 */
export const WORK_CLASSES = ['stops', 'bulk_stops', 'carrier', 'imports', 'other'] as const;
export type WorkClass = (typeof WORK_CLASSES)[number];

export type AdmissionLimits = Readonly<Record<WorkClass, TurnLimits>>;

/** Connections to PostgreSQL that a class keeps for itself; `access`: to look up who asks (docs/sizing.md#budget). */
export const RESERVED_CONNECTIONS = { stops: 12, carrier: 2, access: 2 } as const;

/** Databases by who alone uses their connections. */
export type ReservedDatabases = Readonly<Record<keyof typeof RESERVED_CONNECTIONS, Database>>;

/**
 * The budget of docs/sizing.md.
 * @param connections of the database that all share who have none of their own
 */
export function admissionLimits(connections: number): AdmissionLimits {
  return {
    // A stop that waits for calls to be hung up (2 s at most) holds no connection, so that many may wait. A thousand
    // in line are some megabytes: a stop is turned away only by a flood of stops.
    stops: { atOnce: 64, waiting: 1_000, waitMs: 10_000 },
    // Each works on five items at once (BULK_WIDTH), on the connections that all share.
    bulk_stops: { atOnce: 2, waiting: 16, waitMs: 30_000 },
    // Two statements each; what is turned away the carrier sends again.
    carrier: { atOnce: 8, waiting: 256, waitMs: 2_000 },
    // Each holds three connections and some hundred megabytes (bench/RESULTS.md) for as long as its file is read.
    imports: { atOnce: 2, waiting: 8, waitMs: 30_000 },
    // More at once than there are connections would wait for one all the same. Four times as many in line are done with
    // within half a second at 200 a second; whoever would wait longer than two is better told so.
    other: { atOnce: connections, waiting: 4 * connections, waitMs: 2_000 },
  };
}

/** Of PostgreSQL, where RIGHTCALL_DB_CONNECTIONS says nothing; an import holds three of them while it runs. */
export const API_CONNECTIONS = 16;
