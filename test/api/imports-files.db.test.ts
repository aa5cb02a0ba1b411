import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serve, type ServerType } from '@hono/node-server';
import { parse } from 'csv-parse/sync';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paceOf } from '../../api/routes/imports/model.ts';
import { importsOf } from '../../cli/api/imports.ts';
import { addCampaign, addCarrier, API_KEY, createRig, type Rig } from './rig.ts';

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
});
afterAll(() => rig.close());

async function seedImport(change: { status?: string; kind?: string; campaignId?: string | null } = {}) {
  const id = uuidv7();
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO imports (tenant_id, id, kind, campaign_id, source_name, content_hash, options, status, rows_done,
                            counts, created_real, run_since_real, run_from_rows, advanced_real)
       VALUES ($1, $2, $3, $4, 'a.csv', $5, '{}', $6, 5000, '{}', now(), now() - interval '2 s', 1000, now())`,
      [
        tx.tenantId,
        id,
        change.kind ?? 'contacts',
        change.campaignId === undefined ? campaignId : change.campaignId,
        createHash('sha256').update(id).digest('hex'),
        change.status ?? 'completed',
      ],
    ),
  );
  return id;
}

async function seedIssues(
  importId: string,
  issues: readonly { line: number; column: string; value: string }[],
) {
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO import_issues (tenant_id, import_id, line, "column", masked_value, code, reason)
       SELECT $1, $2, line, col, value, 'number.invalid', 'is no number, "sadly"'
       FROM unnest($3::int[], $4::text[], $5::text[]) AS r (line, col, value)`,
      [
        tx.tenantId,
        importId,
        issues.map((one) => one.line),
        issues.map((one) => one.column),
        issues.map((one) => one.value),
      ],
    ),
  );
}

describe('the list', () => {
  test('is narrowed by kind, status and campaign, and paged in both orders', async () => {
    const running = await seedImport({ status: 'running' });
    await seedImport({ kind: 'do_not_call', campaignId: null });
    for (let i = 0; i < 4; i++) await seedImport();
    const found = async (query: string) =>
      (await rig.call('GET', `/v1/imports?${query}`)).body.items.map((item) => item.id);
    expect(await found(`status=running&campaignId=${campaignId}`)).toEqual([running]);
    expect(await found('kind=do_not_call')).toHaveLength(1);
    const newest = await found('limit=100');
    expect(await found('limit=100&sort=created')).toEqual(newest.toReversed());
    const first = await rig.call('GET', '/v1/imports?limit=4');
    const rest = await rig.call('GET', `/v1/imports?limit=4&after=${String(first.body.next)}`);
    expect([...first.body.items, ...rest.body.items].map((item) => item.id)).toEqual(newest);
    expect(rest.body.next).toBeNull();
    const tampered = await rig.call(
      'GET',
      `/v1/imports?limit=4&status=failed&after=${String(first.body.next)}`,
    );
    expect([tampered.status, tampered.body.faults[0]?.field]).toEqual([400, 'query.after']);
  });

  test('tells the pace of the run under way, not of the rows an earlier one had stored', async () => {
    const id = await seedImport({ status: 'running' });
    expect((await rig.call('GET', `/v1/imports/${id}`)).body).toMatchObject({
      rowsDone: 5_000,
      rowsPerSecond: 2_000,
    });
    expect(paceOf({ rowsDone: 9, runFromRows: 9, runSinceReal: 0, advancedReal: null })).toBeNull();
  });
});

