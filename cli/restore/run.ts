import { Client, Connection } from '@temporalio/client';
import { createCarrierSource } from '../../activities/calls/carrier-source.ts';
import { beginRestore } from '../../activities/restore/begin.ts';
import { endContactWorkflows } from '../../activities/restore/end-workflows.ts';
import { finishRestore } from '../../activities/restore/finish.ts';
import { reconcileTenant } from '../../activities/restore/reconcile.ts';
import { listCarriers } from '../../db/repositories/carriers.ts';
import { carriersInRestore, openRestore, type CarrierInRestore } from '../../db/repositories/restores.ts';
import { invalidInput, RightcallError } from '../../domain/failures.ts';
import type { EpochMs } from '../../domain/time.ts';
import { fileSecondPlace } from '../../evidence/second-place.ts';
import { parseConfig, type EngineConfig } from '../../runtime/config.ts';
import { openServingEngine, type Engine } from '../engine.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { temporalOptions } from '../temporal-options.ts';
import { restoreText, type RestoreVerb, type TenantResult } from './text.ts';

export interface RestoreOptions {
  readonly verb: RestoreVerb;
  readonly json?: boolean;
  readonly since?: string;
  /** False: workflows are left as they are. */
  readonly withoutTemporal?: boolean;
  readonly acceptUnreconciled?: readonly string[];
  readonly reason?: string;
  readonly by?: string;
}

/** @returns 1 when something is left to do: a carrier that did not tell all */
export async function runRestore(
  options: RestoreOptions,
  environment: NodeJS.ProcessEnv,
  write: (text: string) => void,
): Promise<ExitCode> {
  const since = options.since === undefined ? null : readSince(options.since);
  checkAccepted(options);
  const config = parseConfig(environment);
  const engine = await openServingEngine(config, {
    applicationName: 'rightcall-restore',
    maxConnections: 12,
  });
  try {
    const tenants = await engine.db.tenants();
    await refuseUnknownCarriers(engine, tenants, options.acceptUnreconciled ?? []);
    const results: TenantResult[] = [];
    const endWorkflows = options.verb === 'begin' && options.withoutTemporal !== true;
    const temporal = endWorkflows ? await connect(environment, config) : null;
    try {
      for (const tenant of tenants) {
        results.push({
          tenant: tenant.slug,
          ...(await runOn(engine, config, tenant.tenantId, options, since, temporal)),
        });
      }
    } finally {
      await temporal?.connection.close();
    }
    if (options.verb === 'reconcile' && results.every(({ open }) => !open)) {
      throw new RightcallError(
        'precondition_failed',
        'no restore is open; run rightcall restore begin first',
      );
    }
    const ok = results.every(({ carriers }) => carriers.every(isSettled)) || options.verb !== 'reconcile';
    write(
      options.json === true
        ? `${JSON.stringify({ ok, tenants: results })}\n`
        : restoreText(options.verb, results),
    );
    return ok ? EXIT.ok : EXIT.failed;
  } finally {
    await engine.close();
  }
}

async function runOn(
  engine: Engine,
  config: EngineConfig,
  tenantId: string,
  options: RestoreOptions,
  since: EpochMs | null,
  temporal: Client | null,
): Promise<Omit<TenantResult, 'tenant'>> {
  const { db, clock, vault } = engine;
  const author = { by: options.by ?? 'operator', requestId: null };
  const open = await db.single(tenantId, openRestore);
  const carriersOf = async (restoreId: string | undefined) =>
    restoreId === undefined ? [] : db.single(tenantId, (tx) => carriersInRestore(tx, restoreId));
  switch (options.verb) {
    case 'begin': {
      const dir = config.evidence?.dir ?? null;
      const deps = { db, clock, secondPlace: dir === null ? null : fileSecondPlace(dir) };
      const { restore, begun, doubted } = await beginRestore(deps, { ...author, tenantId, since });
      const ended = temporal === null ? null : await endContactWorkflows(temporal, tenantId);
      const carriers = await carriersOf(restore.id);
      return { open: true, begun, doubted, ended, sinceAt: restore.sinceAt, carriers };
    }
    case 'reconcile': {
      if (open === null) return { open: false, carriers: [] };
      const carriers = createCarrierSource(db, clock);
      try {
        await reconcileTenant({ db, clock, vault, carriers }, { ...author, tenantId, restore: open });
      } finally {
        await carriers.close();
      }
      return { open: true, sinceAt: open.sinceAt, carriers: await carriersOf(open.id) };
    }
    case 'finish': {
      const finished = await finishRestore(
        { db, clock },
        {
          ...author,
          tenantId,
          acceptUnreconciled: options.acceptUnreconciled ?? [],
          reason: options.reason ?? null,
        },
      );
      return {
        open: false,
        finished: finished !== null,
        resumed: finished?.resumed ?? false,
        carriers: await carriersOf(open?.id),
      };
    }
    case 'status':
      return {
        open: open !== null,
        ...(open === null ? {} : { sinceAt: open.sinceAt }),
        carriers: await carriersOf(open?.id),
      };
  }
}

function isSettled({ state }: CarrierInRestore): boolean {
  return state === 'reconciled' || state === 'accepted';
}

async function connect(environment: NodeJS.ProcessEnv, config: EngineConfig): Promise<Client> {
  try {
    const connection = await Connection.connect(temporalOptions(environment, config));
    return new Client({ connection, namespace: config.temporal.namespace });
  } catch (error) {
    throw new RightcallError(
      'unavailable',
      `Temporal (${config.temporal.address}) does not answer, and workflows that are ahead of the database must be ended; ` +
        'start it, or give --without-temporal where its namespace is new or empty',
      { cause: error },
    );
  }
}

function readSince(text: string): EpochMs {
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw invalidInput([
      {
        field: '--since',
        fault: 'is not an instant',
        expected: 'ISO 8601 with a zone, such as 2026-11-27T09:00:00Z',
      },
    ]);
  }
  return at;
}

/** A name that no carrier has is a slip of the pen, and must not look like a decision. */
async function refuseUnknownCarriers(
  engine: Engine,
  tenants: readonly { readonly tenantId: string }[],
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  const known = new Set<string>();
  for (const { tenantId } of tenants) {
    for (const { name } of await engine.db.inTenant(tenantId, listCarriers)) known.add(name);
  }
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw invalidInput([
    {
      field: '--accept-unreconciled',
      fault: `no carrier is called ${unknown.join(', ')}`,
      expected: `one of ${[...known].join(', ')}`,
    },
  ]);
}

function checkAccepted(options: RestoreOptions): void {
  const accepted = options.acceptUnreconciled ?? [];
  if (accepted.length > 0 && (options.reason ?? '').trim() === '') {
    throw invalidInput([
      {
        field: '--reason',
        fault: 'is missing',
        expected: 'why the calls of these carriers may stay unknown',
      },
    ]);
  }
}
