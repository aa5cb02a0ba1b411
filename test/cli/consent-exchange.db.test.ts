import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCampaign, addContact } from '../api/rig.ts';
import { startCommandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
const persons: string[] = [];
beforeAll(async () => {
  cli = await startCommandLine();
  const campaignId = await addCampaign(cli.rig, { name: 'March' });
  for (let n = 0; n < 3; n++) {
    cli.rig.clock.advance(1_000);
    const { personId } = await addContact(cli.rig, { campaignId, number: `+1202555018${n}` });
    persons.push(personId);
    await cli.ok('consent', 'grant', '--person', personId, '--purpose', 'survey', '--source', 'web');
  }
});
afterAll(() => cli.close());

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { recordId: string; subject: { personId: string } });

test('an export is a record a line, every page, in the order recorded, to a file that its owner alone can read', async () => {
  const lines = linesOf(await cli.ok('consent', 'export'));
  expect(lines.map(({ subject }) => subject.personId)).toEqual(persons);
  const file = join(cli.folder, 'records.jsonl');
  expect(await cli.ok('consent', 'export', '--output', file)).toBe('');
  expect(linesOf(await readFile(file, 'utf8'))).toEqual(lines);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const one = await cli.ok('consent', 'export', '--person', '+12025550181', '--purpose', 'survey');
  expect(linesOf(one)).toEqual([lines[1]]);
  expect(await cli.ok('consent', 'export', '--purpose', 'political')).toBe('');
  expect(cli.addresses.join(' ')).not.toContain('5550181');
});

test('what was exported comes in again, from a file or standard input, and what is wrong is named by its line', async () => {
  const text = await cli.ok('consent', 'export');
  expect(await cli.ok('consent', 'import', await cli.file('same.jsonl', text))).toBe(
    '0 recorded, 0 withdrawn, 0 failed\n',
  );
  const [first, second] = text.split('\n') as [string, string];
  const masked = second.replace(/"subject":\{[^}]*\}/, '"subject":{"number":"+1202*****81"}');
  const input = `${first}\n${masked}\n`;
  const ran = await cli.run(['consent', 'import', '-', '--data', cli.folder], { input });
  expect(ran).toMatchObject({ code: 4, err: 'rightcall: 1 of 2 were not done\n' });
  expect(ran.out).toBe(
    '0 recorded, 0 withdrawn, 1 failed\n' +
      '  item 2: invalid_input: subject.number: is masked; expected the number in full, or the person\n',
  );
});
