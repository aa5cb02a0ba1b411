import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../domain/clock.ts';
import { nextTry, restAfter, type RetryPlan, type TryResult } from '../../domain/outgoing.ts';
import type { Database, Statements } from '../../db/client.ts';
import type { Vault } from '../../db/vault/index.ts';
import { recordChange } from '../../db/repositories/changes.ts';
import { disableGone, endpointById, type EndpointRow } from '../../db/repositories/endpoints.ts';
import {
  dueDeliveries,
  holdEndpoint,
  nextDueInMs,
  recordEndpointState,
  recordTry,
  releaseEndpoint,
  type DueDelivery,
} from '../../db/repositories/outgoing-events.ts';
import type { EndpointKey } from '../workflow-gateway.ts';
import { cloudEvent, signedHeaders } from './message.ts';
import type { WebhookSender } from './post.ts';

export interface DeliverDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly vault: Pick<Vault, 'openForTenant'>;
  readonly webhooks: WebhookSender;
  readonly retryPlan: RetryPlan;
  /** Real ms that a drain stays for more before it says that it is done: events come in bursts. */
  readonly lingerMs?: number;
}

export interface DrainHooks {
  /** Called about every second, so that a drain that hangs is noticed. */
  beat(): void;
  readonly cancelled: AbortSignal;
}

/** What an endpoint's workflow is told. */
export type DrainResult =
  /** Nothing is left to deliver. */
  | { readonly kind: 'idle' }
  /** Come again after this long (real). */
  | { readonly kind: 'waiting'; readonly inMs: number }
  /** The endpoint is disabled or removed. */
  | { readonly kind: 'off' };

/** Label of an endpoint's secret in the vault. */
export const ENDPOINT_SECRET_LABEL = 'endpoint-secret';

/** Requests to one endpoint at once. */
const LANES = 8;
const BATCH = 64;
/** Real ms that a hold lasts without renewal: as long as Temporal waits for a heartbeat before it starts another run. */
const HOLD_MS = 10_000;
const HELD_AGAIN_MS = 2_000;
/** Real ms between two renewals of the hold, at least and at most. */
const RENEW_MS = 500;
const TICK_MS = 1_000;
/** Real ms after which an activity ends, so that no endpoint keeps a worker's slot for itself. */
const BUDGET_MS = 45_000;
const LINGER_MS = 1_000;
const LOOK_MS = 200;

/**
 * Deliver what is due to an endpoint until nothing is, or its time is over. Where the endpoint asked for order, events
 * of one contact go one after the other and a failing one holds back that contact alone. Safe to run twice, and to be
 * stopped anywhere: one run holds the endpoint at a time, and what was sent and not yet noted is sent again under the
 * same id.
 */
export async function drainEndpoint(
  deps: DeliverDeps,
  key: EndpointKey,
  hooks: DrainHooks,
): Promise<DrainResult> {
  const holder = randomUUID();
  const run = new DrainRun(deps, key, holder);
  try {
    return await run.untilDone(hooks);
  } finally {
    await run.settled();
    await deps.db.single(key.tenantId, (st) => releaseEndpoint(st, key.endpointId, holder));
  }
}

class DrainRun {
  readonly #deps: DeliverDeps;
  readonly #key: EndpointKey;
  readonly #holder: string;
  readonly #started = performance.now();
  /** What is under way, by what must not be started beside it: an order key, or a delivery's id. */
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #queue: DueDelivery[] = [];
  #failuresInRow = 0;
  /** `performance.now()` before which nothing is sent. */
  #restUntil = 0;
  #failure: { readonly error: unknown } | undefined;
  /** The receiver wants no more. */
  #gone = false;
  #recorded: Promise<void> = Promise.resolve();
  #renewed = -Infinity;
  #endpoint: EndpointRow | 'held' | null = null;

  constructor(deps: DeliverDeps, key: EndpointKey, holder: string) {
    this.#deps = deps;
    this.#key = key;
    this.#holder = holder;
  }

