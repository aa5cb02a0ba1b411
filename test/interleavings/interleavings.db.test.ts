import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STEPS } from '../../domain/steps.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { BROKEN } from './broken.ts';
import { playMany, untilViolated } from './many.ts';
import { createSummary } from './summary.ts';

/** The short form of `npm run interleavings`: other seeds are tried by that. */
const SHORT = { seed: 1, count: 100, lanes: 6 };
/** Real ms: seconds on a quiet machine. */
const TIMEOUT_MS = 240_000;
/**
 * Steps of the pacer and of its word to Temporal: contacts are admitted here by the test itself. And those of agents, who
 * are not in it.
 */
const NOT_HERE = [
  ...['admission.commit', 'admission.committed', 'admission.told'],
  ...['bridge.ask', 'bridge.answered', 'bridge.commit', 'bridge.committed'],
  ...['abandon.commit', 'abandon.committed', 'letgo.ask', 'letgo.asked'],
  ...['preview.settle', 'preview.settled'],
];
/** Guards whose absence a few dozen interleavings show; `npm run interleavings -- --broken` has all of them. */
const SOON_SHOWN = ['claim.asks', 'send.state', 'stop.revokes', 'reconcile.asks'];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('by turns drawn from seeds, on real PostgreSQL', () => {
  it(
    'I1, I2, I3, I5, I10: withdrawals, suppressions, pauses, kills, claims, sends, deaths and sweepers break no promise',
    async () => {
      const summary = createSummary();
      const violations: string[] = [];
      await playMany(database.url, {
        ...SHORT,
        onPlayed: (played) => {
          summary.add(played);
          violations.push(...played.violations.map((text) => `seed ${played.seed}: ${text}`));
          return true;
        },
      });
      expect(violations).toEqual([]);
      expect(STEPS.filter((step) => !summary.steps().has(step))).toEqual(NOT_HERE);
    },
    TIMEOUT_MS,
  );

  it.each(BROKEN.filter(({ guard }) => SOON_SHOWN.includes(guard)))(
    'a broken build is caught: without $guard',
    async (broken) => {
      const { violation } = await untilViolated(database.url, { seed: 1_000, count: 200, lanes: 6 }, broken);
      expect(violation).not.toBeNull();
    },
    TIMEOUT_MS,
  );
});
