import { createCarrier, isSimulator, parseCarrierKind } from '../../carriers/registry.ts';
import type { Database } from '../../db/client.ts';
import { listCarriers, type CarrierRow } from '../../db/repositories/carriers.ts';
import { activePolicySet } from '../../db/repositories/policies.ts';
import { checkMasterKey, type Vault } from '../../db/vault/index.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../domain/failures.ts';
import { toIso } from '../../domain/time.ts';
import { calendarsEndingSoon, compilePolicySet, fromStored } from '../../policies/index.ts';
import { fail, failOf, ok, warn, type Finding } from './finding.ts';

/** What one tenant's rows are looked into with. */
export interface TenantView {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly tenantId: string;
  readonly slug: string;
}

export async function checkKeyOf(view: TenantView): Promise<Finding> {
  const check = `vault.${view.slug}`;
  try {
    const proof = await checkMasterKey(view.db, view.vault, view.tenantId);
    return ok(check, proof === 'opens' ? 'the master key opens it' : 'nothing is sealed yet');
  } catch (error) {
    return failOf(
      check,
      error,
      'give RIGHTCALL_MASTER_KEY the key that this database was first used with; without it, nothing in it can be read',
    );
  }
}

/** Every carrier is asked how it is. */
export async function checkCarriersOf(view: TenantView): Promise<Finding[]> {
  const carriers = await view.db.inTenant(view.tenantId, listCarriers);
  if (carriers.length === 0) {
    return [
      warn(
        `carrier.${view.slug}`,
        'none was added, so nothing can be dialled',
        'rightcall carrier put, or PUT /v1/carriers/{name}',
      ),
    ];
  }
  return Promise.all(carriers.map((carrier) => checkCarrier(view, carrier)));
}

async function checkCarrier(view: TenantView, carrier: CarrierRow): Promise<Finding> {
  const check = `carrier.${view.slug}.${carrier.name}`;
  if (view.clock.speed !== 1 && !isSimulator(carrier.kind)) {
    return fail(
      check,
      `is ${carrier.kind}, which a scaled clock is refused with`,
      'take RIGHTCALL_CLOCK away',
    );
  }
  try {
    const adapter = createCarrier(parseCarrierKind(carrier.kind), carrier.config);
    try {
      const { ok: well, detail } = await adapter.health();
      return well
        ? ok(check, `answers (${detail})`)
        : fail(check, `does not answer: ${detail}`, `is ${adapter.kind} running, and its address right?`);
    } finally {
      await adapter.close();
    }
  } catch (error) {
    return failOf(check, error, 'correct it by PUT /v1/carriers/{name}');
  }
}

/** The policies in force, and how long their calendars reach: a day without one is a day without calls (I6). */
export async function checkPoliciesOf(view: TenantView): Promise<Finding[]> {
  const check = `policies.${view.slug}`;
  const active = await view.db.inTenant(view.tenantId, (tx) => activePolicySet(tx, view.clock.now()));
  if (active === null) {
    return [
      warn(
        check,
        'none are in force',
        'the first campaign to start puts the bundled ones in force; nothing is dialled before',
      ),
    ];
  }
  try {
    const set = compilePolicySet(active.documents.map(fromStored));
    const today = new Date(view.clock.now()).toISOString().slice(0, 10);
    const ending = calendarsEndingSoon(set, view.clock.now());
    if (ending.length === 0)
      return [ok(check, `${active.hash.slice(0, 12)} is in force; its calendars reach far enough`)];
    return ending.map(({ id, coveredTo }) =>
      coveredTo < today
        ? fail(
            check,
            `the calendar ${id} ended on ${coveredTo}; nothing it is needed for is dialled`,
            'put a set in force that holds the next one',
          )
        : warn(
            check,
            `the calendar ${id} ends on ${coveredTo}`,
            'put a set in force that holds the next one before',
          ),
    );
  } catch (error) {
    return [fail(check, `cannot be read: ${messageOf(error)}`, 'restore policy_documents from a backup')];
  }
}

/** Real seconds after which what the loops take up within a second or two shows that they do not. */
const LATE_S = 60;

const LATE: readonly { what: string; count: string; mend: string }[] = [
  {
    what: "carriers' events that nothing was made of",
    count: `SELECT count(*) AS n FROM call_events WHERE tenant_id = $1 AND processed_real IS NULL
              AND received_real < clock_timestamp() - make_interval(secs => $2)`,
    mend: 'is a worker running? its log says what stops it',
  },
  {
    what: 'attempts whose lease is over and that nobody took up',
    count: `SELECT count(*) AS n FROM attempts WHERE tenant_id = $1 AND reported_real IS NULL
              AND state IN ('claimed', 'sending')
              AND lease_until_real < clock_timestamp() - make_interval(secs => $2)`,
    mend: 'is a worker running? its log says what stops it',
  },
  {
    what: 'results that Temporal was not told',
    count: `SELECT count(*) AS n FROM attempts WHERE tenant_id = $1 AND reported_real IS NULL AND result IS NOT NULL
              AND claimed_real < clock_timestamp() - make_interval(secs => $2)
              AND coalesce(ended_at, claimed_at) < $3`,
    mend: 'can the worker reach Temporal?',
  },
  {
    what: 'calls that a stop asked to hang up and that are not down',
    count: `SELECT count(*) AS n FROM attempts a
              LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
              WHERE a.tenant_id = $1 AND a.state = 'sent' AND a.hangup_done_real IS NULL AND a.reported_real IS NULL
                AND k.answered_at IS NULL AND k.ended_at IS NULL
                AND a.hangup_requested_real < clock_timestamp() - make_interval(secs => $2)`,
    mend: 'does the carrier answer? hang them up there if it does not',
  },
  {
    what: 'contacts that were admitted minutes ago and of which nothing came',
    count: `SELECT count(*) AS n FROM contacts c WHERE c.tenant_id = $1 AND c.state = 'admitted'
              AND c.admitted_real < clock_timestamp() - make_interval(secs => 5 * $2)
              AND NOT EXISTS (SELECT FROM attempts a WHERE a.tenant_id = c.tenant_id AND a.contact_id = c.id
                                AND a.admission = c.admissions)`,
    mend: 'can the worker reach Temporal?',
  },
];

/** What a running engine takes up within seconds (I10) and nobody did. */
export async function checkStuckOf(view: TenantView): Promise<Finding[]> {
  const check = `work.${view.slug}`;
  const late = await view.db.inTenant(view.tenantId, async (tx) => {
    const found: Finding[] = [];
    for (const { what, count, mend } of LATE) {
      // An attempt's end is on the engine's clock alone.
      const endedBefore = toIso(view.clock.now() - LATE_S * 1_000 * view.clock.speed);
      const parameters = [tx.tenantId, LATE_S, ...(count.includes('$3') ? [endedBefore] : [])];
      const rows = await tx.query<{ n: number }>(count, parameters);
      if (rows[0]!.n > 0) found.push(warn(check, `${rows[0]!.n} ${what}`, mend));
    }
    return found;
  });
  return late.length > 0 ? late : [ok(check, 'nothing is stuck')];
}
