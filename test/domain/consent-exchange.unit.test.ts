import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromExchanged,
  futureFaults,
  toExchanged,
  type RecordedGrant,
} from '../../domain/consent-exchange.ts';
import { exchangedRecordSchema, type ExchangedRecord } from '../../domain/exchanged-record.ts';
import type { ConsentFact } from '../../domain/facts.ts';
import { SEPARATE_CONSENTS, TECHNOLOGIES } from '../../domain/facts.ts';
import { faultsOf } from '../../domain/faults.ts';
import { differences } from '../../domain/same-record.ts';
import { CHANNELS, CONSENT_LEVELS, PURPOSES } from '../../domain/vocabulary.ts';
import { ANY_CONSENT, consentState, grantAt } from '../../policies/consents.ts';
import { facts } from '../policies/support.ts';

const GIVEN = Date.parse('2026-01-01T00:00:00Z');
const DAY = 86_400_000;
const NOW = GIVEN + 100 * DAY;

const sha = fc.stringMatching(/^[0-9a-f]{64}$/);
const id = fc.uuid();
const nullable = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const some = <T>(of: readonly T[]) => fc.subarray([...of], { minLength: 1 });
const words = fc.stringMatching(/^[a-z]{1,20}$/);
const since = (from: number) => fc.integer({ min: from, max: NOW });
const person = fc.oneof(
  fc.record({ personId: id }),
  fc.integer({ min: 100, max: 199 }).map((n) => ({ number: `+12025550${n}` })),
);

const withdrawal = fc.record({
  id: nullable(id),
  originId: nullable(id),
  at: since(GIVEN),
  recordedAt: nullable(since(GIVEN)),
  purposes: some(PURPOSES),
  channels: some(CHANNELS),
  source: words,
  evidenceSha256: nullable(sha),
});

const grant: fc.Arbitrary<RecordedGrant> = fc
  .record({
    recordId: id,
    originId: nullable(id),
    subject: person,
    purposes: some(PURPOSES),
    channels: some(CHANNELS),
    level: fc.constantFrom(...CONSENT_LEVELS),
    basis: words,
    source: words,
    evidenceSha256: nullable(sha),
    occurredAt: fc.constant(GIVEN),
    recordedAt: nullable(since(GIVEN)),
    expiresAt: nullable(since(GIVEN + 1)),
    widens: fc.array(words, { maxLength: 2 }),
    seller: nullable(words),
    technologies: fc.subarray([...TECHNOLOGIES]),
    separate: fc.subarray([...SEPARATE_CONSENTS]),
    guardian: nullable(person),
    forNumber: nullable(fc.oneof(fc.record({ keyedHash: sha }), fc.constant({ number: '+12025550100' }))),
    ownershipVerifiedAt: nullable(since(GIVEN)),
    renews: nullable(fc.record({ recordId: id, originId: nullable(id) })),
    notice: nullable(
      fc.record({
        id: words,
        version: fc.integer({ min: 1, max: 99 }),
        language: nullable(fc.constant('zh-CN')),
      }),
    ),
    record: fc.record(
      {
        dataKinds: fc.array(words, { minLength: 1, maxLength: 3 }),
        parties: fc.array(
          fc.record({ id: words, name: words, contact: words, type: fc.constant('controller' as const) }),
          { minLength: 1, maxLength: 2 },
        ),
        storagePlaces: fc.array(words, { minLength: 1, maxLength: 3 }),
        retention: words,
        jurisdictions: some<string>(['CN', 'US-FL']),
        withdrawalMethod: words,
        artefacts: fc.array(
          fc.record({ kind: fc.constant('page' as const), mediaType: fc.constant('text/html'), sha256: sha }),
          { minLength: 1, maxLength: 2 },
        ),
        declaredZone: fc.constant('Asia/Shanghai'),
      },
      { requiredKeys: [] },
    ),
    withdrawals: fc.uniqueArray(withdrawal, { maxLength: 4, selector: ({ at }) => at }),
    renewals: fc.uniqueArray(
      fc.record({ id: nullable(id), at: since(GIVEN), recordedAt: nullable(since(GIVEN)), renewedBy: id }),
      { maxLength: 2, selector: ({ at }) => at },
    ),
    lastUsedAt: nullable(since(GIVEN)),
  })
  // What ends it names something of it, in the order in which it was.
  .map((made) => ({
    ...made,
    withdrawals: made.withdrawals
      .filter(
        ({ purposes, channels }) =>
          purposes.some((one) => made.purposes.includes(one)) &&
          channels.some((one) => made.channels.includes(one)),
      )
      .toSorted((a, b) => a.at - b.at),
    renewals: made.renewals.toSorted((a, b) => a.at - b.at),
  }));

/** As it arrives: through JSON and the schema. */
const arrived = (record: unknown) => exchangedRecordSchema.parse(JSON.parse(JSON.stringify(record)));

