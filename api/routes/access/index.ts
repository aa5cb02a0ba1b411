import type { Operation } from '../../operation.ts';
import { changeApiKey } from './change-key.ts';
import { createApiKey } from './create-key.ts';
import { listApiKeys } from './list-keys.ts';
import { getMe } from './me.ts';
import { getApiKey } from './read-key.ts';
import { revokeApiKey } from './revoke-key.ts';
import { listRoles } from './roles.ts';
import { rotateApiKey } from './rotate-key.ts';

export const accessOperations: readonly Operation[] = [
  getMe,
  listRoles,
  createApiKey,
  listApiKeys,
  getApiKey,
  changeApiKey,
  rotateApiKey,
  revokeApiKey,
];
