import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { NEAR_MISSES, nearMissOfReason } from '../../domain/near-misses.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const KINDS = Object.keys(NEAR_MISSES);

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'));
}

describe('near misses', () => {
  const code = ['activities', 'api', 'db', 'gate'].flatMap(sources).join('\n');

  test.each(KINDS)('%s is counted somewhere', (kind) => {
    // By name where it is known; those of a reason, or of a permit that did not hold, are worked out.
    const named = code.includes(`'${kind}'`);
    const ofReason = readFileSync(join(ROOT, 'domain/near-misses.ts'), 'utf8').includes(`return '${kind}'`);
    const ofFact = ['fact_missing', 'fact_stale'].includes(kind);
    expect(named || ofReason || ofFact).toBe(true);
  });

  test('docs/operations.md tells each, under its promise, in the same words', () => {
    const document = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    const [, section] = /### Near misses\n([\s\S]*?)\n### /.exec(document)!;
    const rows = [...section!.matchAll(/^\| (I\d+) +\| `(\w+)` +\| (.*?) +\|$/gm)].map(
      ([, invariant, kind, what]) => [kind, { invariant, what }],
    );
    expect(Object.fromEntries(rows)).toEqual(NEAR_MISSES);
  });
});

describe('the reason of a denial', () => {
  test.each([
    ['list.missing', 'fact_missing'],
    ['list.stale', 'fact_stale'],
    ['emergency.declared.feed_stale', 'fact_stale'],
    ['emergency.feed_missing', 'fact_missing'],
    ['eligibility.unknown', 'fact_missing'],
    ['caller_id.unproven', 'fact_missing'],
    ['transfer.unstated', 'fact_missing'],
    ['zone.unknown', 'place_unknown'],
    ['jurisdiction.uncovered', 'place_unknown'],
    ['calendar.uncovered', 'calendar_uncovered'],
    ['cap.attempts', 'cap_reached'],
  ])('%s is a near miss: %s', (reason, kind) => {
    expect(nearMissOfReason(reason)).toBe(kind);
  });

  test.each([
    null,
    'window.closed',
    'optout.internal',
    'consent.missing',
    'list.national_dnc',
    'cooldown.refusal',
  ])('%s is an ordinary answer', (reason) => {
    expect(nearMissOfReason(reason)).toBeNull();
  });
});