describe('issues', () => {
  test('come as pages, or all of them as a file in which nothing is a formula', async () => {
    const id = await seedImport();
    const many = Array.from({ length: 2_500 }, (_, i) => ({ line: i + 2, column: 'phone', value: '12****' }));
    await seedIssues(id, [{ line: 1, column: '=HYPERLINK("http://x")', value: '+86 138****5678' }, ...many]);
    const path = `/v1/imports/${id}/issues`;
    const page = await rig.call('GET', `${path}?limit=2`);
    expect(page.body.items.map((item) => (item as unknown as { line: number }).line)).toEqual([1, 2]);
    const next = await rig.call('GET', `${path}?limit=2&after=${String(page.body.next)}`);
    expect(next.body.items.map((item) => (item as unknown as { line: number }).line)).toEqual([3, 4]);

    const byFormat = await rig.call('GET', `${path}?format=csv`);
    const byAccept = await rig.call('GET', path, undefined, { Accept: 'text/csv' });
    expect(byAccept.body).toEqual(byFormat.body);
    expect(byFormat.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(byFormat.headers.get('content-disposition')).toBe(
      `attachment; filename="import-${id}-issues.csv"`,
    );
    const rows = parse(byFormat.body as unknown as string);
    expect(rows).toHaveLength(2_502);
    expect(rows[0]).toEqual(['line', 'column', 'value', 'code', 'reason']);
    expect(rows[1]).toEqual([
      '1',
      '\'=HYPERLINK("http://x")',
      "'+86 138****5678",
      'number.invalid',
      'is no number, "sadly"',
    ]);
    expect((await rig.call('GET', path, undefined, { Accept: '*/*' })).body.items).toHaveLength(50);
    expect((await rig.callOther('GET', `${path}?format=csv`)).status).toBe(404);
    expect((await rig.call('GET', `${path}?format=xlsx`)).status).toBe(400);
  });
});

describe('an upload', () => {
  let served: { rig: Rig; server: ServerType; port: number; spoolDir: string; close(): Promise<void> };
  beforeAll(async () => {
    const spoolDir = await mkdtemp(join(tmpdir(), 'rightcall-cut-'));
    const { db, vault, clock, tenantId } = rig;
    const whole = await createRig({
      imports: importsOf({ db, vault, clock }),
      db,
      vault,
      clock,
      tenantId,
      spoolDir,
    });
    const server = await new Promise<ServerType>((resolve) => {
      const made = serve({ fetch: whole.app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(made));
    });
    served = {
      rig: { ...whole, db, vault, clock, tenantId },
      server,
      port: (server.address() as AddressInfo).port,
      spoolDir,
      close: async () => {
        await new Promise<void>((resolve) => server.close(() => resolve()));
        await whole.close();
        await rm(spoolDir, { recursive: true, force: true });
      },
    };
  });
  afterAll(() => served.close());

  const countImports = async () => {
    const rows = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query<{ n: number }>('SELECT count(*) AS n FROM imports WHERE tenant_id = $1', [tx.tenantId]),
    );
    return rows[0]!.n;
  };

  test.each([
    ['Content-Length: 1000', 'phone,name\n+12025550150,Ann\n'],
    ['Transfer-Encoding: chunked', '1c\r\nphone,name\n+12025550150,Ann\n\r\n'],
  ])(
    'whose connection is lost in the middle stores nothing and leaves no file (%s)',
    async (length, body) => {
      const before = await countImports();
      const head =
        `POST /v1/campaigns/${campaignId}/imports?name=cut.csv HTTP/1.1\r\nHost: x\r\n` +
        `Authorization: Bearer ${API_KEY}\r\nContent-Type: text/csv\r\n${length}\r\n\r\n`;
      const socket = connect(served.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(head + body);
      await expect.poll(() => readdir(served.spoolDir), { interval: 5, timeout: 5_000 }).toHaveLength(1);
      socket.destroy();
      await expect.poll(() => readdir(served.spoolDir), { interval: 5, timeout: 5_000 }).toEqual([]);
      expect(await countImports()).toBe(before);
      const contacts = await rig.call('GET', `/v1/campaigns/${campaignId}/contacts`);
      expect(contacts.body.items).toEqual([]);
    },
  );

  test('of nothing at all is refused with its field, and stores nothing', async () => {
    const before = await countImports();
    for (const text of ['', '\n\n', '\ufeff']) {
      const answer = await served.rig.call(
        'POST',
        `/v1/campaigns/${campaignId}/imports?name=empty.csv`,
        text,
      );
      expect([answer.status, answer.body.code], JSON.stringify(text)).toEqual([400, 'invalid_input']);
      expect(answer.body.faults.length).toBeGreaterThan(0);
    }
    expect(await countImports()).toBe(before);
  });

  test('of another media type is refused before it is read', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answer = await served.rig.call(
        'POST',
        `/v1/campaigns/${campaignId}/imports?name=a.csv`,
        'phone\n+12025550150\n',
        { 'Content-Type': type },
      );
      expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type']);
    }
  });

  test('is followed while its rows are being stored: found as running, with rows done that grow', async () => {
    const lines = Array.from(
      { length: 9_000 },
      (_, i) => `+1202555${String(i % 10_000).padStart(4, '0')},n${i}`,
    );
    const own = await addCampaign(rig, { name: 'Followed' });
    let answered = false;
    const upload = served.rig
      .call('POST', `/v1/campaigns/${own}/imports?name=big.csv`, `phone,name\n${lines.join('\n')}\n`)
      .finally(() => (answered = true));
    const seen = new Set<number>();
    while (!answered) {
      const listed = await rig.call('GET', `/v1/imports?campaignId=${own}&status=running`);
      await delay(15);
      for (const item of listed.body.items) seen.add((item as unknown as { rowsDone: number }).rowsDone);
    }
    const done = await upload;
    expect(done.status).toBe(201);
    expect(done.body.import).toMatchObject({ status: 'completed', rowsDone: 9_000 });
    expect((done.body.import as unknown as { rowsPerSecond: number }).rowsPerSecond).toBeGreaterThan(0);
    expect(seen.size).toBeGreaterThan(1);
  });
});
