import fc from 'fast-check';
import { expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { claimOf, rolesOf } from '../../api/access/claims.ts';
import { hashOfKey, makeKeyText, tenantOfKey } from '../../api/access/key-text.ts';
import { createOidcVerifier } from '../../api/access/oidc.ts';

test('a key names its tenant, shows nothing of its secret but four characters, and is found by its digest', () => {
  const tenantId = uuidv7();
  const made = makeKeyText(tenantId);
  expect(made.text).toMatch(/^rck_[\w-]{64}$/);
  expect(tenantOfKey(made.text)).toBe(tenantId);
  expect(made.prefix).toBe(`${made.text.slice(0, 8)}…`);
  expect(hashOfKey(made.text)).toEqual(made.hash);
  expect(makeKeyText(tenantId).text).not.toBe(made.text);
});

test('what has not the form of a key names no tenant', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(tenantOfKey(text)).toBeNull();
      expect(tenantOfKey(`rck_${text}`)).toBeNull();
    }),
  );
});

test('claims are found by their whole name first, then within objects', () => {
  const claims = {
    'https://a.example/roles': ['admin'],
    realm_access: { roles: ['agent'] },
    'a.b': 1,
    a: { b: 2 },
  };
  expect(claimOf(claims, 'https://a.example/roles')).toEqual(['admin']);
  expect(claimOf(claims, 'realm_access.roles')).toEqual(['agent']);
  expect(claimOf(claims, 'a.b')).toBe(1);
  for (const name of [
    'none',
    'realm_access.none',
    'constructor.name',
    '__proto__',
    'realm_access.roles.length',
  ]) {
    expect(claimOf(claims, name), name).toBeUndefined();
  }
});

test('roles are those of the engine alone', () => {
  expect(rolesOf(['agent', 'root', 7, 'admin'])).toEqual(['admin', 'agent']);
  expect(rolesOf('openid manager,auditor')).toEqual(['manager', 'auditor']);
  for (const claim of [undefined, null, 7, {}, { admin: true }, [['admin']], 'Admin']) {
    expect(rolesOf(claim), JSON.stringify(claim)).toEqual([]);
  }
});

test('an issuer that could be overheard is refused at start; this machine is not', () => {
  const settings = { audience: 'a', tenantClaim: 't', rolesClaim: 'r', jwksUrl: null };
  const none = () => Promise.resolve(null);
  for (const issuer of [
    'http://issuer.example',
    'http://127.0.0.1.example',
    'http://localhost.example',
    'ftp://127.0.0.1',
    'x',
  ]) {
    expect(() => createOidcVerifier({ ...settings, issuer }, none), issuer).toThrow(/https/);
  }
  for (const issuer of [
    'https://issuer.example/realms/one',
    'http://127.0.0.1:4000',
    'http://localhost:1',
    'http://[::1]:1',
  ]) {
    createOidcVerifier({ ...settings, issuer }, none);
  }
});
