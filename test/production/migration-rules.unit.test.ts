import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { breachesOf } from './migration-rules.ts';

const FOLDER = fileURLToPath(new URL('../../db/migrations/', import.meta.url));
/** 0000 and 0001 made the first schema; nothing ran on one before. */
const LATER = readdirSync(FOLDER).filter((name) => name.endsWith('.sql') && name >= '0002');

describe('every migration can be applied while the version before serves (docs/upgrading.md)', () => {
  test.each(LATER)('%s', (name) => {
    expect(breachesOf(readFileSync(`${FOLDER}${name}`, 'utf8'))).toEqual([]);
  });

  test('the journal has each of them, in order', () => {
    const { entries } = JSON.parse(readFileSync(`${FOLDER}meta/_journal.json`, 'utf8')) as {
      entries: { tag: string; when: number }[];
    };
    const names = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));
    expect(entries.map(({ tag }) => `${tag}.sql`)).toEqual(names.sort());
    const instants = entries.map(({ when }) => when);
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
  });
});

describe('a breach is found', () => {
  test.each([
    ['DROP TABLE contacts', 'drops what the version before uses'],
    ['ALTER TABLE contacts DROP COLUMN rank', 'drops what the version before uses'],
    ['ALTER TABLE contacts RENAME COLUMN rank TO place', 'renames what the version before uses'],
    ['ALTER TABLE "contacts" ALTER COLUMN "rank" SET DATA TYPE bigint', 'changes the type of a column'],
    [
      'ALTER TABLE contacts ALTER COLUMN rank SET NOT NULL',
      'asks for a value that the version before does not write',
    ],
    [
      'ALTER TABLE contacts ADD COLUMN "x" text NOT NULL',
      'asks for a value that the version before does not write',
    ],
    ['ALTER TABLE contacts ALTER COLUMN cohort DROP DEFAULT', 'takes a default away'],
    [
      'ALTER TABLE contacts ADD CONSTRAINT c CHECK (rank > 0)',
      'checks rows that are there while it holds the table',
    ],
    ['CREATE INDEX "i" ON "contacts" USING btree ("rank")', 'keeps writers out while an index is built'],
    ['UPDATE contacts SET rank = 1', 'rewrites rows'],
    [
      'CREATE TRIGGER t AFTER INSERT ON contacts EXECUTE FUNCTION f()',
      'changes what a statement of the version before does',
    ],
    ['REVOKE UPDATE ON contacts FROM rightcall_app', 'takes a right away'],
    ['TRUNCATE contacts', 'empties a table'],
  ])('%s', (statement, rule) => {
    expect(breachesOf(`CREATE TABLE other (id int);\n--> statement-breakpoint\n${statement};`)).toEqual([
      { rule, statement: `${statement};`.slice(0, 80) },
    ]);
  });

  test.each([
    'ALTER TABLE contacts ADD COLUMN x text',
    'ALTER TABLE contacts ADD COLUMN x boolean DEFAULT false NOT NULL',
    'ALTER TABLE contacts ADD COLUMN x boolean NOT NULL DEFAULT false',
    'ALTER TABLE contacts ADD CONSTRAINT c CHECK (rank > 0) NOT VALID',
    'CREATE INDEX IF NOT EXISTS i ON contacts (rank)',
    '-- A few rows a tenant, so it is built in milliseconds.\nCREATE INDEX i ON carriers (name)',
    'CREATE TABLE new (id int);\n--> statement-breakpoint\nCREATE UNIQUE INDEX i ON "new" (id)',
  ])('but not in %s', (statement) => {
    expect(breachesOf(`${statement};`)).toEqual([]);
  });

  test('no comment excuses what cannot be excused', () => {
    expect(breachesOf('-- Nobody needs it any more, we think.\nDROP TABLE contacts;')).toHaveLength(1);
  });
});
