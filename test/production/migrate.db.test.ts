import { afterEach, beforeEach, expect, test } from 'vitest';
import { runMigrate } from '../../cli/migrate/run.ts';
import { migrationState } from '../../db/migration-state.ts';
import { asOwner, createBlankDatabase } from '../support/blank-database.ts';
import type { TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createBlankDatabase();
});
afterEach(() => database.drop());

interface Said {
  readonly ok: boolean;
  readonly databases: readonly { readonly database: string; readonly migrations: readonly string[] }[];
}

async function run(
  options: { check?: boolean },
  environment: Record<string, string> = {},
): Promise<{ code: number; said: Said }> {
  let text = '';
  const code = await runMigrate(
    { ...options, json: true },
    { DATABASE_URL: database.url, ...environment },
    (part) => (text += part),
  );
  return { code, said: JSON.parse(text) as Said };
}

test('a check says what is missing and changes nothing; a run applies it; another finds nothing to do', async () => {
  const before = await run({ check: true });
  expect(before.code).toBe(1);
  expect(before.said.databases[0]!.migrations[0]).toBe('0000_create_tables');
  expect((await migrationState(database.url)).applied).toEqual([]);

  const applied = await run({});
  expect(applied.code).toBe(0);
  expect(applied.said.databases[0]!.migrations).toEqual(before.said.databases[0]!.migrations);

  expect(await run({ check: true })).toMatchObject({ code: 0, said: { ok: true } });
  expect((await run({})).said.databases[0]!.migrations).toEqual([]);
});

test('two at once take turns, and each is right', async () => {
  const both = await Promise.all([run({}), run({})]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect((await migrationState(database.url)).pending).toEqual([]);
});

test('a database that a newer version migrated is left alone', async () => {
  await run({});
  await asOwner(
    database.url,
    `INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of tomorrow', 99999999999999)`,
  );
  await expect(run({})).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('1 migration that this version does not know') as string,
  });
  await expect(run({ check: true })).rejects.toMatchObject({ code: 'refused' });
});

test('the vault of its own is migrated too', async () => {
  const vault = await createBlankDatabase();
  try {
    const { said } = await run({}, { RIGHTCALL_VAULT_DATABASE_URL: vault.url });
    expect(said.databases.map((one) => one.database)).toEqual(['main', 'vault']);
    expect((await migrationState(vault.url)).pending).toEqual([]);
  } finally {
    await vault.drop();
  }
});

test('what cannot be reached is said by name, without its password', async () => {
  const gone = run({}, { DATABASE_URL: 'postgres://app:secret@127.0.0.1:1/rightcall' });
  await expect(gone).rejects.toMatchObject({ code: 'unavailable' });
  await expect(gone).rejects.not.toThrow(/secret/);
});
