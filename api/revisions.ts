import { HTTPException } from 'hono/http-exception';
import { z } from '@hono/zod-openapi';
import { RightcallError } from '../domain/failures.ts';

/**
 * Revisions of what can be changed: served as ETag, named by a change as If-Match, so that two changes made for one
 * state do not overwrite each other.
 */

/** The `If-Match` header of a change. Left out it is a problem of its own (428), so it is optional here. */
export const ifMatchHeader = z.object({
  'if-match': z
    .string()
    .regex(/^(W\/)?"?\d{1,9}"?$/, 'is not a revision; expected the ETag of the resource, such as "3"')
    .optional()
    .openapi({ description: 'ETag of the revision the change was made for', example: '"3"' }),
});

/** @throws HTTPException 428 where the header was not sent */
export function revisionOf(ifMatch: string | undefined): number {
  if (ifMatch === undefined) {
    throw new HTTPException(428, { message: 'the revision that the change was made for is not named' });
  }
  return Number(ifMatch.replace(/\D/g, ''));
}

/** @throws RightcallError `precondition_failed` where somebody changed it in the meantime */
export function requireRevision(what: string, actual: number, expected: number): void {
  if (actual === expected) return;
  const detail = `${what} is at revision ${actual}, the change was made for ${expected}`;
  throw new RightcallError('precondition_failed', detail);
}

export function etag(row: { readonly revision: number }): string {
  return `"${row.revision}"`;
}
