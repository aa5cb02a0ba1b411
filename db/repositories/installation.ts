import { v7 as uuidv7 } from 'uuid';
import { withoutNumbers } from '../../domain/mask.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** SQL: whether everything that the installation dials is stopped, whichever tenant asks. */
export const INSTALLATION_STOPPED = 'EXISTS (SELECT FROM installation_stops WHERE lifted_real IS NULL)';

/** The same of an instant (engine clock) that the parameter `$n` holds. */
export const installationStoppedAt = (instant: string) =>
  `EXISTS (SELECT FROM installation_stops i
           WHERE i.stopped_at <= ${instant} AND (i.lifted_at IS NULL OR i.lifted_at > ${instant}))`;

/** Whether everything is stopped, as every tenant may know it. */
export interface InstallationState {
  /** Null: it is not stopped. */
  readonly stoppedAt: EpochMs | null;
  readonly reason: string | null;
}

/** A stop of everything that stands. */
export interface StandingStop {
  readonly id: string;
  readonly stoppedAt: EpochMs;
}

export async function installationState(statements: Statements): Promise<InstallationState> {
  const rows = await statements.query<{ stopped_at: number; reason: string | null }>(
    'SELECT stopped_at, reason FROM installation_stops WHERE lifted_real IS NULL',
  );
  return { stoppedAt: rows[0]?.stopped_at ?? null, reason: rows[0]?.reason ?? null };
}

/**
 * Have the stop of everything stand; under its exclusive lock (db/stop-everything.ts), so that no gate is inside.
 * @returns the one that stands now: where one stood already, that one, which stays as it was.
 */
export async function standInstallationStop(
  statements: Statements,
  stop: { readonly at: EpochMs; readonly by: string; readonly reason: string | null },
): Promise<StandingStop & { readonly stoodBefore: boolean }> {
  const standing = await statements.query<StandingStop>(
    'SELECT id, stopped_at AS "stoppedAt" FROM installation_stops WHERE lifted_real IS NULL FOR NO KEY UPDATE',
  );
  if (standing[0] !== undefined) return { ...standing[0], stoodBefore: true };
  const id = uuidv7();
  await statements.query(
    `INSERT INTO installation_stops (id, stopped_at, stopped_real, stopped_by, reason)
     VALUES ($1, $2, clock_timestamp(), $3, $4)`,
    [id, toIso(stop.at), stop.by, stop.reason === null ? null : withoutNumbers(stop.reason)],
  );
  return { id, stoppedAt: stop.at, stoodBefore: false };
}

/** Lift the stop of everything. @returns what stood; null: nothing did. */
export async function liftInstallationStop(
  statements: Statements,
  lift: { readonly at: EpochMs; readonly by: string },
): Promise<StandingStop | null> {
  const rows = await statements.query<StandingStop>(
    `UPDATE installation_stops SET lifted_at = $1, lifted_real = clock_timestamp(), lifted_by = $2
     WHERE lifted_real IS NULL RETURNING id, stopped_at AS "stoppedAt"`,
    [toIso(lift.at), lift.by],
  );
  return rows[0] ?? null;
}
