import type { Tx } from './client.ts';

/** Channel on which the worker is told that a tenant has something to do; the payload is its id, empty for all of them. */
export const WORK_CHANNEL = 'rightcall_work';

/** Told when the transaction commits. A lost notice only delays: every loop also looks by itself. */
export async function notifyWork(tx: Tx): Promise<void> {
  await tx.prepared('notify_work', 'SELECT pg_notify($1, $2)', [WORK_CHANNEL, tx.tenantId]);
}

/** The same of every tenant. */
export async function notifyAllWork(tx: Tx): Promise<void> {
  await tx.query('SELECT pg_notify($1, $2)', [WORK_CHANNEL, '']);
}
