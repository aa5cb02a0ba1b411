import { expect, test } from 'vitest';
import { listStandings } from '../../api/routes/suppressions/standing.ts';
import { DAY_MS } from '../../domain/time.ts';
import { bundledDocuments, toStored } from '../../policies/index.ts';

const NOW = Date.parse('2026-03-02T10:00:00+08:00');
const documents = bundledDocuments().map(toStored);
const DNC = 'us-national-dnc';

test('lists stand as the rules see them: fresh until the very instant at which the rule stops relying on them', () => {
  const held = (asOf: number | null) => [{ list: DNC, asOf, entries: 3 }];
  const at = (now: number, asOf: number | null) =>
    listStandings(documents, held(asOf), now).find((one) => one.list === DNC)!;
  const { staleFrom, rules } = at(NOW, NOW);
  expect(rules.length).toBeGreaterThan(0);
  expect(staleFrom).toBe(NOW + 31 * DAY_MS);
  expect(at(staleFrom! - 1, NOW).standing).toBe('fresh');
  expect(at(staleFrom!, NOW).standing).toBe('stale');
  expect(at(NOW, null).standing).toBe('missing');
  expect(listStandings(documents, [], NOW).map((one) => [one.list, one.standing])).toContainEqual([
    DNC,
    'missing',
  ]);
  expect(listStandings([], held(NOW), NOW)).toMatchObject([{ standing: 'held', staleFrom: null }]);
});
