import { expect } from 'vitest';
import type { Rig } from './rig.ts';

export const NEW_YORK = { jurisdiction: 'US-NY', zone: 'America/New_York' };
/** Where it is noon at the hour of the rig's clock. */
export const GUAM = { jurisdiction: 'US-GU', zone: 'Pacific/Guam' };

/** The person is known to be there. */
export async function place(rig: Rig, personId: string, where: typeof NEW_YORK): Promise<void> {
  const location = {
    source: 'number_prefix',
    confidence: 'high',
    ...where,
    validFrom: null,
    recordedAt: null,
  };
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('UPDATE person_numbers SET locations = $3 WHERE tenant_id = $1 AND person_id = $2', [
      tx.tenantId,
      personId,
      JSON.stringify([location]),
    ]),
  );
}

/** The person is known to be there, and agreed to be called. */
export async function makeCallable(rig: Rig, personId: string, where = GUAM): Promise<void> {
  await place(rig, personId, where);
  const consent = { purposes: ['marketing'], level: 'written', source: 'form' };
  const answer = await rig.call('POST', `/v1/persons/${personId}/consents`, consent);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
}
