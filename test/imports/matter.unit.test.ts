import { describe, expect, it } from 'vitest';
import { birthdaysOf, matterFacts, matterSchema } from '../../domain/matter.ts';
import { withStated } from '../../domain/stated-matter.ts';
import { readMatter } from '../../imports/matter.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const SINCE = '2026-01-01T00:00:00+08:00';
const at = (iso: string) => Date.parse(iso);

function read(cells: Record<string, string>) {
  const issues: { column: string; value: string; code: string; reason: string }[] = [];
  const report = (column: string, value: string, code: string, reason: string) =>
    void issues.push({ column, value, code, reason });
  const stated = readMatter(cells, { now: NOW, mac: (text) => Buffer.from(text), report });
  return { stated, issues };
}

describe('the age of somebody', () => {
  const ageAt = (birthDate: string, recordedAt: string, instant: string) =>
    matterFacts(withStated(null, { birthdays: birthdaysOf(birthDate, at(recordedAt)) }), at(instant)).callee
      .age;

  it.each([
    ['2012-11-23', '2026-11-23T11:59:59.999Z', 'child'],
    ['2012-11-23', '2026-11-23T12:00:00Z', 'minor'],
    ['2008-11-23', '2026-11-23T11:59:59.999Z', 'minor'],
    ['2008-11-23', '2026-11-23T12:00:00Z', 'adult'],
    ['2008-02-29', '2026-03-01T11:59:59.999Z', 'minor'],
    ['2008-02-29', '2026-03-01T12:00:00Z', 'adult'],
  ])('born on %s is at %s a(n) %s: a birthday counts once it has begun at UTC−12', (born, instant, age) => {
    expect(ageAt(born, '2026-01-01T00:00:00Z', instant)).toBe(age);
  });

  it('is the same whenever it was recorded, and no birthday that has passed is kept', () => {
    expect(ageAt('2008-11-23', '2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z')).toBe('adult');
    expect(birthdaysOf('1980-05-05', NOW)).toEqual({ adultFrom: '1900-01-01', minorFrom: '1900-01-01' });
    expect(birthdaysOf('2010-05-05', NOW)).toEqual({ adultFrom: '2028-05-05', minorFrom: '1900-01-01' });
    expect(birthdaysOf('2020-05-05', NOW)).toEqual({ adultFrom: '2038-05-05', minorFrom: '2034-05-05' });
  });

  it.each(['2026-11-25', '1899-12-31', '2025-02-29', '31.12.1990', '1990-1-1', '1990-12-31T00:00:00Z'])(
    '%s is no birth date',
    (text) => expect(birthdaysOf(text, NOW)).toBeNull(),
  );
});

describe('what a row says of its contact’s matter', () => {
  it('is read in English and in Chinese alike', () => {
    const english = {
      callee_kind: 'Business',
      relation: 'third party',
      debtor_unreachable: 'no',
      debt_ref: 'D-1',
      contract_since: SINCE,
    };
    const chinese = { ...english, callee_kind: '企业', relation: '第三方', debtor_unreachable: '否' };
    expect(read(english).stated).toMatchObject({
      kind: 'business',
      relation: 'third_party',
      debtorUnreachable: false,
      contractSince: at(SINCE),
    });
    expect(read(chinese)).toEqual(read(english));
  });

  it('is nothing where the cells are absent or say nothing', () => {
    expect(read({ phone: '+12025550100' }).stated).toBeNull();
    expect(read({ relation: ' ', debt_ref: '-', birth_date: 'n/a', callee_kind: 'none' })).toEqual({
      stated: null,
      issues: [],
    });
  });

  it('refers to one debt by one hash, and never to a matter by a debt’s', () => {
    const debt = read({ debt_ref: ' Ｄ-1' }).stated?.debt;
    expect(debt).toBe(read({ debt_ref: 'D-1 ' }).stated?.debt);
    expect(read({ subject_ref: 'D-1' }).stated?.subject).not.toBe(debt);
  });

  it.each([
    [{ callee_kind: 'VIP' }, 'callee_kind', { kind: null }, 'consumer'],
    [{ relation: 'cousin' }, 'relation', { relation: null }, 'third_party'],
    [{ debtor_unreachable: 'perhaps' }, 'debtor_unreachable', { debtorUnreachable: null }, 'yes'],
    [{ birth_date: '31/12/1990' }, 'birth_date', { birthdays: null }, '1990-12-31'],
    [{ birth_date: '2030-01-01' }, 'birth_date', { birthdays: null }, 'not in the future'],
    [{ debt_ref: 'x'.repeat(201) }, 'debt_ref', { debt: null }, '200 characters'],
    [{ contract_since: '2026-01-01' }, 'contract_since', { contractSince: null }, 'offset'],
    [{ contract_since: '2027-01-01T00:00:00Z' }, 'contract_since', { contractSince: null }, 'future'],
    [{ contract_since: SINCE, contract_until: 'soon' }, 'contract_until', { contractSince: null }, 'offset'],
    [
      { contract_since: SINCE, contract_until: '2025-01-01T00:00:00Z' },
      'contract_until',
      { contractSince: null },
      'later',
    ],
    [{ last_purchase_at: 'yesterday' }, 'last_purchase_at', { lastPurchaseAt: null }, 'offset'],
    [{ last_inquiry_at: '2027-01-01T00:00:00Z' }, 'last_inquiry_at', { lastInquiryAt: null }, 'future'],
  ])(
    '%j is reported with its column and what would be right, and is not known',
    (cells, column, stated, say) => {
      const reading = read(cells);
      expect(reading.stated).toEqual(stated);
      expect(reading.issues).toHaveLength(1);
      expect(reading.issues[0]).toMatchObject({ column, code: column });
      expect(reading.issues[0]!.reason).toContain(say);
    },
  );
});

describe('a matter on record', () => {
  const contract = matterSchema.parse({
    relation: 'self',
    relationships: [{ kind: 'contract', at: 100, endedAt: 200 }],
  });

  it('keeps what is not stated, and is the same object when nothing changes', () => {
    expect(withStated(contract, { relation: 'self', contractSince: 100 })).toBe(contract);
    expect(withStated(contract, { debt: 'd' })).toEqual({ ...contract, debt: 'd' });
    expect(withStated(null, { relation: null })).toBeNull();
  });

  it('has a contract go on again only when it begins anew or is said to go on', () => {
    const relationships = (stated: Parameters<typeof withStated>[1]) =>
      withStated(contract, stated)!.relationships;
    expect(relationships({ contractSince: 150 })).toEqual([{ kind: 'contract', at: 150, endedAt: 200 }]);
    expect(relationships({ contractSince: 300 })).toEqual([{ kind: 'contract', at: 300, endedAt: null }]);
    expect(relationships({ contractUntil: null })).toEqual([{ kind: 'contract', at: 100, endedAt: null }]);
    expect(relationships({ contractUntil: 50 })).toEqual([]);
    expect(relationships({ contractSince: null })).toEqual([]);
  });
});
