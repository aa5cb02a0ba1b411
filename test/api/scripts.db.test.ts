import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCampaign, addCarrier, createRig, definition, type Answer, type Rig } from './rig.ts';
import { offerScript } from '../support/script.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

const document = (greeting = 'Hello.') => offerScript(greeting);

interface Made {
  script: { id: string; name: string; revision: number; latestVersion: number; state: string };
  version: { version: number; hash: string; document: unknown };
}
const made = (answer: Answer) => answer.body as unknown as Made;
const at = (answer: Answer) => ({ 'If-Match': answer.headers.get('etag')! });
let names = 0;
async function create(body = document()): Promise<{ id: string; answer: Answer }> {
  names += 1;
  const answer = await rig.call('POST', '/v1/scripts', { name: `Script ${names}`, document: body });
  expect(answer.status).toBe(201);
  return { id: made(answer).script.id, answer };
}

test('a script is added with its first version, read back as it was sent, and is a draft until it is published', async () => {
  const { id, answer } = await create();
  expect(made(answer)).toMatchObject({
    script: { state: 'draft', latestVersion: 1, revision: 1 },
    version: { version: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  });
  const version = await rig.call('GET', `/v1/scripts/${id}/versions/1`);
  expect(version.body).toEqual(made(answer).version);
  expect(version.body).toMatchObject({ document: document() });
  const published = await rig.call('POST', `/v1/scripts/${id}/publish`, { version: 1 });
  expect(published.body).toMatchObject({ state: 'published', publishedVersion: 1 });
  expect((await rig.call('POST', `/v1/scripts/${id}/publish`, { version: 1 })).body).toEqual(published.body);
  expect((await rig.call('POST', `/v1/scripts/${id}/publish`, { version: 2 })).status).toBe(404);
  const read = await rig.call('GET', `/v1/scripts/${id}`);
  expect([read.body, read.headers.get('etag')]).toEqual([published.body, '"2"']);
});

test('versions are added to the revision they were made for, and never changed, not even by hand', async () => {
  const { id, answer } = await create();
  const path = `/v1/scripts/${id}/versions`;
  expect((await rig.call('POST', path, { document: document('Good day.') })).status).toBe(428);
  const same = await rig.call('POST', path, { document: document() }, at(answer));
  expect([same.status, made(same).version.version]).toEqual([200, 1]);
  const second = await rig.call('POST', path, { document: document('Good day.') }, at(answer));
  expect([second.status, made(second).version.version, made(second).script.latestVersion]).toEqual([
    201, 2, 2,
  ]);
  const stale = await rig.call('POST', path, { document: document('Good night.') }, at(answer));
  expect(stale.status).toBe(412);
  const list = await rig.call('GET', `${path}?limit=1`);
  const rest = await rig.call('GET', `${path}?limit=1&after=${String(list.body.next)}`);
  expect([list.body.items[0], rest.body.items[0]]).toMatchObject([{ version: 2 }, { version: 1 }]);
  expect(rest.body.next).toBeNull();
  for (const sql of [
    `UPDATE script_versions SET document = '{}' WHERE tenant_id = $1`,
    `UPDATE script_versions SET hash = 'x' WHERE tenant_id = $1`,
    'DELETE FROM script_versions WHERE tenant_id = $1',
  ]) {
    await expect(rig.db.inTenant(rig.tenantId, (tx) => tx.query(sql, [tx.tenantId]))).rejects.toThrow(
      /denied/,
    );
  }
});

test('a dialogue without a way to opt out is refused with the path of the node', async () => {
  const caught = document();
  caught.nodes.offer.branches = caught.nodes.offer.branches.slice(0, 1);
  const answer = await rig.call('POST', '/v1/scripts', { name: 'Caught', document: caught });
  expect(answer.status).toBe(400);
  expect(answer.body.faults).toContainEqual({
    field: 'document.nodes.offer',
    fault: 'leaves the person no way to opt out',
    expected: 'a way to an end with disposition opted_out',
  });
  const unknown = await rig.call('POST', '/v1/scripts', {
    name: 'X',
    document: { ...document(), voice: 'x' },
  });
  expect(unknown.body.faults.map((fault) => fault.field)).toEqual(['document.voice']);
  const { answer: first } = await create();
  const again = await rig.call('POST', '/v1/scripts', {
    name: made(first).script.name,
    document: document(),
  });
  expect([again.status, again.body.code]).toEqual([409, 'conflict']);
});

test('a campaign starts with a version that was published, and with no other', async () => {
  const { id, answer } = await create();
  const start = async (script: object | null) => {
    const campaignId = await addCampaign(rig, { name: 'With a script', script });
    return rig.call('POST', `/v1/campaigns/${campaignId}/start`);
  };
  const unpublished = await start({ id, version: 1 });
  expect(unpublished.status).toBe(422);
  expect(unpublished.body.faults).toMatchObject([{ field: 'script.version', fault: 'was not published' }]);
  await rig.call('POST', `/v1/scripts/${id}/publish`, { version: 1 });
  const current = await rig.call('GET', `/v1/scripts/${id}`);
  expect(made(answer).script.id).toBe(id);
  await rig.call('POST', `/v1/scripts/${id}/versions`, { document: document('Other.') }, at(current));
  expect((await start({ id, version: 1 })).status).toBe(200);
  expect((await start(null)).status).toBe(200);
  const missing = await start({ id, version: 3 });
  expect(missing.body.faults).toMatchObject([
    { field: 'script.version', fault: 'is no version of the script' },
  ]);
  const nothing = await start({ id: '01900000-0000-7000-8000-000000000000', version: 1 });
  expect(nothing.body.faults).toMatchObject([{ field: 'script.id', fault: 'names no script there is' }]);
  await rig.call('POST', `/v1/scripts/${id}/retire`, { reason: 'replaced' });
  const retired = await start({ id, version: 1 });
  expect(retired.body.faults).toMatchObject([
    { field: 'script.id', fault: 'names a script that was retired' },
  ]);
  const malformed = await rig.call('POST', '/v1/campaigns', definition({ script: { id: 'x', version: 0 } }));
  expect(malformed.body.faults.map((fault) => fault.field)).toEqual(['script.id', 'script.version']);
});

test('a running campaign is not changed to a script it could not have been started with', async () => {
  const { id } = await create();
  const campaignId = await addCampaign(rig, { name: 'Running' });
  const started = await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
  expect(started.status).toBe(200);
  const read = await rig.call('GET', `/v1/campaigns/${campaignId}`);
  const patch = { script: { id, version: 1 } };
  const refused = await rig.call('PATCH', `/v1/campaigns/${campaignId}`, patch, at(read));
  expect([refused.status, refused.body.faults[0]?.field]).toEqual([422, 'script.version']);
  await rig.call('POST', `/v1/scripts/${id}/publish`, { version: 1 });
  expect((await rig.call('PATCH', `/v1/campaigns/${campaignId}`, patch, at(read))).status).toBe(200);
});

test('retired, it takes no versions, is published no more, and stays readable', async () => {
  const { id } = await create();
  const retired = await rig.call('POST', `/v1/scripts/${id}/retire`);
  expect(retired.body).toMatchObject({ state: 'retired' });
  expect((await rig.call('POST', `/v1/scripts/${id}/retire`)).body).toEqual(retired.body);
  expect((await rig.call('POST', `/v1/scripts/${id}/publish`, { version: 1 })).status).toBe(409);
  const more = await rig.call('POST', `/v1/scripts/${id}/versions`, { document: document('x') }, at(retired));
  expect(more.status).toBe(409);
  expect((await rig.call('GET', `/v1/scripts/${id}/versions/1`)).status).toBe(200);
});

test('the list is narrowed by state and name, and paged in each order', async () => {
  const ids = async (query: string) => {
    const seen: string[] = [];
    for (let after = ''; ;) {
      const page = await rig.call('GET', `/v1/scripts?limit=2&${query}${after}`);
      expect(page.status).toBe(200);
      seen.push(...page.body.items.map((item) => item.id));
      if (page.body.next === null) return seen;
      after = `&after=${String(page.body.next)}`;
    }
  };
  const all = await ids('');
  expect(all.length).toBeGreaterThan(4);
  expect(await ids('sort=created')).toEqual(all.toReversed());
  expect(new Set(await ids('sort=name'))).toEqual(new Set(all));
  expect(await ids('name=SCRIPT%201')).toContain(all.at(-1));
  const byState = [
    ...(await ids('state=draft')),
    ...(await ids('state=published')),
    ...(await ids('state=retired')),
  ];
  expect(byState.toSorted()).toEqual(all.toSorted());
});

test("another tenant's scripts are not found and cannot be used; every change is recorded", async () => {
  const { id, answer } = await create();
  await rig.call('POST', `/v1/scripts/${id}/publish`, { version: 1 });
  const answers = await Promise.all([
    rig.callOther('GET', `/v1/scripts/${id}`),
    rig.callOther('GET', `/v1/scripts/${id}/versions`),
    rig.callOther('GET', `/v1/scripts/${id}/versions/1`),
    rig.callOther('POST', `/v1/scripts/${id}/versions`, { document: document('x') }, at(answer)),
    rig.callOther('POST', `/v1/scripts/${id}/publish`, { version: 1 }),
    rig.callOther('POST', `/v1/scripts/${id}/retire`),
  ]);
  expect(answers.map((one) => one.status)).toEqual([404, 404, 404, 404, 404, 404]);
  expect((await rig.callOther('GET', '/v1/scripts')).body.items).toEqual([]);
  const changes = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ action: string }>(
      `SELECT DISTINCT action FROM changes WHERE tenant_id = $1 AND resource = 'script'`,
      [tx.tenantId],
    ),
  );
  expect(changes.map((change) => change.action).toSorted()).toEqual([
    'addScriptVersion',
    'createScript',
    'publishScriptVersion',
    'retireScript',
  ]);
});
