import type { Permission, Role } from '../domain/access.ts';
import { RightcallError } from '../domain/failures.ts';

/** Who asks: a key or a person with a token, what they may do, and for which tenant. */
export interface Principal {
  readonly tenantId: string;
  /** As recorded with what they change: `key:<name>` or `user:<subject>`. */
  readonly actor: string;
  readonly roles: readonly Role[];
  readonly permissions: ReadonlySet<Permission>;
  /** What rate limits count by: the key's id, or the token's subject. */
  readonly limitKey: string;
  /** Id of the API key; null for tokens and the key of the configuration. */
  readonly keyId: string | null;
}

/** @throws RightcallError `forbidden` naming the permission that is wanting. */
export function demandPermission({ permissions }: Principal, permission: Permission): void {
  if (!permissions.has(permission)) {
    throw new RightcallError('forbidden', `this needs the permission ${permission}`);
  }
}
