import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  PERMISSIONS,
  PERMISSION_MEANINGS,
  ROLES,
  permissionsOf,
  type Permission,
} from '../../domain/access.ts';

const FILE = new URL('../../docs/access.md', import.meta.url);
const ALL = Object.keys(PERMISSIONS) as Permission[];

/** The table as docs/access.md shows it, formatted as prettier formats it. */
function tableText(): string {
  const rows = [
    ['permission', 'lets one', ...ROLES],
    ...ALL.map((permission) => [
      `\`${permission}\``,
      PERMISSION_MEANINGS[permission],
      ...ROLES.map((role) => (permissionsOf([role]).has(permission) ? '✓' : '')),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}

test('docs/access.md shows the table that the code has (UPDATE_ACCESS=1 writes it)', async () => {
  const text = await readFile(FILE, 'utf8');
  const whole = text.replace(
    /<!-- roles -->[\s\S]*<!-- \/roles -->/,
    () => `<!-- roles -->\n\n${tableText()}\n\n<!-- /roles -->`,
  );
  if (process.env['UPDATE_ACCESS'] === '1') await writeFile(FILE, whole);
  expect(await readFile(FILE, 'utf8')).toBe(whole);
});

test('an administrator may do everything within the tenant, an auditor changes nothing', () => {
  const ofTenant = ALL.filter((permission) => !permission.startsWith('installation.'));
  expect([...permissionsOf(['admin'])]).toEqual(ofTenant);
  for (const permission of permissionsOf(['auditor'])) expect(permission).toMatch(/\.(read|self)$/);
});

test('what makes calling possible again is held by nobody who may not stop it', () => {
  for (const role of ROLES) {
    const held = permissionsOf([role]);
    if (held.has('dialling.resume')) expect(held).toContain('dialling.stop');
    if (held.has('installation.resume')) expect(held).toContain('installation.stop');
    if (held.has('campaigns.run')) expect(held).toContain('campaigns.stop');
    if (held.has('consents.grant')) expect(held).toContain('consents.withdraw');
    if (held.has('suppressions.write')) expect(held).toContain('suppressions.add');
  }
});

test('what reaches beyond a tenant is held by those alone who run the installation', () => {
  for (const role of ROLES) {
    const beyond = [...permissionsOf([role])].filter((one) => one.startsWith('installation.'));
    expect(beyond.length > 0, role).toBe(role === 'installation');
  }
});

test('scopes only ever narrow, and roles together have what each has', () => {
  fc.assert(
    fc.property(fc.subarray([...ROLES]), fc.subarray(ALL), (roles, scopes) => {
      const all = permissionsOf(roles);
      expect([...permissionsOf(roles, scopes)]).toEqual([...all].filter((one) => scopes.includes(one)));
      expect(all).toEqual(new Set(ALL.filter((one) => roles.some((role) => permissionsOf([role]).has(one)))));
    }),
  );
});
