/**
 * Who may do what: the one table of roles and permissions. The API asks it at every request, `docs/access.md` shows
 * it, and a test walks every operation with every role.
 */

/**
 * What people and systems are to the engine. All are of one tenant, but `installation`: whoever runs the engine for all of
 * its tenants. Nobody gives what they do not have, so that it comes from the key of the configuration alone.
 */
export const ROLES = [
  'admin',
  'manager',
  'compliance',
  'operator',
  'agent',
  'auditor',
  'installation',
] as const;
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
  /** Only ever narrows when somebody is called. */
  'persons.locate': ['admin', 'manager', 'compliance', 'operator', 'agent'],
  /** Calling may become possible by it. */
  'persons.relocate': ['admin', 'compliance'],
  'consents.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  /** Record that somebody consented. */
  'consents.grant': ['admin', 'manager', 'compliance', 'operator'],
  /** Whoever hears "no" must be able to write it down. */
  'consents.withdraw': ['admin', 'manager', 'compliance', 'operator', 'agent'],
  /** What people are told before they consent is for those who answer for it. */
  'consents.notices': ['admin', 'compliance'],
  'suppressions.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'suppressions.add': ['admin', 'manager', 'compliance', 'operator', 'agent'],
  /** Let an entry end, or take in a whole list: calling may become possible, or impossible for many. */
  'suppressions.write': ['admin', 'compliance'],
  'attestations.read': ['admin', 'manager', 'compliance', 'operator', 'auditor'],
  /** Calling may become possible by it. */
  'attestations.write': ['admin', 'compliance'],
  'calls.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'callbacks.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'callbacks.write': ['admin', 'manager', 'operator', 'agent'],
  'scripts.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'scripts.write': ['admin', 'manager', 'compliance'],
  'carriers.read': ['admin', 'manager', 'compliance', 'operator', 'auditor'],
  'carriers.write': ['admin'],
  'carriers.run': ['admin', 'operator'],
  'policies.read': ['admin', 'manager', 'compliance', 'operator', 'auditor'],
  'policies.draft': ['admin', 'manager', 'compliance'],
  /** Of drafts that somebody else wrote; a manager's are approved and published by compliance. */
  'policies.approve': ['admin', 'compliance'],
  'policies.publish': ['admin', 'compliance'],
  /** Change packs of the law themselves, and accept that one of their rules becomes looser. */
  'policies.law': ['admin', 'compliance'],
  'agents.read': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor'],
  'agents.write': ['admin', 'manager'],
  /** Set an agent's state, give calls to another one, listen in. */
  'agents.supervise': ['admin', 'manager', 'operator'],
  /** What one does at one's own seat. */
  'agents.self': ['admin', 'manager', 'operator', 'agent'],
  /** What figures of cost are reckoned by. */
  'prices.write': ['admin', 'manager'],
  'reports.read': ['admin', 'manager', 'compliance', 'operator', 'auditor'],
  'audit.read': ['admin', 'compliance', 'auditor'],
  'events.read': ['admin', 'manager', 'auditor'],
  'events.write': ['admin', 'manager'],
  /** What one may do oneself, and the table of roles. */
  'access.self': ['admin', 'manager', 'compliance', 'operator', 'agent', 'auditor', 'installation'],
  'access.read': ['admin', 'auditor'],
  'access.write': ['admin'],
  /** The kill switch of the whole tenant, and its release. */
  'dialling.stop': ['admin', 'manager', 'compliance', 'operator'],
  'dialling.resume': ['admin', 'compliance'],
  /** The stop of everything, of every tenant, and its release. */
  'installation.stop': ['installation'],
  'installation.resume': ['installation'],
} as const satisfies Record<string, readonly Role[]>;
export type Permission = keyof typeof PERMISSIONS;

/** What each permission lets one do, for docs/access.md. */
export const PERMISSION_MEANINGS: Readonly<Record<Permission, string>> = {
  'campaigns.read': 'see campaigns, their progress and why contacts are not called',
  'campaigns.write': 'create, clone and change campaigns',
  'campaigns.run': 'start and resume campaigns',
  'campaigns.stop': 'pause and stop campaigns',
  'contacts.read': 'see contacts and their story, numbers masked',
  'contacts.write': 'stop contacts and move them',
  'imports.read': 'see imports and the rows they did not take',
  'imports.write': 'take in contact lists',
  'persons.read': 'find persons, numbers masked',
  'persons.reveal': 'see a number or name in full; recorded each time',
  'persons.locate': 'record where somebody may be, which only narrows when they are called',
  'persons.relocate': 'take back where somebody was said to be, which may make a call possible',
  'consents.read': 'see consents and withdrawals',
  'consents.grant': 'record that somebody consented',
  'consents.withdraw': 'record that somebody withdrew their consent',
  'consents.notices': 'publish the texts that people are shown before they consent',
  'suppressions.read': 'see do-not-call entries',
  'suppressions.add': 'add a number to a do-not-call list',
  'suppressions.write': 'let an entry end, take in whole do-not-call lists',
  'attestations.read': 'see what the tenant attests: registrations, assessments, proofs',
  'attestations.write': 'put attestations on record and take them back',
  'calls.read': 'see decisions, attempts and calls',
  'callbacks.read': 'see promised callbacks',
  'callbacks.write': 'promise, move and cancel callbacks',
  'scripts.read': 'see scripts',
  'scripts.write': 'write and publish scripts',
  'carriers.read': 'see carriers and how they are',
  'carriers.write': 'add and change carriers, with their secrets',
  'carriers.run': 'pause and resume carriers',
  'policies.read': 'see the policies in force',
  'policies.draft': 'write, check and withdraw drafts of policies',
  'policies.approve': 'approve or reject drafts that somebody else wrote',
  'policies.publish': 'publish approved drafts, call off what is to come',
  'policies.law': 'approve and publish changes of the law’s own packs',
  'agents.read': 'see teams, agents and what each does now',
  'agents.write': 'make and change teams and agents',
  'agents.supervise': 'set an agent’s state, give calls to another agent, listen in',
  'agents.self': 'sign in at one’s own seat, take calls and write them down',
  'prices.write': 'put price lists on record',
  'reports.read': 'see figures and export them',
  'audit.read': 'see who changed what, and the evidence',
  'events.read': 'see event endpoints and deliveries',
  'events.write': 'add event endpoints, replay, rotate their secrets',
  'access.self': 'see what one may do oneself, and this table',
  'access.read': 'see API keys, never the keys themselves',
  'access.write': 'make, rotate and revoke API keys',
  'dialling.stop': 'stop all dialling of the tenant',
  'dialling.resume': 'let the tenant dial again',
  'installation.stop': 'stop all dialling of the installation, every tenant’s',
  'installation.resume': 'let the installation dial again',
};

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
