import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import pg from 'pg';
import { watchSteps } from '../../domain/step-watch.ts';

/**
 * Real code by turns: exactly one actor goes on at a time, from one step of the gate to its next, and who does is
 * somebody else's choice. An actor that waits for a lock in PostgreSQL is left waiting, and the others go on; one that
 * looks again after a while does so when it is its turn.
 */
export class Died extends Error {
  override name = 'Died';
}

/** A place where an actor stands until it is let go. */
export interface Token {
  readonly actor: Actor;
  /** A step, or `looks again`, or one of the carrier's. */
  readonly at: string;
  readonly of: string;
  readonly go: () => void;
  readonly die: () => void;
}

interface Operation {
  /** Of the server's process, null while a connection is waited for. */
  readonly pid: number | null;
}

export interface Actor {
  readonly id: number;
  readonly name: string;
  readonly tokens: Set<Token>;
  readonly operations: Set<Operation>;
  readonly stage: Stage;
  dead: boolean;
  done: boolean;
  /** What it threw, where it was not killed. */
  failed: unknown;
}

/** Real time as the actors and their database have it: it stands still, but for where somebody moves it on. */
export interface VirtualTime {
  nowMs: number;
}

/** Where the actors of one interleaving are. */
export interface Stage {
  readonly time: VirtualTime;
  readonly actors: readonly Actor[];
  start(name: string, work: () => Promise<unknown>): Actor;
  /** Everyone who stands at a step, in an order that is the same in every run. */
  standing(): Token[];
  /** Resolves when nobody moves: each stands at a step, waits for a lock, or is done. */
  still(): Promise<void>;
  kill(actor: Actor): void;
  /** Called when anything of an actor moved. */
  moved: () => void;
}

export interface TurnsOptions {
  /** Of these server processes, those that wait for a lock which somebody holds. */
  readonly waitingForLocks: (pids: readonly number[]) => Promise<ReadonlySet<number>>;
  /** Statements as the broken build has them. */
  readonly rewrite?: (sql: string) => string;
  /** False in the broken build whose processes do not notice that they stood still. */
  readonly feelsTime?: boolean;
}

/** Real ms without a sign of life after which it is looked whether a lock is what is waited for. */
const LOOK_FOR_LOCKS_MS = 2;
/** Real ms after which nobody knows what an actor waits for: a fault of the test itself. */
const LOST_AFTER_MS = 20_000;

const current = new AsyncLocalStorage<Actor>();
const realDelay = timers.setTimeout;
const realNow = performance.now.bind(performance);
const realDate = Date.now.bind(Date);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Stand here until let go; at once where no actor runs. */
export function stand(at: string, of: string): Promise<void> | undefined {
  const actor = current.getStore();
  if (actor === undefined) return undefined;
  if (actor.dead) return Promise.reject(new Died());
  return new Promise((resolve, reject) => {
    const leave = (then: () => void) => () => {
      if (actor.tokens.delete(token)) then();
    };
    const token: Token = { actor, at, of, go: leave(resolve), die: leave(() => reject(new Died())) };
    actor.tokens.add(token);
    actor.stage.moved();
  });
}

/** Take hold of steps, waits and statements in this process, until the answer is called. */
export function takeTurns(options: TurnsOptions): {
  newStage(time: VirtualTime): Stage;
  end(): void;
} {
  watchSteps((step, of) => stand(step, of));
  timers.setTimeout = ((ms?: number, value?: unknown) =>
    stand('looks again', '') ?? realDelay(ms, value)) as typeof timers.setTimeout;
  syncBuiltinESMExports();
  const virtually = () => current.getStore()?.stage.time.nowMs;
  Date.now = () => virtually() ?? realDate();
  performance.now = () => (options.feelsTime === false ? realNow() : (virtually() ?? realNow()));
  const restore = followStatements(options.rewrite ?? ((sql) => sql));
  return {
    newStage: (time) => createStage(options, time),
    end: () => {
      watchSteps(undefined);
      timers.setTimeout = realDelay;
      syncBuiltinESMExports();
      performance.now = realNow;
      Date.now = realDate;
      restore();
    },
  };
}

