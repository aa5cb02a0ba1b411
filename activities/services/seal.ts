import type { Database, Tx } from '../../db/client.ts';
import {
  addCheckpoint,
  appendLeaves,
  FIRST_ID,
  latestCheckpoint,
  lockLog,
  moveFloor,
  noteCopied,
  takeLog,
  uncopiedCheckpoints,
  unsealedDecisions,
  waitingWork,
  walkSealed,
} from '../../db/repositories/evidence-log.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import { evidenceLine } from '../../db/repositories/restores.ts';
import type { Signer } from '../../evidence/checkpoint.ts';
import { leafOf } from '../../evidence/leaf.ts';
import { signedOf, tilesIn } from '../../evidence/log.ts';
import type { SecondPlace } from '../../evidence/second-place.ts';
import { grow } from '../../evidence/tree.ts';
import { countSealed } from '../telemetry.ts';

/** With what a worker seals decisions. */
export interface Sealing {
  readonly signer: Signer;
  /** Null: checkpoints stand in the database alone. */
  readonly secondPlace: SecondPlace | null;
}

/** Decisions a checkpoint at most: some 10 kB each are held while they are hashed. */
const BATCH = 1_000;
/** Real ms between two checkpoints, unless a batch is full: they are kept for good, so not one for each decision. */
const LINGER_MS = 5_000;
/** Leaves hashed at a stretch; in between the worker's other work has its turn. */
const STRETCH = 20;
const COPIES = 100;
/** Of the walk over what should be sealed: rows a page, and real ms from one walk to the next. */
const WALK_ROWS = 20_000;
const WALK_EVERY_MS = 3_600_000;

export interface Sealer {
  /** Seal what waits, and copy what is sealed. @returns whether more waits */
  round(tenantId: string): Promise<boolean>;
}

/**
 * Seals decisions behind the gate's back: it reads what is committed, and the gate never waits for it. Any number of
 * workers may do so at once, and each may be killed at any time: a batch is one transaction, and what has no leaf is
 * sealed by the next.
 */
export function createSealer(deps: { readonly db: Database } & Sealing): Sealer {
  const { db, secondPlace } = deps;
  const walks = new Map<string, { after: string | null; nextReal: number }>();

  /** Looks, a page a round, for decisions that came to stand below the floor by a clock that was far behind. */
  async function walk(tenantId: string): Promise<void> {
    const now = Date.now();
    const at = walks.get(tenantId) ?? { after: FIRST_ID, nextReal: 0 };
    if (at.after === null && now < at.nextReal) return;
    await db.inTenant(tenantId, async (tx) => {
      const log = await takeLog(tx);
      if (log === null) return;
      const { last, missed } = await walkSealed(tx, at.after ?? FIRST_ID, log.floorId, WALK_ROWS);
      if (missed !== null) {
        countNearMiss('decision_sealed_late');
        await moveFloor(tx, idBefore(missed));
      }
      walks.set(tenantId, { after: last, nextReal: now + WALK_EVERY_MS });
    });
  }

  return {
    round: async (tenantId) => {
      // An engine that stands still writes nothing.
      const waiting = await db.single(tenantId, waitingWork);
      const sealed = waiting.seal ? await db.inTenant(tenantId, (tx) => sealBatch(tx, deps.signer)) : 0;
      if (sealed > 0) countSealed(sealed);
      if (secondPlace !== null && (waiting.copy || sealed > 0)) {
        await copyCheckpoints(db, tenantId, secondPlace);
      }
      if (sealed < BATCH) await walk(tenantId);
      return sealed === BATCH;
    },
  };
}

/** @returns how many were sealed */
async function sealBatch(tx: Tx, signer: Signer): Promise<number> {
  const log = await takeLog(tx);
  if (log === null) return 0;
  const rows = await unsealedDecisions(tx, log.floorId, BATCH);
  const latest = await latestCheckpoint(tx);
  const full = rows.length === BATCH;
  if (!full && latest !== null && Date.now() - latest.atReal < LINGER_MS) return 0;
  // Up to here there is nothing more to come, and nothing without a leaf once these have theirs.
  const last = full ? (rows.at(-1)!['id'] as string) : log.settledId;
  const floorId = last < log.settledId ? last : log.settledId;
  if (floorId > log.floorId) await moveFloor(tx, floorId);
  if (rows.length === 0) return 0;
  const leaves: { decisionId: string; hash: Buffer }[] = [];
  for (const row of rows) {
    leaves.push({ decisionId: row['id'] as string, hash: leafOf(row).hash });
    if (leaves.length % STRETCH === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { root, nodes } = await grow(
    tilesIn(tx),
    log.size,
    leaves.map((leaf) => leaf.hash),
  );
  await appendLeaves(tx, log.size, leaves, nodes);
  const size = log.size + leaves.length;
  const { checkpoint, signature } = signer.sign({
    tenantId: tx.tenantId,
    size,
    root: root.toString('hex'),
    atReal: Date.now(),
  });
  await addCheckpoint(tx, { ...checkpoint, previousSize: log.size, signature });
  return leaves.length;
}

/** @throws what the second place throws: it is tried again, and the checkpoint stands in the database meanwhile */
async function copyCheckpoints(db: Database, tenantId: string, place: SecondPlace): Promise<void> {
  await db.inTenant(tenantId, async (tx) => {
    const waiting = await uncopiedCheckpoints(tx, COPIES);
    if (waiting.length === 0 || !(await lockLog(tx))) return;
    const line = await evidenceLine(tx);
    for (const row of waiting) {
      await place.put(signedOf(tenantId, row), line);
      await noteCopied(tx, row.size);
    }
  });
}

/** The largest id below one that is not the first. */
function idBefore(id: string): string {
  const hex = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
