/**
 * Who may do what: the one table of roles and permissions. The API asks it at every request, `docs/access.md` shows
 * it, and a test walks every operation with every role.
 */

/** What people and systems are to the engine (design.md, "who uses it"). */
export const ROLES = ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** What an operation asks for; each operation of the API names one. With the roles that have it. */
export const PERMISSIONS = {
  'campaigns.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'campaigns.write': ['admin', 'manager'],
  'campaigns.run': ['admin', 'manager', 'operator'],
  /** Pause and stop: whoever sees that something is wrong may end it. */
  'campaigns.stop': ['admin', 'manager', 'compliance', 'operator'],
  'contacts.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'contacts.write': ['admin', 'manager', 'operator'],
  'imports.read': ['admin', 'manager', 'compliance', 'operator', 'auditor'],
  'imports.write': ['admin', 'manager'],
  'persons.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  /** See a number or name in full; recorded each time. */
  'persons.reveal': ['admin', 'compliance', 'operator', 'agent'],
  'consents.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  /** Record that somebody consented. */
  'consents.grant': ['admin', 'manager', 'compliance', 'operator'],
  /** Whoever hears "no" must be able to write it down. */
  'consents.withdraw': ['admin', 'manager', 'compliance', 'operator', 'agent'],
  'suppressions.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'suppressions.add': ['admin', 'manager', 'compliance', 'operator', 'agent'],
  /** Let an entry end, or take in a whole list: calling may become possible, or impossible for many. */
  'suppressions.write': ['admin', 'compliance'],
  'calls.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'callbacks.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'callbacks.write': ['admin', 'manager', 'operator', 'agent'],
  'scripts.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'scripts.write': ['admin', 'manager', 'compliance'],
  'carriers.read': ['admin', 'manager', 'compliance', 'operator', 'auditor'],
  'carriers.write': ['admin'],
  'carriers.run': ['admin', 'operator'],
  'policies.read': ['admin', 'manager', 'compliance', 'operator', 'auditor'],
  'policies.write': ['admin', 'compliance'],
  'reports.read': ['admin', 'manager', 'compliance', 'operator', 'auditor'],
  'audit.read': ['admin', 'compliance', 'auditor'],
  'events.read': ['admin', 'manager', 'auditor'],
  'events.write': ['admin', 'manager'],
  /** What one may do oneself, and the table of roles. */
  'access.self': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'access.read': ['admin', 'auditor'],
  'access.write': ['admin'],
  /** The kill switch of the whole tenant, and its release. */
  'dialling.stop': ['admin', 'manager', 'compliance', 'operator'],
  'dialling.resume': ['admin', 'compliance'],
} as const satisfies Record<string, readonly Role[]>;
export type Permission = keyof typeof PERMISSIONS;

/** What these roles may do together. @param scopes narrows it, as a key's scopes do; null: all of it. */
export function permissionsOf(
  roles: readonly Role[],
  scopes: readonly Permission[] | null = null,
): ReadonlySet<Permission> {
  const held = (Object.keys(PERMISSIONS) as Permission[]).filter((permission) =>
    (PERMISSIONS[permission] as readonly Role[]).some((role) => roles.includes(role)),
  );
  return new Set(scopes === null ? held : held.filter((permission) => scopes.includes(permission)));
}
