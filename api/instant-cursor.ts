import type { PagePlace } from '../db/repositories/pages.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { ApiVault } from './deps.ts';

/** The cursor of a list that is ordered by instant and id (db/repositories/pages.ts). */
export function instantCursor(
  vault: ApiVault,
  tenantId: string,
  operationId: string,
  asked: Readonly<Record<string, unknown>>,
): { read(text: string | undefined): PagePlace | null; write(place: PagePlace | null): string | null } {
  return {
    read: (text) => {
      const values = readCursor<[number, string]>(vault, tenantId, operationId, asked, text);
      return values === null ? null : { at: values[0], id: values[1] };
    },
    write: (place) =>
      place === null ? null : writeCursor(vault, tenantId, operationId, asked, [place.at, place.id]),
  };
}
