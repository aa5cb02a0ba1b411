import { expect, test } from 'vitest';
import { createLogger } from '../../runtime/logging.ts';

/** What is written, line by line. */
function capture() {
  const lines: string[] = [];
  const log = createLogger({ level: 'trace', name: 'test' }, { write: (line) => void lines.push(line) });
  return { log, lines };
}

const NUMBER = '+12025550147';

test('a number or name is cut out of whatever field it is passed in', () => {
  const { log, lines } = capture();
  log.info({ to: NUMBER, call: { number: NUMBER, person: { profile: { name: 'Ada Example' } } } }, 'told');
  log.warn({ error: `the carrier refused ${NUMBER}` }, `about ${NUMBER}`);
  expect(lines.join('')).not.toMatch(/2025550147|Ada Example/);
  expect(JSON.parse(lines[0]!)).toMatchObject({ to: '[personal]', call: { number: '[personal]' } });
  expect(JSON.parse(lines[1]!)).toMatchObject({
    error: 'the carrier refused [number]',
    msg: 'about [number]',
  });
});

test("a database's fault is told without the row, the statement's parameters, and their like in its causes", () => {
  const { log, lines } = capture();
  const cause = Object.assign(new Error('duplicate key value violates unique constraint "x"'), {
    code: '23505',
    detail: `Key (number)=(${NUMBER}) already exists.`,
    where: `COPY persons, line 3: "Ada Example"`,
    parameters: ['Ada Example'],
  });
  const error = new Error(`Failed query: insert into persons values ($1)\nparams: Ada Example,${NUMBER}`, {
    cause,
  });
  log.error({ err: error }, 'failed');
  expect(lines[0]).not.toMatch(/2025550147|Ada Example/);
  const { err } = JSON.parse(lines[0]!) as {
    err: { message: string; stack: string; cause: { code: string } };
  };
  expect(err.message).toBe('Failed query: insert into persons values ($1)');
  expect(err.cause.code).toBe('23505');
  expect(err.stack).toContain('logging.unit.test.ts');
});

test('ids, instants and counts stay as they are', () => {
  const { log, lines } = capture();
  const id = '0198a3c5-0000-7000-8000-000000000000';
  log.info({ contactId: id, at: 1_795_387_804_495, count: 12_345_678 }, `contact ${id} at 1795387804495`);
  expect(JSON.parse(lines[0]!)).toMatchObject({ contactId: id, at: 1_795_387_804_495, count: 12_345_678 });
  expect(lines[0]).toContain(`contact ${id} at 1795387804495`);
});
