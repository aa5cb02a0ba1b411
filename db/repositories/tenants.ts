import { v7 as uuidv7 } from 'uuid';
import { RightcallError } from '../../domain/failures.ts';
import type { Database } from '../client.ts';

/**
 * The tenant of this slug, made if there is none. Safe to run by several processes at once.
 * @returns its id.
 */
export async function ensureTenant(db: Database, tenant: { slug: string; name: string }): Promise<string> {
  const known = await tenantBySlug(db, tenant.slug);
  if (known !== null) return known;
  const id = uuidv7();
  const made = await db.inTenant(id, (tx) =>
    tx.query<{ id: string }>(
      `INSERT INTO tenants (id, slug, name, created_real) VALUES ($1, $2, $3, now())
       ON CONFLICT (slug) DO NOTHING RETURNING id`,
      [id, tenant.slug, tenant.name],
    ),
  );
  if (made.length > 0) return id;
  const other = await tenantBySlug(db, tenant.slug);
  if (other === null) throw new RightcallError('internal', 'a tenant of this slug exists and cannot be seen');
  return other;
}

/** Id of the tenant, or null when there is none of this slug. */
export async function tenantBySlug(db: Database, slug: string): Promise<string | null> {
  return (await db.tenants()).find((tenant) => tenant.slug === slug)?.tenantId ?? null;
}
