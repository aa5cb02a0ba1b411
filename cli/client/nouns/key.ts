import type { NounModule } from '../noun.ts';
import { sheet } from '../render/sheet.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';
const names = { roles: 'role', scopes: 'scope' };

/** The key itself is answered once: it stands on a line of its own, for people and for `tail -n 1`. */
function made({ key, apiKey }: { key: string; apiKey: object }): string {
  return `${sheet(apiKey)}\nthe key, shown this once:\n${key}`;
}

export const verbs: NounModule['verbs'] = [
  {
    verb: 'create',
    operation: 'createApiKey',
    names,
    text: made,
    examples: ['key create --name crm --role operator', 'key create --name report --role auditor --json'],
  },
  {
    verb: 'list',
    operation: 'listApiKeys',
    columns: [
      ['ID', 'id'],
      ['NAME', 'name'],
      ['KEY', 'prefix'],
      ['ROLES', 'roles'],
      ['STATE', 'state'],
      ['EXPIRES', 'expiresAt'],
      ['LAST USED', 'lastUsedAt'],
    ],
    examples: ['key list --usable'],
  },
  { verb: 'show', operation: 'getApiKey', examples: [`key show ${ID}`] },
  { verb: 'change', operation: 'changeApiKey', names, examples: [`key change ${ID} --name crm-2`] },
  { verb: 'rotate', operation: 'rotateApiKey', names, text: made, examples: [`key rotate ${ID}`] },
  { verb: 'revoke', operation: 'revokeApiKey', examples: [`key revoke ${ID} --reason "left the team"`] },
];