type Query = (config: unknown, ...rest: unknown[]) => unknown;

/** Know of every statement of an actor while it runs; refuse those of the dead. */
function followStatements(rewrite: (sql: string) => string): () => void {
  const client = pg.Client.prototype as unknown as { query: Query };
  const pool = pg.Pool.prototype as unknown as { connect: Query };
  const { query } = client;
  const { connect } = pool;
  client.query = function (this: { processID?: number }, config: unknown, ...rest: unknown[]) {
    const actor = current.getStore();
    if (actor === undefined) return query.call(this, config, ...rest);
    const sql = typeof config === 'string' ? config : (config as { text: string }).text;
    if (actor.dead && sql !== 'ROLLBACK') return Promise.reject(new Died());
    const asked = typeof config === 'string' ? rewrite(sql) : { ...(config as object), text: rewrite(sql) };
    return during(actor, this.processID ?? null, query.call(this, asked, ...rest));
  };
  pool.connect = function (this: unknown, ...rest: unknown[]) {
    const actor = current.getStore();
    const connecting = connect.call(this, ...(rest as [unknown]));
    return actor === undefined ? connecting : during(actor, null, connecting);
  };
  return () => {
    client.query = query;
    pool.connect = connect;
  };
}

function during(actor: Actor, pid: number | null, what: unknown): unknown {
  if (!(what instanceof Promise)) return what;
  const operation: Operation = { pid };
  actor.operations.add(operation);
  const over = () => {
    actor.operations.delete(operation);
    actor.stage.moved();
  };
  what.then(over, over);
  return what;
}

function createStage(options: TurnsOptions, time: VirtualTime): Stage {
  const actors: Actor[] = [];
  const moving = () => actors.filter((actor) => !actor.done);

  const stage: Stage = {
    time,
    moved: () => undefined,
    actors,
    start: (name, work) => {
      const actor: Actor = {
        id: actors.length,
        name,
        tokens: new Set(),
        operations: new Set(),
        stage,
        dead: false,
        done: false,
        failed: null,
      };
      actors.push(actor);
      void current.run(actor, () =>
        (async () => work())()
          .catch((error: unknown) => {
            if (!actor.dead) actor.failed = error;
          })
          .finally(() => {
            actor.done = true;
            stage.moved();
          }),
      );
      return actor;
    },
    standing: () =>
      moving()
        .flatMap((actor) => [...actor.tokens])
        .sort((a, b) => a.actor.id - b.actor.id || compare(a.of, b.of) || compare(a.at, b.at)),
    still: async () => {
      let since = realNow();
      let before = -1;
      for (;;) {
        await turn();
        const moved = new Promise<void>((resolve) => (stage.moved = resolve));
        const operations = moving().flatMap((actor) => [...actor.operations]);
        // Neither at a step nor in a statement: about to be in one of them.
        const underway = moving().filter(({ tokens, operations: own }) => tokens.size + own.size === 0);
        if (operations.length + underway.length === 0) return;
        const now = realNow();
        if (operations.length !== before) [before, since] = [operations.length, now];
        if (now - since < LOOK_FOR_LOCKS_MS) {
          // Whatever moves says so; only a wait for a lock says nothing.
          await Promise.race([moved, realDelay(LOOK_FOR_LOCKS_MS)]);
          continue;
        }
        if (now - since > LOST_AFTER_MS) {
          throw new Error(
            `nobody knows what these wait for: ${moving()
              .map(({ name }) => name)
              .join(', ')}`,
          );
        }
        const pids = operations.flatMap(({ pid }) => (pid === null ? [] : [pid]));
        if (underway.length > 0 || pids.length < operations.length) {
          await Promise.race([moved, realDelay(LOOK_FOR_LOCKS_MS)]);
          continue;
        }
        const waiting = await options.waitingForLocks(pids);
        const all = moving().flatMap((actor) => [...actor.operations]);
        if (all.length === operations.length && pids.every((pid) => waiting.has(pid))) return;
      }
    },
    kill: (actor) => {
      actor.dead = true;
      for (const token of [...actor.tokens]) token.die();
    },
  };
  return stage;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
