import type { Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import {
  attachRestoredCall,
  callsWithAPerson,
  type CallWithAPerson,
} from '../../db/repositories/restores.ts';
import type { Clock } from '../../domain/clock.ts';
import { readAttemptId, realOf } from './record-call.ts';

/** Calls attached at once; there are rarely any. */
const PAGE_ROWS = 200;

/**
 * Calls of contacts that are not here any more, whose numbers belong to somebody again because the list was imported anew:
 * they become attempts of that person, so that caps count them (I5).
 * @returns how many
 */
export async function attachRestoredCalls(tx: Tx, clock: Clock): Promise<number> {
  let attached = 0;
  for (;;) {
    const page = await callsWithAPerson(tx, PAGE_ROWS);
    for (const call of page) await attach(tx, clock, call);
    attached += page.length;
    if (page.length < PAGE_ROWS) return attached;
  }
}

async function attach(tx: Tx, clock: Clock, call: CallWithAPerson): Promise<void> {
  const { contactId, n } = readAttemptId(call.attemptId)!;
  await lockPerson(tx, call.personId);
  await attachRestoredCall(tx, call, { contactId, n, acceptedReal: realOf(clock, call.acceptedAt) });
}
