import type { Tx } from './client.ts';

/**
 * Make a transaction see one state of the database throughout, and write nothing. To be called before anything is
 * read in it. It locks nobody out.
 */
export async function inSnapshot(tx: Tx): Promise<void> {
  await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
}
