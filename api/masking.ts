import type { Tx } from '../db/client.ts';
import { numbersOfPersons, type PersonNumber } from '../db/repositories/contacts.ts';
import { maskNumber } from '../domain/mask.ts';
import type { ApiVault } from './deps.ts';

/** What stands for a number whose person was erased. */
export const ERASED_NUMBER = '(erased)';

/**
 * Numbers of these persons as people may see them (I8), the primary one first; by person id. Looks keys up while `tx`
 * is held; where the numbers are all that is left to do, read them in the transaction and call `maskAll` after it, so
 * that nobody holds one connection while they wait for another.
 */
export async function maskedNumbers(
  tx: Tx,
  vault: ApiVault,
  personIds: readonly string[],
): Promise<Map<string, string[]>> {
  return maskAll(tx.tenantId, vault, await numbersOfPersons(tx, [...new Set(personIds)]));
}

/** Open and mask, one look-up of keys for all. */
export async function maskAll(
  tenantId: string,
  vault: ApiVault,
  numbers: readonly PersonNumber[],
): Promise<Map<string, string[]>> {
  const personIds = [...new Set(numbers.map((number) => number.personId))];
  const sealers = await vault.sealersOf(tenantId, personIds);
  try {
    const masked = new Map<string, string[]>();
    for (const number of numbers) {
      const sealer = sealers.get(number.personId);
      const text = sealer === undefined ? ERASED_NUMBER : maskNumber(sealer.openNumber(number.sealedNumber));
      masked.set(number.personId, [...(masked.get(number.personId) ?? []), text]);
    }
    return masked;
  } finally {
    for (const sealer of sealers.values()) sealer.dispose();
  }
}
