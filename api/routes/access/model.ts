import { z } from '@hono/zod-openapi';
import type { ApiKeyRow } from '../../../db/repositories/access.ts';
import { PERMISSIONS, ROLES, permissionsOf, type Permission, type Role } from '../../../domain/access.ts';
import { RightcallError, type Fault } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import type { Principal } from '../../principal.ts';
import { instantSchema, isoOrNull } from '../../schemas.ts';

export const roleSchema = z.enum(ROLES);
export const permissionSchema = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]]);

export const keyParams = z.object({
  keyId: z
    .guid('is not an id; expected a UUID')
    .transform((value) => value.toLowerCase())
    .openapi({ description: 'API key id' }),
});

/** The name `configuration` is RIGHTCALL_API_KEY's. */
export const keyNameSchema = z
  .string()
  .regex(
    /^(?!configuration$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'is not a name of a key; expected 1 to 64 letters, digits, dots, dashes and underscores, and not `configuration`',
  )
  .openapi({ example: 'crm', description: 'Changes made with the key are recorded as `key:<name>`' });

export const expirySchema = instantSchema
  .nullable()
  .openapi({ description: 'Real time; null: it does not expire' });

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string().openapi({ example: 'rck_ab12…', description: 'What people see of the key' }),
    roles: z.array(roleSchema),
    scopes: z
      .array(permissionSchema)
      .nullable()
      .openapi({ description: 'What of its roles’ permissions it has; null: all of them' }),
    state: z.enum(['usable', 'expired', 'revoked']),
    revision: z.number().int().openapi({ description: 'Also the ETag; send it as If-Match with a change' }),
    createdAt: z.string(),
    createdBy: z.string(),
    expiresAt: z.string().nullable(),
    revokedAt: z.string().nullable(),
    lastUsedAt: z.string().nullable().openapi({ description: 'To the minute' }),
    successor: z.string().nullable().openapi({ description: 'Id of the key that takes its place' }),
  })
  .openapi('ApiKey', { description: 'Instants of keys are real time.' });

export const madeKeySchema = z
  .object({
    key: z.string().openapi({ description: 'The key itself. It is answered here and never again.' }),
    apiKey: apiKeySchema,
  })
  .openapi('MadeApiKey');

export function apiKeyJson(row: ApiKeyRow): z.infer<typeof apiKeySchema> {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    roles: row.roles,
    scopes: row.scopes,
    state: stateOf(row),
    revision: row.revision,
    createdAt: toIso(row.createdReal),
    createdBy: row.createdBy,
    expiresAt: isoOrNull(row.expiresReal),
    revokedAt: isoOrNull(row.revokedReal),
    lastUsedAt: isoOrNull(row.lastUsedReal),
    successor: row.successor,
  };
}

/** Real time: a rehearsal's clock says nothing about who may come in. */
export function stateOf(row: ApiKeyRow): 'usable' | 'expired' | 'revoked' {
  if (row.revokedReal !== null) return 'revoked';
  return row.expiresReal !== null && row.expiresReal <= Date.now() ? 'expired' : 'usable';
}

/** A key as the record of changes keeps it. */
export function recordedKey(row: ApiKeyRow): Record<string, unknown> {
  const { id, name, prefix, roles, scopes, expiresAt, revokedAt, successor } = apiKeyJson(row);
  return { id, name, prefix, roles, scopes, expiresAt, revokedAt, successor };
}

/**
 * Nobody hands on more than they have.
 * @throws RightcallError `refused` naming each permission that the one who asks does not have.
 */
export function mustNotExceed(
  principal: Principal,
  wanted: { readonly roles: readonly Role[]; readonly scopes: readonly Permission[] | null },
): void {
  const exceeding = [...permissionsOf(wanted.roles, wanted.scopes)].filter(
    (permission) => !principal.permissions.has(permission),
  );
  if (exceeding.length === 0) return;
  const faults: Fault[] = exceeding.map((permission) => ({
    field: wanted.scopes === null ? 'roles' : 'scopes',
    fault: `would give the permission ${permission}, which you do not have`,
    expected: 'roles and scopes within your own permissions',
  }));
  throw new RightcallError('refused', 'the key would be allowed more than you are', { faults });
}

/** A scope that no role has would do nothing; whoever asks for it means something else. */
export function scopeFaults(roles: readonly Role[], scopes: readonly Permission[] | null): Fault[] {
  if (scopes === null) return [];
  const held = permissionsOf(roles);
  return scopes.flatMap((scope, i) =>
    held.has(scope)
      ? []
      : [
          {
            field: `scopes[${i}]`,
            fault: `is ${scope}, which none of the roles has`,
            expected: 'a role that has it',
          },
        ],
  );
}

/** @returns real epoch ms. @throws RightcallError `invalid_input` for an instant that is over. */
export function expiryOf(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const at = Date.parse(text);
  if (at > Date.now()) return at;
  const faults = [{ field: 'expiresAt', fault: 'is over already', expected: 'an instant to come, or null' }];
  throw new RightcallError('invalid_input', 'the key would have expired already', { faults });
}
