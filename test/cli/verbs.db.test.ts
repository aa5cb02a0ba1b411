import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCampaign, addContact } from '../api/rig.ts';
import { offerScript } from '../support/script.ts';
import { startCommandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
let campaignId: string;
let contactId: string;
beforeAll(async () => {
  cli = await startCommandLine();
  campaignId = await addCampaign(cli.rig, { name: 'March' });
  ({ contactId } = await addContact(cli.rig, { campaignId, number: '+12025550160' }));
});
afterAll(() => cli.close());

const here = (...argv: string[]) => [...argv, '--data', cli.folder];

test('explain answers at once: by number, from standard input, by contact, then and now', async () => {
  const text = await cli.ok('explain', '+1 202 555 0160');
  expect(text).toMatch(/^\+1 20\*+0160\n(may not be called|not now|allowed)/);
  expect(text).toContain('March (draft, contact');
  expect(text).toMatch(/consent\.missing.*\n {4}\S/);
  expect(text).toMatch(/next: /);
  const piped = await cli.run(here('explain', '-', '--campaign', 'March'), { input: '+12025550160\n' });
  expect(piped).toMatchObject({ code: 0, out: text });
  expect(await cli.ok('explain', contactId, '--rules')).toMatch(/pass/);
  const json = JSON.parse(await cli.ok('explain', contactId, '--json')) as { verdict: string };
  expect(['allow', 'defer', 'deny']).toContain(json.verdict);
  expect(await cli.run(here('explain', '+1202'))).toMatchObject({ code: 2, out: '' });
});

test('no number stands in an address', async () => {
  const argv = [
    ['explain', '+12025550160', '--campaign', 'March'],
    ['contact', 'find', '--number', '+12025550160'],
    ['person', 'show', '+12025550160'],
    ['timeline', '+12025550160'],
    ['suppress', 'list', '--number', '+12025550160'],
    ['consent', 'list', '--number', '+12025550160'],
  ];
  const before = cli.addresses.length;
  for (const one of argv) await cli.ok(...one);
  expect(cli.addresses.length - before).toBeGreaterThan(argv.length);
  expect(cli.addresses.join(' ')).not.toContain('5550160');
});

test('every page is followed with --all, and no more rows than --limit are printed', async () => {
  for (let i = 0; i < 3; i++) await addContact(cli.rig, { campaignId, number: `+1202555017${i}` });
  const rows = async (...argv: string[]) => {
    const list = JSON.parse(await cli.ok('contact', 'list', 'March', '--json', ...argv)) as {
      items: { id: string }[];
      next: string | null;
    };
    return { ids: list.items.map((item) => item.id), next: list.next };
  };
  const all = await rows('--all');
  expect(all).toMatchObject({ next: null });
  expect(new Set(all.ids).size).toBe(4);
  const two = await rows('--limit', '2');
  expect(two.ids).toEqual(all.ids.slice(0, 2));
  expect((await rows('--after', two.next!)).ids).toEqual(all.ids.slice(2));
  expect((await cli.ok('contact', 'list', 'March', '--all')).trim().split('\n')).toHaveLength(5);
  expect((await cli.run(here('contact', 'list', 'March', '--limit', '0'))).code).toBe(2);
});

test('a change goes to the revision that was read, or to the one that was named', async () => {
  const change = (...argv: string[]) => cli.run(here('campaign', 'change', 'March', ...argv));
  expect((await change('--set', 'retry.maxAttempts=5')).code).toBe(0);
  const stale = await change('--set', 'retry.maxAttempts=6', '--if-revision', '1');
  expect(stale.code).toBe(4);
  expect(stale.err.trim().split('\n')).toHaveLength(1);
});

test('the same idempotency key is done once', async () => {
  const clone = () =>
    cli.ok('campaign', 'clone', 'March', '--name', 'April', '--idempotency-key', 'april-1', '--json');
  const first = JSON.parse(await clone()) as { campaign: { id: string } };
  expect(JSON.parse(await clone())).toEqual(first);
  expect(
    (JSON.parse(await cli.ok('campaign', 'list', '--name', 'April', '--json')) as { items: unknown[] }).items,
  ).toHaveLength(1);
});

test('many are done from a file, and those that are not make it a refusal', async () => {
  const nobody = '00000000-0000-7000-8000-000000000000';
  const ids = await cli.file('ids.txt', `${contactId}\n${nobody}\n`);
  const { code, out, err } = await cli.run(here('contact', 'stop-many', ids, '--reason', 'list withdrawn'));
  expect(code).toBe(4);
  expect(out).toMatch(/1 stopped, 1 failed\n {2}item 2: not_found/);
  expect(err).toBe('rightcall: 1 of 2 were not done\n');
  expect(await cli.ok('contact', 'show', contactId)).toMatch(/state +stopped/);
});

test('a campaign that is over is followed to its end', async () => {
  await cli.ok('campaign', 'clone', 'March', '--name', 'Short');
  await cli.ok('campaign', 'stop', 'Short').catch(() => undefined);
  const id = await addCampaign(cli.rig, { name: 'Over' });
  await cli.rig.call('POST', `/v1/campaigns/${id}/start`);
  await cli.rig.call('POST', `/v1/campaigns/${id}/stop`);
  expect(await cli.ok('campaign', 'follow', 'Over')).toMatch(/^stopped: 0 of 0 done/);
  const lines = (await cli.ok('campaign', 'follow', 'Over', '--json')).trim().split('\n');
  expect((JSON.parse(lines.at(-1)!) as { event: string }).event).toBe('end');
});

test('keys are made, shown once and listed without themselves', async () => {
  const made = await cli.ok('key', 'create', '--name', 'crm', '--role', 'operator');
  const key = made.trim().split('\n').at(-1)!;
  expect(key).toMatch(/^rck_/);
  expect(await cli.ok('key', 'list')).toMatch(/crm/);
  expect(await cli.ok('key', 'list')).not.toContain(key);
  const me = await cli.run(['access', 'me', '--url', cli.url, '--api-key', '-'], { input: `${key}\n` });
  expect(me.out).toMatch(/roles +operator/);
  expect((await cli.run(['key', 'list', '--url', cli.url, '--api-key', key])).code).toBe(4);
});

test('a needed option that is missing is named before anything is sent', async () => {
  const { code, err } = await cli.run(here('endpoint', 'create', '--event', 'attempt.ended'));
  expect(code).toBe(2);
  expect(err).toMatch(/^rightcall: --to: is missing/);
  expect(await cli.run(here('attempt', 'show', contactId))).toMatchObject({ code: 2 });
});

test('a dry run says how many, and why not', async () => {
  expect(await cli.ok('campaign', 'dry-run', 'March')).toMatch(
    /called now +\d[\s\S]*denied +\d[\s\S]*Why\n\S/,
  );
});

test('what retry rules would come to stands beside what the campaign’s own would', async () => {
  const rules = ['--contacts', '500', '--set', 'retry.maxAttempts=5'];
  expect(await cli.ok('campaign', 'retry-forecast', 'March', ...rules)).toMatch(
    /THESE RULES +ITS OWN\n[\s\S]*reached +\d+ \(\d+ to \d+\)[\s\S]*all in +[\d.]+ days[\s\S]*assumed +zone, people/,
  );
});

test('why the waiting wait, and what became of each, as a table and as a file', async () => {
  expect(await cli.ok('campaign', 'why', 'March')).toMatch(
    /^At \S+ \d+ contacts wait\.[\s\S]*campaign\.draft/,
  );
  expect(await cli.ok('campaign', 'results', 'March', '--state', 'stopped')).toMatch(
    /^EXTERNAL ID +STATE.*\n.*stopped/,
  );
  const file = await cli.file('results.csv', '');
  expect(await cli.ok('campaign', 'results', 'March', '--csv', '--output', file)).toBe('');
  expect(await readFile(file, 'utf8')).toMatch(/externalId.*\r?\n.*stopped/);
  expect(await cli.ok('report', 'attempts', '--campaign', 'March', '--by', 'hour')).toMatch(
    /^HOUR \(UTC\)[\s\S]*all +0/,
  );
  expect(await cli.ok('report', 'campaigns', '--all')).toMatch(/March/);
});

test('numbers a line are suppressed together', async () => {
  const many = await cli.run(here('suppress', 'add-many', '-'), {
    input: '+12025550181\n{"number":"+12025550182"}\n',
  });
  expect(many).toMatchObject({ code: 0, err: '' });
  expect(many.out).toMatch(/2 added, 0 failed/);
  expect(await cli.ok('suppress', 'list', '--number', '+12025550182')).toMatch(/internal/);
  expect(await cli.ok('suppress', 'lists')).toMatch(/internal/);
});

test('a script is made from a file, and gets its next version at the revision that was read', async () => {
  const dialogue = JSON.stringify(offerScript('Good day.'));
  const made = await cli.ok(
    'script',
    'create',
    await cli.file('dialogue.json', dialogue),
    '--name',
    'Reminder',
  );
  const id = /\(([0-9a-f-]{36})\)/.exec(made)![1]!;
  const next = await cli.file('next.json', dialogue.replace('Good day', 'Hello'));
  expect(await cli.ok('script', 'add-version', id, next)).toMatch(/version 2/);
  expect(await cli.ok('script', 'publish', id, '2')).toMatch(/publishedVersion +2/);
  expect(await cli.ok('script', 'version', id, '2')).toMatch(/Hello/);
});