  async untilDone(hooks: DrainHooks): Promise<DrainResult> {
    let idleSince: number | undefined;
    for (;;) {
      hooks.beat();
      if (this.#failure !== undefined) throw this.#failure.error;
      const endpoint = await this.#renew();
      if (endpoint === 'held') return { kind: 'waiting', inMs: HELD_AGAIN_MS };
      if (endpoint === null || this.#gone) return { kind: 'off' };
      const restMs = this.#restUntil - performance.now();
      if (restMs > 0) return { kind: 'waiting', inMs: Math.ceil(restMs) };
      if (hooks.cancelled.aborted || performance.now() - this.#started > BUDGET_MS) {
        return { kind: 'waiting', inMs: 0 };
      }
      const looked = await this.#fill(endpoint);
      if (this.#lanes.size > 0) {
        idleSince = undefined;
        // Lanes take the next by themselves; here what has come meanwhile is looked for.
        await Promise.race([...this.#lanes.values(), delay(TICK_MS)]);
        continue;
      }
      if (looked) continue;
      const inMs = await this.#db((st) => nextDueInMs(st, this.#key.endpointId));
      const lingerMs = this.#deps.lingerMs ?? LINGER_MS;
      if (inMs !== null && inMs > lingerMs) return { kind: 'waiting', inMs };
      idleSince ??= performance.now();
      if (inMs === null && performance.now() - idleSince >= lingerMs) return { kind: 'idle' };
      await delay(Math.min(inMs ?? LOOK_MS, LOOK_MS));
    }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    this.#queue.length = 0;
    await Promise.all(this.#lanes.values());
  }

  #db<T>(work: (st: Statements) => Promise<T>): Promise<T> {
    return this.#deps.db.single(this.#key.tenantId, work);
  }

  /** Keep the hold, and read what the endpoint is now. */
  async #renew(): Promise<EndpointRow | 'held' | null> {
    if (performance.now() - this.#renewed < RENEW_MS) return this.#endpoint;
    const { endpointId, tenantId } = this.#key;
    const first = this.#renewed === -Infinity;
    this.#endpoint = await this.#deps.db.inTenant(tenantId, async (tx) => {
      const drain = await holdEndpoint(tx, endpointId, this.#holder, HOLD_MS);
      if (drain === null) return 'held';
      if (first) {
        // From here on nobody but this run changes them.
        this.#failuresInRow = drain.failuresInRow;
        this.#restUntil = drain.restMs === 0 ? 0 : performance.now() + drain.restMs;
      }
      const endpoint = await endpointById(tx, endpointId);
      return endpoint?.enabled === true ? endpoint : null;
    });
    this.#renewed = performance.now();
    return this.#endpoint;
  }

  /** Start as many as may be under way at once. @returns whether anything was due. */
  async #fill(endpoint: EndpointRow): Promise<boolean> {
    // After many failures in a row one delivery finds out whether the receiver is back.
    const lanes = this.#failuresInRow >= this.#deps.retryPlan.restAfterFailures ? 1 : LANES;
    if (this.#lanes.size >= lanes) return true;
    const ordered = endpoint.orderBy === 'contact';
    let looked = true;
    if (this.#queue.length === 0) {
      const found = await this.#db((st) =>
        dueDeliveries(st, endpoint.id, {
          ordered,
          busy: [...this.#lanes.keys()],
          limit: lanes === 1 ? 1 : BATCH,
        }),
      );
      this.#queue.push(...found.due);
      looked = found.looked;
    }
    while (this.#lanes.size < lanes && this.#queue.length > 0) this.#startLane(endpoint, ordered);
    return looked;
  }

  #startLane(endpoint: EndpointRow, ordered: boolean): void {
    const first = this.#queue.shift();
    if (first === undefined) return;
    const busyKey = ordered ? first.event.orderKey : String(first.id);
    if (this.#lanes.has(busyKey)) return;
    const lane = this.#deliverAll(endpoint, first, ordered)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#lanes.delete(busyKey);
        if (this.#mayGoOn()) this.#startLane(endpoint, ordered);
      });
    this.#lanes.set(busyKey, lane);
  }

  #mayGoOn(): boolean {
    return (
      !this.#gone &&
      this.#failure === undefined &&
      this.#restUntil <= performance.now() &&
      performance.now() - this.#started <= BUDGET_MS
    );
  }

  /** One delivery and, where order holds, those of the same contact that waited behind it. */
  async #deliverAll(endpoint: EndpointRow, first: DueDelivery, ordered: boolean): Promise<void> {
    let delivery: DueDelivery | null = first;
    while (delivery !== null) {
      delivery = await this.#deliver(endpoint, delivery, ordered);
      if (!this.#mayGoOn()) return;
    }
  }

  /** @returns the next of the same contact, if it may go now. */
  async #deliver(
    endpoint: EndpointRow,
    delivery: DueDelivery,
    ordered: boolean,
  ): Promise<DueDelivery | null> {
    const { clock, webhooks, retryPlan } = this.#deps;
    const nowReal = Date.now();
    const body = JSON.stringify(cloudEvent(this.#key.tenantId, delivery.event, clock, nowReal));
    const headers = signedHeaders(this.#secrets(endpoint, nowReal), delivery.event.id, body, nowReal);
    const result = await webhooks.post(endpoint.url, headers, body);
    const again =
      result.kind === 'delivered'
        ? null
        : nextTry(retryPlan, delivery.attempts + 1, delivery.ageMs, result.retryAfterMs, Math.random());
    const over = again?.kind !== 'again';
    const next = await this.#db((st) =>
      recordTry(
        st,
        endpoint.id,
        { id: delivery.id, orderKey: delivery.event.orderKey },
        {
          state: again === null ? 'delivered' : again.kind === 'dead' ? 'dead' : 'pending',
          nextInMs: again?.kind === 'again' ? again.inMs : 0,
          status: result.status,
          fault: result.kind === 'failed' ? result.fault : null,
        },
        ordered && over,
      ),
    );
    await this.#noteHealth(result);
    return next;
  }

  async #noteHealth(result: TryResult): Promise<void> {
    const { endpointId, tenantId } = this.#key;
    if (result.kind === 'delivered') {
      if (this.#failuresInRow === 0) return;
      this.#failuresInRow = 0;
      await this.#recordState({ failuresInRow: 0, restMs: 0 });
      return;
    }
    if (result.fault === 'gone') {
      this.#gone = true;
      await this.#deps.db.inTenant(tenantId, async (tx) => {
        const at = this.#deps.clock.now();
        if ((await disableGone(tx, endpointId, at)) === null) return;
        await recordChange(tx, {
          by: 'engine',
          requestId: null,
          action: 'disableEndpoint',
          resource: 'endpoint',
          resourceId: endpointId,
          before: { enabled: true },
          after: { enabled: false, disabledReason: 'gone' },
          reason: 'the receiver answered 410 Gone',
          at,
        });
      });
      return;
    }
    // Requests that were under way together fail together: that is one failure of the endpoint, not eight.
    if (this.#restUntil > performance.now()) return;
    this.#failuresInRow += 1;
    const asked = result.status === 429 || result.status === 503 ? (result.retryAfterMs ?? 0) : 0;
    const restMs = Math.max(asked, restAfter(this.#deps.retryPlan, this.#failuresInRow));
    if (restMs > 0) this.#restUntil = performance.now() + restMs;
    await this.#recordState({ failuresInRow: this.#failuresInRow, restMs });
  }

  /** One after the other: of two lanes' states the later one stays. */
  #recordState(state: { failuresInRow: number; restMs: number }): Promise<void> {
    this.#recorded = this.#recorded.then(() =>
      this.#db((st) => recordEndpointState(st, this.#key.endpointId, state)),
    );
    return this.#recorded;
  }

  #secrets(endpoint: EndpointRow, nowReal: number): string[] {
    const open = (sealed: Buffer) =>
      this.#deps.vault.openForTenant(this.#key.tenantId, ENDPOINT_SECRET_LABEL, sealed);
    const { previousSecret, previousUntilReal } = endpoint;
    const previous =
      previousSecret !== null && previousUntilReal !== null && previousUntilReal > nowReal
        ? [open(previousSecret)]
        : [];
    return [open(endpoint.sealedSecret), ...previous];
  }
}
