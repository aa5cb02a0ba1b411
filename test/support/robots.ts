import { setTimeout as delay } from 'node:timers/promises';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { answerPreview } from '../../db/repositories/preview-answers.ts';
import { seatOf } from '../../db/repositories/seat-requests.ts';
import { lockSeat, seatFreed } from '../../db/repositories/seats.ts';
import { takeWaiting } from '../../db/repositories/waiting-calls.ts';
import { agentCallOf, lockAgentCall, writeDown } from '../../db/repositories/wrap-ups.ts';
import type { TestEngine } from './engine.ts';

/** Agents of a script: they call whoever they are shown, but for every fifth, and write every call down at once. */
export function startRobots(engine: TestEngine): { stop(): Promise<void> } {
  const { db, clock, tenantId } = engine;
  const stopping = new AbortController();
  let shown = 0;

  async function round(): Promise<void> {
    const work = await db.inTenant(tenantId, (tx) =>
      tx.query<{ agent_id: string; preview_id: string | null; attempt_id: string | null; state: string }>(
        `SELECT agent_id, preview_id, attempt_id, state FROM seats
         WHERE tenant_id = $1 AND (state = 'wrap_up' OR state = 'reserved' AND preview_id IS NOT NULL)`,
        [tenantId],
      ),
    );
    for (const { agent_id: agentId, preview_id: previewId, attempt_id: attemptId } of work) {
      if (previewId !== null) await answer(agentId, previewId);
      else if (attemptId !== null) await write(agentId, attemptId);
    }
  }

  async function answer(agentId: string, previewId: string): Promise<void> {
    shown += 1;
    const state = shown % 5 === 0 ? 'skipped' : 'accepted';
    await db.inTenant(tenantId, async (tx) => {
      const of = { previewId, agentId, at: clock.now() };
      const { after } = await answerPreview(tx, of, { state, reason: 'robot' });
      if (after !== null) await notifyWork(tx);
    });
  }

  async function write(agentId: string, attemptId: string): Promise<void> {
    await db.inTenant(tenantId, async (tx) => {
      const call = (await agentCallOf(tx, attemptId))!;
      await lockPerson(tx, call.personId);
      await lockAgentCall(tx, attemptId);
      const seat = await lockSeat(tx, agentId);
      if (seat?.state !== 'wrap_up' || seat.attemptId !== attemptId) return;
      const at = clock.now();
      await writeDown(tx, call, { disposition: 'completed', by: 'robot', at });
      await seatFreed(tx, { agentId, attemptId }, { worked: true, at });
      if ((await seatOf(tx, agentId))?.state === 'ready') await takeWaiting(tx, clock, agentId);
      await notifyWork(tx);
    });
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      await round();
      await delay(20);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
