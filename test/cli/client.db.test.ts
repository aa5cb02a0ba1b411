import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCampaign, addContact, definition, type Rig } from '../api/rig.ts';
import { startCommandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
let rig: Rig;
beforeAll(async () => {
  cli = await startCommandLine();
  rig = cli.rig;
});
afterAll(() => cli.close());

const ok = (...argv: string[]) => cli.ok(...argv);
const file = (name: string, text: string) => cli.file(name, text);
const rightcall = (...argv: string[]) => cli.run(argv);

test('a campaign is driven from its file to its end', async () => {
  const yaml = await file('campaign.yaml', JSON.stringify(definition({ name: 'From a file' })));
  expect(await ok('campaign', 'create', yaml)).toMatch(/From a file \(.*\) is draft, revision 1/);
  expect(
    await ok('campaign', 'change', 'From a file', '--set', 'retry.maxAttempts=4', '--set', 'name=Renamed'),
  ).toMatch(/Renamed .* revision 2/);
  expect(await ok('campaign', 'start', 'Renamed', '--reason', 'go')).toMatch(/is running/);
  expect(await ok('campaign', 'pause', 'Renamed')).toMatch(/is paused.*\n.*acknowledged after \d+ ms/);
  expect(await ok('campaign', 'resume', 'Renamed')).toMatch(/is running/);
  expect(await ok('campaign', 'show', 'Renamed')).toMatch(/retry +\{.*"maxAttempts":4/);
  expect(await ok('campaign', 'progress', 'Renamed')).toMatch(/imported +0/);
  expect(await ok('report', 'Renamed', '--zone', 'Asia/Shanghai')).toMatch(/answer rate 接听率 +–/);
  expect(await ok('campaign', 'stop', 'Renamed')).toMatch(/is stopped/);
  expect(await ok('campaign', 'list', '--status', 'stopped')).toMatch(/^ID +NAME.*\n.*Renamed/);
});

test('--json prints the answer of the API', async () => {
  const list = JSON.parse(await ok('carrier', 'list', '--json')) as { items: { name: string }[] };
  expect(list.items.map((carrier) => carrier.name)).toContain('line-1');
});

test('consent and suppression by number', async () => {
  const campaignId = await addCampaign(rig, { name: 'By number' });
  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
  const seed = { campaignId, number: '+12025550150' };
  const { contactId } = await addContact(rig, { ...seed, state: 'denied', stateReason: 'consent.missing' });
  const grant = [
    'consent',
    'grant',
    '--number',
    '+1 202 555 0150',
    '--purpose',
    'marketing',
    '--source',
    'web',
  ];
  expect(await ok(...grant)).toMatch(/1 contacts wait again/);
  expect(await ok('contact', 'find', 'By number', '--number', '+12025550150')).toContain(contactId);
  expect(await ok('contact', 'timeline', contactId)).toMatch(/Consent \(同意\) given for marketing/);
  expect(await ok('consent', 'withdraw', '--number', '+12025550150', '--source', 'hotline')).toMatch(
    /1 contacts ended as withdrawn; nothing more is sent/,
  );
  expect(await ok('contact', 'show', contactId)).toMatch(/state +withdrawn/);
  expect(await ok('suppress', 'add', '+12025550151')).toMatch(/on list internal/);
  const [entry] = (JSON.parse(await ok('suppress', 'list', '--json')) as { items: { id: string }[] }).items;
  expect(await ok('suppress', 'end', entry!.id)).toMatch(/ends at 2026-/);
  expect(await ok('suppress', 'list', '--number', '+12025550151')).toMatch(/internal/);
  expect(await ok('contact', 'list', 'By number', '--state', 'withdrawn')).toContain(contactId);
});

test('a file is streamed to the import, and its row can be read', async () => {
  await addCampaign(rig, { name: 'Import here' });
  const path = await file('people.csv', 'phone\n+12025550152\n');
  expect(await ok('import', 'contacts', 'Import here', path, '--default-country', 'US')).toMatch(
    /people.csv is taken in/,
  );
  expect(rig.imported.at(-1)).toMatchObject({
    text: 'phone\n+12025550152\n',
    request: { defaultCountry: 'US' },
  });
  expect(await ok('import', 'do-not-call', path, '--list', 'internal')).toMatch(/is taken in/);
  const id = /import +(\S+)/.exec(await ok('import', 'do-not-call', path))![1]!;
  expect(await ok('import', 'show', id)).toMatch(/status +completed/);
  expect(await ok('import', 'issues', id)).toMatch(/none/);
});

test('what goes wrong is one line and an exit code that says its kind', async () => {
  const broken = await file(
    'broken.yaml',
    JSON.stringify({ ...definition(), carrier: undefined, retrys: 1 }),
  );
  await addCampaign(rig, { name: 'Unknown line', carrier: 'nobody' });
  const cases: [string[], number, RegExp][] = [
    [['campaign', 'create', broken], 2, /carrier is missing; expected .*retrys is not a known field/],
    [['campaign', 'create', join(cli.folder, 'nowhere.yaml')], 2, /nowhere.yaml/],
    [['campaign', 'show', 'No such name'], 3, /No such name was not found/],
    [['contact', 'show', '00000000-0000-7000-8000-000000000000'], 3, /the contact was not found/],
    [['campaign', 'start', 'Unknown line'], 4, /carrier names nobody/],
    [['campaign', 'resume', 'Unknown line'], 4, /start it instead/],
    [['contact', 'find', 'Unknown line'], 2, /--number or --external-id/],
    [['campaign', 'change', 'Unknown line', '--set', 'nonsense'], 2, /path=value/],
    [['campaign', 'list', '--url', 'http://127.0.0.1:1', '--api-key', 'x'], 5, /cannot be talked to/],
    [['campaign', 'list', '--url', cli.url, '--api-key', 'wrong'], 4, /API key is wrong/],
    [['campaign', 'list', '--url', 'nonsense', '--api-key', 'x'], 2, /--url/],
  ];
  for (const [argv, code, text] of cases) {
    const result = await rightcall(...argv, ...(argv.includes('--url') ? [] : ['--data', cli.folder]));
    expect([argv.join(' '), result.code]).toEqual([argv.join(' '), code]);
    expect(result.err).toMatch(text);
    expect(result.err.trimEnd().split('\n')).toHaveLength(1);
    expect(result.out).toBe('');
  }
  const nowhere = await rightcall('campaign', 'list', '--data', join(cli.folder, 'nothing'));
  expect(nowhere.code).toBe(5);
  expect(nowhere.err).toMatch(/npm start/);
});

test('bad usage is exit code 2, and help names every command', async () => {
  expect((await rightcall('bogus')).code).toBe(2);
  expect((await rightcall('campaign', 'list', '--nonsense')).code).toBe(2);
  const help = await rightcall('--help');
  expect(help.code).toBe(0);
  for (const name of [
    'start',
    'campaign',
    'import',
    'contact',
    'consent',
    'suppress',
    'carrier',
    'report',
    'audit',
    'api',
    'worker',
  ]) {
    expect(help.out).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  }
});

test('names from callers cannot move the cursor of whoever lists them', async () => {
  await addCampaign(rig, { name: 'evil\u001b[2J\u202ename' });
  const out = await ok('campaign', 'list');
  expect(out).toContain('evil?[2J?name');
  expect(out).not.toContain('\u001b');
});