describe('a record that goes out and comes in', () => {
  test('keeps everything, and what is not on record stays so', () => {
    fc.assert(
      fc.property(grant, (made) => {
        expect(fromExchanged(arrived(toExchanged(made)))).toEqual(made);
      }),
    );
  });

  test('is the record that it was: no part differs from what is on record', () => {
    fc.assert(
      fc.property(grant, (made) => {
        expect(differences(fromExchanged(arrived(toExchanged(made))), made)).toEqual([]);
      }),
    );
  });

  test('tells its events in the order in which they were, the consent itself first', () => {
    fc.assert(
      fc.property(grant, (made) => {
        const { events } = toExchanged(made);
        expect(events[0]!.state).toBe('given');
        expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).toSorted());
        expect(events).toHaveLength(1 + made.withdrawals.length + made.renewals.length);
      }),
    );
  });
});

describe('a record that is taken in', () => {
  /** What rules see of it, as the import records it. */
  function factsOf(record: ExchangedRecord, channel: 'voice' | 'sms') {
    const taken = fromExchanged(record);
    const common = { source: 's', recordedAt: NOW, widens: [], renewedFrom: null };
    const granted: ConsentFact = {
      ...common,
      eventId: 'grant',
      kind: 'grant',
      purposes: taken.purposes,
      channels: taken.channels,
      level: taken.level,
      occurredAt: taken.occurredAt,
      expiresAt: taken.expiresAt,
      seller: taken.seller,
      technologies: taken.technologies,
      separate: taken.separate,
      guardian: taken.guardian !== null,
      number: null,
      ownershipVerifiedAt: null,
    };
    const withdrawn = taken.withdrawals.map(({ at, purposes, channels }, i): ConsentFact => ({
      ...granted,
      ...{
        eventId: `withdrawal-${i}`,
        kind: 'withdrawal',
        purposes,
        channels,
        occurredAt: at,
        expiresAt: null,
      },
    }));
    return { ...facts({}), channel, consents: [granted, ...withdrawn] };
  }

  test('never allows more than the record says: what is withdrawn stays so, for its purposes and channels', () => {
    fc.assert(
      fc.property(
        grant,
        fc.constantFrom(...PURPOSES),
        fc.constantFrom(...CHANNELS),
        fc.constantFrom(...CONSENT_LEVELS),
        fc.boolean(),
        since(GIVEN - DAY),
        (made, purpose, channel, level, guardian, t) => {
          const record = arrived(toExchanged(made));
          // The record by itself, read as plainly as can be.
          const [first] = record.events;
          const allows =
            first!.state === 'given' &&
            Date.parse(first!.time) <= t &&
            (first!.validUntil === null || t < Date.parse(first!.validUntil)) &&
            record.processing.purposes.includes(purpose) &&
            record.calls.channels.includes(channel) &&
            CONSENT_LEVELS.indexOf(record.processing.level) >= CONSENT_LEVELS.indexOf(level) &&
            (!guardian || first!.entity === 'guardian') &&
            !record.events.some(
              (event) =>
                event.state === 'withdrawn' &&
                event.purposes.includes(purpose) &&
                event.channels.includes(channel),
            );
          const question = { ...ANY_CONSENT, purposes: [purpose], level, guardian };
          const live = grantAt(consentState(factsOf(record, channel), question), t) !== null;
          if (live) expect(allows).toBe(true);
          // Nor less: a withdrawal of one purpose leaves the others.
          expect(live).toBe(allows);
        },
      ),
      { numRuns: 500 },
    );
  });

  const base = toExchanged({
    ...fc.sample(grant, { seed: 1, numRuns: 1 })[0]!,
    subject: { number: '+12025550100' },
    purposes: ['marketing', 'survey'],
    channels: ['voice'],
    expiresAt: null,
    guardian: null,
    renews: null,
    notice: null,
    evidenceSha256: null,
    forNumber: null,
    withdrawals: [],
    renewals: [],
  });
  const [given] = base.events;
  const later = new Date(GIVEN + DAY).toISOString();
  const withdrawn = {
    id: null,
    time: later,
    type: 'withdrawal',
    state: 'withdrawn',
    purposes: ['marketing'],
    channels: ['voice'],
    source: 'hotline',
  };
  const withEvents = (...events: object[]) => ({ ...base, events });
  const calls = (change: object) => ({ ...base, calls: { ...base.calls, ...change } });

  test('is taken as it is where nothing is wrong with it', () => {
    expect(exchangedRecordSchema.safeParse(withEvents(given!, withdrawn)).success).toBe(true);
  });

  test.each<[string, string, unknown]>([
    ['schemaVersion', 'another version', { ...base, schemaVersion: 'ISO-27560:2023/other' }],
    ['subject', 'a subject that is nobody', { ...base, subject: {} }],
    [
      'subject',
      'a subject that is two',
      { ...base, subject: { personId: base.recordId, number: '+12025550100' } },
    ],
    ['subject.number', 'a masked number', { ...base, subject: { number: '+1202*****00' } }],
    ['subject.number', 'a number in no country', { ...base, subject: { number: '2025550100' } }],
    ['subject.name', 'a name', { ...base, subject: { number: '+12025550100', name: 'x' } }],
    ['events', 'no event', withEvents()],
    ['events[0].state', 'only a withdrawal', withEvents(withdrawn)],
    ['events[0].state', 'a withdrawal first', withEvents(withdrawn, given!)],
    ['events[1].state', 'two grants', withEvents(given!, given!)],
    ['events[0].state', 'a state that is none', withEvents({ ...given, state: 'refused' })],
    ['events[0].type', 'a withdrawal that is given', withEvents({ ...given, type: 'withdrawal' })],
    ['events[1].type', 'a consent that is withdrawn', withEvents(given!, { ...withdrawn, type: 'consent' })],
    ['events[0].id', "an id that is not the record's", withEvents({ ...given, id: 'other' })],
    ['events[0].time', 'an instant without an offset', withEvents({ ...given, time: '2026-01-01T00:00:00' })],
    [
      'events[0].validUntil',
      'an end before its beginning',
      withEvents({ ...given, validUntil: '2025-01-01T00:00:00Z' }),
    ],
    [
      'events[1].time',
      'a withdrawal before it',
      withEvents(given!, { ...withdrawn, time: '2025-12-31T23:59:59.999Z' }),
    ],
    ['events[1].purposes', 'a withdrawal of nothing', withEvents(given!, { ...withdrawn, purposes: [] })],
    [
      'events[1].purposes',
      'a withdrawal of another purpose',
      withEvents(given!, { ...withdrawn, purposes: ['political'] }),
    ],
    [
      'events[1].channels',
      'a withdrawal of another channel',
      withEvents(given!, { ...withdrawn, channels: ['sms'] }),
    ],
    [
      'events[2].id',
      'one event twice',
      withEvents(given!, { ...withdrawn, id: 'w' }, { ...withdrawn, id: 'w' }),
    ],
    ['renews', 'a renewal of nothing', withEvents({ ...given, type: 'renewal' })],
    ['renews', 'a consent that renews', { ...base, renews: { recordId: 'r' } }],
    ['calls.guardian', 'a guardian who did not give it', calls({ guardian: { number: '+12025550101' } })],
    ['calls.guardian', 'a guardian who is not named', withEvents({ ...given, entity: 'guardian' })],
    ['calls.guardian.number', 'a masked guardian', calls({ guardian: { number: '+1202*****01' } })],
    [
      'calls.forNumber',
      'two numbers',
      calls({ forNumber: { keyedHash: 'ab'.repeat(32), number: '+12025550100' } }),
    ],
    ['calls.forNumber.number', 'a masked number', calls({ forNumber: { number: '+1202*****00' } })],
    ['calls.evidenceSha256', 'a hash that is none', calls({ evidenceSha256: 'ab' })],
    ['calls.source', 'no source', calls({ source: ' ' })],
    ['processing.purposes', 'no purpose', { ...base, processing: { ...base.processing, purposes: [] } }],
    [
      'notice.textSha256',
      'two hashes of one text',
      {
        ...calls({ evidenceSha256: 'ab'.repeat(32) }),
        notice: { id: 'a', version: 1, textSha256: 'cd'.repeat(32) },
      },
    ],
  ])('is refused by %s for %s', (field, _what, record) => {
    const parsed = exchangedRecordSchema.safeParse(record);
    expect(parsed.success).toBe(false);
    const found = faultsOf(parsed.error!, record).map((fault) => fault.field);
    expect(found).toContain(field);
  });

  test('says of a masked number that it is masked', () => {
    const record = { ...base, subject: { number: '+1202*****00' } };
    const [fault] = faultsOf(exchangedRecordSchema.safeParse(record).error!, record);
    expect(fault).toEqual({
      field: 'subject.number',
      fault: 'is masked',
      expected: 'the number in full, or the person',
    });
  });

  test('has no instant in the future but its end', () => {
    const record = arrived({
      ...calls({ ownershipVerifiedAt: later, lastUsedAt: later }),
      events: [{ ...given, recordedAt: later, validUntil: '2099-01-01T00:00:00Z' }, withdrawn],
    });
    const fields = (now: number) => futureFaults(record, now).map(({ field }) => field);
    expect(fields(GIVEN + DAY)).toEqual([]);
    expect(fields(GIVEN + DAY - 1)).toEqual([
      'events[0].recordedAt',
      'events[1].time',
      'calls.ownershipVerifiedAt',
      'calls.lastUsedAt',
    ]);
    expect(fields(GIVEN - 1)).toContain('events[0].time');
  });
});
