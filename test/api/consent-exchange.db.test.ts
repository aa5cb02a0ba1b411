import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { importRecord } from '../../api/actions/import-record.ts';
import type { Database } from '../../db/client.ts';
import type { ExchangedRecord } from '../../domain/exchanged-record.ts';
import { exchangedRecordSchema } from '../../domain/exchanged-record.ts';
import type { ConsentFact } from '../../domain/facts.ts';
import { readDossier } from '../../gate/dossier.ts';
import { ANY_CONSENT, consentState } from '../../policies/consents.ts';
import { facts } from '../policies/support.ts';
import { addCampaign, addCarrier, addContact, createRig, NOW, type Answer, type Rig } from './rig.ts';

const NOTICE = { id: 'web-signup', version: 1, language: 'en', title: 'Offers', text: 'We may call.' };
const TEXT_SHA256 = createHash('sha256').update(NOTICE.text).digest('hex');
const MARCH_1 = '2026-03-01T00:00:00.000Z';
const MARCH_2 = '2026-03-02T00:00:00.000Z';

let rig: Rig;
let two: Rig;
let campaignId: string;
let campaignOfTwo: string;
beforeAll(async () => {
  rig = await createRig();
  two = {
    ...rig,
    app: rig.other.app,
    tenantId: rig.other.tenantId,
    call: (...request) => rig.callOther(...request),
  };
  await addCarrier(rig);
  await addCarrier(two);
  campaignId = await addCampaign(rig, { name: 'One' });
  campaignOfTwo = await addCampaign(two, { name: 'Two' });
  await rig.call('POST', '/v1/consent-notices', NOTICE);
});
afterAll(() => rig.close());

/** Numbers of nobody yet. */
let taken = 100;
const newNumber = () => `+12025550${taken++}`;
const someone = (of: Rig = rig, number = newNumber()) =>
  addContact(of, { campaignId: of === rig ? campaignId : campaignOfTwo, number });

interface Result {
  readonly recordId: string;
  readonly personId: string | null;
  readonly eventId: string | null;
  readonly created: boolean;
  readonly reopenedContacts: number;
  readonly withdrawals: readonly {
    readonly eventId: string;
    readonly stop: { readonly complete: boolean };
  }[];
  readonly problem: {
    readonly code: string;
    readonly detail: string;
    readonly faults: { field: string }[];
  } | null;
}
interface Imported {
  readonly items: readonly Result[];
  readonly recorded: number;
  readonly withdrawn: number;
  readonly failed: number;
}

async function take(of: Rig, ...items: object[]): Promise<Imported> {
  const answer = await of.call('POST', '/v1/consent-records', { items });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as unknown as Imported;
}

