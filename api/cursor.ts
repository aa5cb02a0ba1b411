import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { invalidInput } from '../domain/failures.ts';
import type { ApiVault } from './deps.ts';

/**
 * Page cursors: where a list stopped, sealed with the tenant's key, so that a cursor that was altered, belongs to
 * another tenant, or to a list of another filter or order, is refused and never followed.
 */
export type CursorValues = readonly (string | number | null)[];

const CURSOR_FAULT = {
  field: 'query.after',
  fault: 'is not a cursor of this list',
  expected: '`next` of the page before, with the same filters and order',
};

/** What a list of `what` under these filters and order is called; both ends of a cursor must agree on it. */
function labelOf(what: string, query: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `${what}?${JSON.stringify(parts)}`;
}

const MAC_BYTES = 16;

function macOf(vault: ApiVault, tenantId: string, label: string, body: string): Buffer {
  return vault
    .mac(tenantId, `cursor|${createHash('sha256').update(label).digest('hex')}|${body}`)
    .subarray(0, MAC_BYTES);
}

/** @param what the list, by its operation id; @param query the filters and the order it was asked with */
export function writeCursor(
  vault: ApiVault,
  tenantId: string,
  what: string,
  query: Readonly<Record<string, unknown>>,
  values: CursorValues,
): string {
  const body = Buffer.from(JSON.stringify(values)).toString('base64url');
  return `${body}.${macOf(vault, tenantId, labelOf(what, query), body).toString('base64url')}`;
}

/**
 * The values a cursor carries; null without a cursor.
 * @throws RightcallError `invalid_input` where it is not one that `writeCursor` made for the same list.
 */
export function readCursor<T extends CursorValues>(
  vault: ApiVault,
  tenantId: string,
  what: string,
  query: Readonly<Record<string, unknown>>,
  cursor: string | undefined,
): T | null {
  if (cursor === undefined) return null;
  const [body = '', mac = ''] = cursor.split('.');
  const expected = macOf(vault, tenantId, labelOf(what, query), body);
  const given = Buffer.from(mac, 'base64url');
  if (given.length !== MAC_BYTES || !timingSafeEqual(given, expected)) throw invalidInput([CURSOR_FAULT]);
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as T;
}

/** `limit` and `after` of every list. */
export const cursorQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50).openapi({ description: 'Rows at most' }),
  after: z
    .string()
    .max(1_000)
    .optional()
    .openapi({ description: '`next` of the page before; the filters and the order must be the same' }),
});

/** A page of a list: its items, and the cursor of the next page, null on the last. */
export function pageSchema<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}
