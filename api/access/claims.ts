import { ROLES, type Role } from '../../domain/access.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * A claim by its name; a name with dots that is no claim itself leads into objects, as in `realm_access.roles`.
 * Undefined: there is none.
 */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, key) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && Object.hasOwn(value, key) ? (value as Claims)[key] : undefined;
  }, claims);
}

/** The engine's roles among what a claim holds: a list, or names with spaces between. Others are not ours and pass by. */
export function rolesOf(claim: unknown): Role[] {
  const named = typeof claim === 'string' ? claim.split(/[\s,]+/) : Array.isArray(claim) ? claim : [];
  return ROLES.filter((role) => named.includes(role));
}
