import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Purpose } from '../../domain/vocabulary.ts';
import type { Tx } from '../client.ts';
import { oldestFirst, type Page, type PagePlace } from './pages.ts';

export interface GrantFilter {
  readonly personId: string | null;
  readonly purpose: Purpose | null;
  /** Recorded at this instant or later. */
  readonly recordedFrom: EpochMs | null;
  /** Recorded before this instant. */
  readonly recordedTo: EpochMs | null;
}

/** One page of the tenant's consents, in the order in which they were recorded. */
export async function grantsRecorded(
  tx: Tx,
  asked: GrantFilter & { readonly after: PagePlace | null; readonly limit: number },
): Promise<Page<{ id: string; personId: string }>> {
  const values: unknown[] = [tx.tenantId];
  const given = (value: unknown) => `$${values.push(value)}`;
  const within = ['e.tenant_id = $1'];
  const filter = ["e.kind = 'grant'"];
  if (asked.personId !== null) within.push(`e.person_id = ${given(asked.personId)}::uuid`);
  if (asked.recordedFrom !== null) within.push(`e.recorded_at >= ${given(toIso(asked.recordedFrom))}`);
  if (asked.recordedTo !== null) within.push(`e.recorded_at < ${given(toIso(asked.recordedTo))}`);
  if (asked.purpose !== null) filter.push(`${given(asked.purpose)} = ANY(e.purposes)`);
  return oldestFirst(tx, {
    columns: 'e.id, e.person_id AS "personId"',
    table: 'consent_events',
    alias: 'e',
    within,
    filter,
    order: { at: 'recorded_at', id: 'id', idType: 'uuid' },
    values,
    after: asked.after,
    limit: asked.limit,
  });
}