async function exported(of: Rig, query = ''): Promise<ExchangedRecord[]> {
  const answer = await of.call('GET', `/v1/consent-records?limit=500&${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.items as unknown as ExchangedRecord[];
}

/** A record as somebody else would send it. */
function record(
  number: string,
  change: { given?: object; calls?: object; processing?: object; [part: string]: unknown } = {},
) {
  const { given, calls, processing, events = [], ...rest } = change;
  const first = { time: MARCH_1, type: 'consent', state: 'given', ...given };
  return {
    schemaVersion: 'ISO-27560:2023/rightcall.1',
    recordId: uuidv7(),
    subject: { number },
    processing: { purposes: ['marketing'], level: 'express', ...processing },
    calls: { channels: ['voice'], source: 'web', ...calls },
    events: [first, ...(events as object[])],
    ...rest,
  };
}
const withdrawal = (change: object = {}) => ({
  time: MARCH_2,
  type: 'withdrawal',
  state: 'withdrawn',
  purposes: ['marketing'],
  channels: ['voice'],
  source: 'hotline',
  ...change,
});

const everything = (of: Rig) =>
  of.db.inTenant(of.tenantId, async (tx) => [
    await tx.query('SELECT * FROM consent_events ORDER BY id'),
    await tx.query('SELECT * FROM changes ORDER BY id'),
    await tx.query('SELECT * FROM contacts ORDER BY id'),
  ]);

/** Consents as the gate sees them. */
async function consentsOf(of: Rig, contactId: string): Promise<ConsentFact[]> {
  const dossier = await of.db.inTenant(of.tenantId, (tx) => readDossier(tx, contactId, NOW));
  return dossier!.facts.consents;
}

/** The same, but for ids and hashes that are each tenant's own, and when each learned of them. */
const comparable = (consents: readonly ConsentFact[]) =>
  consents
    .map((fact) => ({
      ...fact,
      ...{ eventId: '', recordedAt: 0, number: fact.number !== null, renewedFrom: fact.renewedFrom !== null },
    }))
    .toSorted((a, b) => a.occurredAt - b.occurredAt || (a.kind < b.kind ? -1 : 1));

/** A person with all that can be said of a consent, a renewal of it, and two withdrawals, one of a part. */
async function withHistory(): Promise<{
  number: string;
  guardian: string;
  personId: string;
  contactId: string;
}> {
  const [number, guardian] = [newNumber(), newNumber()];
  const { personId, contactId } = await someone(rig, number);
  const { personId: guardianPersonId } = await someone(rig, guardian);
  const path = `/v1/persons/${personId}`;
  const must = (answer: Answer) => {
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return (answer.body as unknown as { eventId: string }).eventId;
  };
  const older = must(
    await rig.call('POST', `${path}/consents`, {
      purposes: ['marketing', 'survey'],
      channels: ['voice', 'sms'],
      level: 'guardian',
      source: `a call with ${number}`,
      guardianPersonId,
      forNumber: number,
      ownershipVerifiedAt: MARCH_1,
      seller: 'Example Ltd',
      technologies: ['artificial_voice'],
      notice: { id: NOTICE.id, version: 1 },
      record: { dataKinds: ['telephone_number'], declaredZone: 'America/New_York' },
      occurredAt: '2026-01-01T00:00:00Z',
      expiresAt: '2027-01-01T00:00:00Z',
      widens: ['evening-hours'],
    }),
  );
  must(
    await rig.call('POST', `${path}/withdrawals`, {
      ...{ purposes: ['survey'], channels: ['sms'], source: 'hotline', occurredAt: '2026-01-15T00:00:00Z' },
    }),
  );
  must(
    await rig.call('POST', `${path}/consents`, {
      ...{ purposes: ['marketing'], source: 'web', renews: older, occurredAt: '2026-02-01T00:00:00Z' },
    }),
  );
  must(
    await rig.call('POST', `${path}/withdrawals`, { source: 'letter', occurredAt: '2026-02-15T00:00:00Z' }),
  );
  return { number, guardian, personId, contactId };
}

/** As another tenant can take it: persons and number by number. */
const renamed = (
  records: readonly ExchangedRecord[],
  { number, guardian }: { number: string; guardian: string },
) =>
  records.map((one) => ({
    ...one,
    subject: { number },
    calls: {
      ...one.calls,
      guardian: one.calls.guardian === null ? null : { number: guardian },
      forNumber: one.calls.forNumber === null ? null : { number },
    },
  }));

describe('an export', () => {
  test('tells a consent with what became of it, and holds no number and no name', async () => {
    const { personId, number } = await withHistory();
    const [older, newer] = await exported(rig, `personId=${personId}`);
    expect(older).toMatchObject({
      subject: { personId },
      originId: null,
      renews: null,
      notice: { id: NOTICE.id, version: 1, language: 'en', textSha256: TEXT_SHA256 },
      processing: { purposes: ['marketing', 'survey'], level: 'guardian', dataKinds: ['telephone_number'] },
      calls: {
        source: 'a call with (number)',
        seller: 'Example Ltd',
        forNumber: { keyedHash: rig.vault.numberHash(rig.tenantId, number).toString('hex') },
        lastUsedAt: null,
      },
    });
    expect(older!.events.map(({ type, state }) => [type, state])).toEqual([
      ['consent', 'given'],
      ['withdrawal', 'withdrawn'],
      ['renewal', 'renewed'],
      ['withdrawal', 'withdrawn'],
    ]);
    expect(older!.events[1]).toMatchObject({ purposes: ['survey'], channels: ['sms'], source: 'hotline' });
    expect(older!.events[2]).toMatchObject({ renewedBy: newer!.recordId });
    expect(newer).toMatchObject({
      renews: { recordId: older!.recordId },
      events: [{ type: 'renewal' }, { source: 'letter' }],
    });
    expect(JSON.stringify([older, newer])).not.toContain(number.slice(2));
    for (const one of [older, newer]) expect(exchangedRecordSchema.parse(one)).toEqual(one);
  });

  test('is paged through once in the order recorded, under any filter', async () => {
    const clock = rig.clock.now();
    for (let n = 0; n < 5; n++) {
      rig.clock.advance(1_000);
      const { personId } = await someone();
      await rig.call('POST', `/v1/persons/${personId}/consents`, {
        ...{ purposes: [n % 2 === 0 ? 'survey' : 'service'], source: 'paged' },
      });
    }
    const paged = async (query: string) => {
      const ids: string[] = [];
      let after: string | null = null;
      do {
        const cursor: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
        const { body } = await rig.call('GET', `/v1/consent-records?limit=2&${query}${cursor}`);
        ids.push(...body.items.map((item) => (item as unknown as ExchangedRecord).recordId));
        after = body.next as string | null;
      } while (after !== null);
      return ids;
    };
    const all = await exported(rig);
    expect(await paged('')).toEqual(all.map(({ recordId }) => recordId));
    const recorded = all.map(({ events }) => events[0]!.recordedAt!);
    expect(recorded).toEqual(recorded.toSorted());
    const since = `from=${new Date(clock + 1_000).toISOString()}&to=${new Date(clock + 5_000).toISOString()}`;
    expect(await paged(since)).toHaveLength(4);
    expect(await paged(`${since}&purpose=survey`)).toHaveLength(2);
    const other = await rig.call('GET', `/v1/consent-records?after=x.y`);
    expect(other).toMatchObject({ status: 400, body: { faults: [{ field: 'query.after' }] } });
  });

  test('shows nothing of another tenant', async () => {
    const { personId } = await someone();
    await rig.call('POST', `/v1/persons/${personId}/consents`, { purposes: ['survey'], source: 'web' });
    expect(await exported(two, `personId=${personId}`)).toEqual([]);
    const ids = new Set((await exported(rig)).map(({ recordId }) => recordId));
    expect((await exported(two)).filter(({ recordId }) => ids.has(recordId))).toEqual([]);
  });
});

describe('an import', () => {
  test('of what was exported creates nothing in the same tenant', async () => {
    await withHistory();
    const records = await exported(rig);
    const before = await everything(rig);
    const { items, ...counts } = await take(rig, ...records);
    expect(items.map(({ problem }) => problem).filter((problem) => problem !== null)).toEqual([]);
    expect(counts).toEqual({ recorded: 0, withdrawn: 0, failed: 0 });
    expect(items.map(({ eventId }) => eventId)).toEqual(records.map(({ recordId }) => recordId));
    expect(await everything(rig)).toEqual(before);
  });

  test('into another tenant has the same consents hold there, and again creates nothing', async () => {
    const { number, guardian, personId, contactId } = await withHistory();
    const there = await someone(two, number);
    await someone(two, guardian);
    await two.call('POST', '/v1/consent-notices', NOTICE);
    const records = renamed(await exported(rig, `personId=${personId}`), { number, guardian });
    const first = await take(two, ...records);
    expect(first).toMatchObject({ recorded: 2, withdrawn: 2, failed: 0 });
    expect(first.items[0]!.withdrawals.map(({ stop }) => stop.complete)).toEqual([true, true]);
    const here = comparable(await consentsOf(rig, contactId));
    expect(comparable(await consentsOf(two, there.contactId))).toEqual(
      here.map((fact) => ({ ...fact, source: fact.source.replace(number, '(number)') })),
    );
    const before = await everything(two);
    expect(await take(two, ...records)).toMatchObject({ recorded: 0, withdrawn: 0, failed: 0 });
    expect(await everything(two)).toEqual(before);
    // On from there and back to where it came from, it is still the same.
    const back = renamed(await exported(two, `personId=${there.personId}`), { number, guardian });
    expect(back.map(({ originId }) => originId)).toEqual(records.map(({ recordId }) => recordId));
    const atHome = await everything(rig);
    const returned = await take(rig, ...back);
    expect(returned, JSON.stringify(returned.items)).toMatchObject({ recorded: 0, withdrawn: 0, failed: 0 });
    expect(await everything(rig)).toEqual(atHome);
  });

  test('is recorded as every grant and withdrawal is: by whom, in the change log', async () => {
    const number = newNumber();
    const { personId } = await someone(rig, number);
    await take(rig, record(number, { events: [withdrawal()] }));
    const { body } = await rig.call('GET', `/v1/changes?resource=person&resourceId=${personId}`);
    expect(body.items.map(({ action }) => action)).toEqual(['grantConsent', 'withdrawConsent']);
  });

  test('at no instant has a grant stand without the withdrawal that came with it', async () => {
    const number = newNumber();
    const { contactId } = await someone(rig, number);
    const seen: string[] = [];
    const look = async () => {
      const consents = await consentsOf(rig, contactId);
      const { live } = consentState(
        { ...facts({}), consents },
        { ...ANY_CONSENT, purposes: ['marketing'], level: 'express' },
      );
      seen.push(`${consents.map(({ kind }) => kind).join('+')}: ${live.length} live`);
    };
    // Looks at what the gate would see after each transaction.
    const db: Database = {
      ...rig.db,
      inTenant: async (tenantId, work) => {
        const result = await rig.db.inTenant(tenantId, work);
        await look();
        return result;
      },
    };
    const said = { tenantId: rig.tenantId, by: 'test', requestId: null };
    const exchanged = exchangedRecordSchema.parse(record(number, { events: [withdrawal()] }));
    const done = await importRecord({ ...rig.deps, db }, said, exchanged);
    expect(done).toMatchObject({ created: true, refusal: null });
    expect(seen.at(-1)).toBe('grant+withdrawal: 0 live');
    expect(new Set(seen)).toEqual(new Set([': 0 live', 'withdrawal: 0 live', 'grant+withdrawal: 0 live']));
  });

  test.each([
    ['one that stands', {}, 1],
    ['one that was withdrawn', { events: [withdrawal()] }, 0],
    [
      'one that was withdrawn for something else',
      { processing: { purposes: ['marketing', 'survey'] }, events: [withdrawal({ purposes: ['survey'] })] },
      1,
    ],
    ['one that has ended', { given: { validUntil: '2026-03-01T12:00:00Z' } }, 0],
  ])('puts contacts back for %s as it should', async (_what, change, reopened) => {
    const running = await addCampaign(rig, { name: `Running ${uuidv7()}` });
    await rig.call('POST', `/v1/campaigns/${running}/start`);
    const number = newNumber();
    await addContact(rig, { campaignId: running, number, state: 'denied', stateReason: 'consent.missing' });
    const { items } = await take(rig, record(number, change));
    expect(items[0]).toMatchObject({ created: true, reopenedContacts: reopened, problem: null });
  });

  test('of a record that is on record takes the withdrawals that came since', async () => {
    const number = newNumber();
    await someone(rig, number);
    const first = record(number);
    expect(await take(rig, first)).toMatchObject({ recorded: 1, withdrawn: 0 });
    const since = { ...first, events: [...first.events, withdrawal({ id: 'w-1' })] };
    expect(await take(rig, since)).toMatchObject({ recorded: 0, withdrawn: 1, failed: 0 });
    expect(await take(rig, since)).toMatchObject({ recorded: 0, withdrawn: 0, failed: 0 });
    // Told again without its id, it is the same withdrawal.
    const without = { ...first, events: [...first.events, withdrawal()] };
    expect(await take(rig, without)).toMatchObject({ recorded: 0, withdrawn: 0, failed: 0 });
    // The record of before is no news either.
    expect(await take(rig, first)).toMatchObject({ recorded: 0, withdrawn: 0, failed: 0 });
  });

  test('of one withdrawal in several records is one event', async () => {
    const number = newNumber();
    const { personId } = await someone(rig, number);
    const both = withdrawal({ id: 'w-2', purposes: ['marketing', 'survey'] });
    await take(
      rig,
      record(number, { events: [both] }),
      record(number, { events: [both], processing: { purposes: ['survey'] } }),
    );
    const { body } = await rig.call('GET', `/v1/persons/${personId}/consents?kind=withdrawal`);
    expect(body.items).toMatchObject([{ purposes: ['marketing', 'survey'] }]);
  });

  test('of a statement that was recorded by hand is the same event', async () => {
    const number = newNumber();
    const { personId } = await someone(rig, number);
    await rig.call('POST', `/v1/persons/${personId}/consents`, {
      ...{ purposes: ['marketing'], channels: ['voice'], source: 'web', occurredAt: MARCH_1 },
    });
    expect(await take(rig, record(number))).toMatchObject({
      recorded: 0,
      failed: 0,
      items: [{ created: false }],
    });
  });
});

describe('a record is refused, and nothing of it recorded,', () => {
  const nobody = uuidv7();
  test.each<[string, string, (number: string) => object]>([
    [
      'events[0].time',
      'in the future',
      (number) => record(number, { given: { time: '2026-03-03T00:00:00Z' } }),
    ],
    [
      'events[1].time',
      'withdrawn in the future',
      (number) => record(number, { events: [withdrawal({ time: '2026-03-03T00:00:00Z' })] }),
    ],
    ['subject.number', 'by a masked number', () => record('+1202*****00')],
    [
      'calls.guardian',
      'with a guardian nobody knows',
      (number) =>
        record(number, {
          given: { entity: 'guardian' },
          processing: { level: 'guardian' },
          calls: { guardian: { personId: nobody } },
        }),
    ],
    [
      'calls.guardian',
      'of a guardian without one',
      (number) => record(number, { processing: { level: 'guardian' } }),
    ],
    [
      'calls.guardian',
      'guarded by the person themself',
      (number) =>
        record(number, {
          given: { entity: 'guardian' },
          processing: { level: 'guardian' },
          calls: { guardian: { number } },
        }),
    ],
    [
      'calls.forNumber',
      'for a number of somebody else',
      (number) => record(number, { calls: { forNumber: { number: newNumber() } } }),
    ],
    [
      'calls.forNumber',
      "for a hash of another installation's",
      (number) => record(number, { calls: { forNumber: { keyedHash: 'ab'.repeat(32) } } }),
    ],
    [
      'calls.separate',
      'of several separate matters',
      (number) => record(number, { calls: { separate: ['sensitive', 'export'] } }),
    ],
    [
      'processing.purposes',
      'that bundles a separate consent',
      (number) =>
        record(number, {
          calls: { separate: ['sensitive'] },
          processing: { purposes: ['marketing', 'survey'] },
        }),
    ],
    [
      'notice',
      'under a notice that was not published',
      (number) => record(number, { notice: { id: 'other', version: 1 } }),
    ],
    [
      'notice.textSha256',
      'under another text',
      (number) => record(number, { notice: { id: NOTICE.id, version: 1, textSha256: 'ab'.repeat(32) } }),
    ],
    [
      'notice.language',
      'in another language',
      (number) => record(number, { notice: { id: NOTICE.id, version: 1, language: 'zh-CN' } }),
    ],
    [
      'renews',
      'that renews what is not on record',
      (number) => record(number, { given: { type: 'renewal' }, renews: { recordId: nobody } }),
    ],
    [
      'events[0].state',
      'with a withdrawal alone',
      (number) => ({ ...record(number), events: [withdrawal()] }),
    ],
    ['calls.nickname', 'with a field nobody knows', (number) => record(number, { calls: { nickname: 'x' } })],
  ])('by %s: one %s', async (field, _what, made) => {
    const number = newNumber();
    await someone(rig, number);
    const before = await everything(rig);
    const { items, failed, recorded } = await take(rig, made(number), record(newNumber()));
    expect([failed, recorded]).toEqual([2, 0]);
    expect(items[0]!.problem).toMatchObject({ code: 'invalid_input' });
    expect(items[0]!.problem!.faults.map((fault) => fault.field)).toContain(field);
    expect(items[1]!.problem).toMatchObject({ code: 'not_found' });
    expect(await everything(rig)).toEqual(before);
  });

  test('where its id is on record for somebody else, or says something else', async () => {
    const [number, other] = [newNumber(), newNumber()];
    const { personId } = await someone(rig, number);
    await someone(rig, other);
    await take(rig, record(number, { events: [withdrawal()] }));
    const [ours] = (await exported(rig, `personId=${personId}`)) as [ExchangedRecord];
    const before = await everything(rig);
    const [given, withdrawn] = ours.events as [object, object];
    const { items } = await take(
      rig,
      { ...ours, subject: { number: other } },
      { ...ours, calls: { ...ours.calls, seller: 'Another' } },
      { ...ours, processing: { ...ours.processing, purposes: ['marketing', 'survey'] } },
      { ...ours, events: [{ ...given, validUntil: '2099-01-01T00:00:00Z' }, withdrawn] },
      { ...ours, events: [given, { ...withdrawn, channels: ['voice', 'sms'] }] },
      {
        ...ours,
        recordId: (withdrawn as { id: string }).id,
        originId: null,
        events: [{ ...given, id: null }],
      },
    );
    expect(items.map(({ problem }) => problem?.code)).toEqual(Array<string>(6).fill('conflict'));
    expect(items.map(({ problem }) => problem!.faults.map(({ field }) => field))).toEqual([
      [],
      ['calls.seller'],
      ['processing.purposes'],
      ['events[0].validUntil'],
      ['channels'],
      [],
    ]);
    expect(await everything(rig)).toEqual(before);
  });

  test('but its withdrawals, which stand where the grant alone is refused here', async () => {
    const number = newNumber();
    const { contactId } = await someone(rig, number);
    const refused = record(number, { notice: { id: 'other', version: 1 }, events: [withdrawal()] });
    const { items, withdrawn, failed } = await take(rig, refused);
    expect([withdrawn, failed]).toEqual([1, 1]);
    expect(items[0]).toMatchObject({ created: false, eventId: null, problem: { code: 'invalid_input' } });
    expect(await consentsOf(rig, contactId)).toMatchObject([{ kind: 'withdrawal', purposes: ['marketing'] }]);
  });

  test('where whoever sends it may not grant', async () => {
    const number = newNumber();
    await someone(rig, number);
    const items = [record(number)];
    for (const role of ['agent', 'auditor'] as const) {
      expect((await rig.callAs(role, 'POST', '/v1/consent-records', { items })).status).toBe(403);
      expect((await rig.callAs(role, 'GET', '/v1/consent-records')).status).toBe(200);
    }
    expect((await rig.callAs('operator', 'POST', '/v1/consent-records', { items })).status).toBe(200);
  });
});
