import { setTimeout as delay } from 'node:timers/promises';
import { addNeighbour, type Neighbour } from './support/neighbour.ts';
import { atMost, measure, type BenchResult, type Report } from './support/result.ts';
import { withClient, type BenchServers } from './support/servers.ts';
import { AFTERNOON_CN, numberOf, startStack, type Stack } from './support/stack.ts';

/**
 * What a tenant of twenty contacts notices of its neighbours, on one worker and one API: how long it takes until its
 * twenty were dialled, alone, beside a tenant with a great many contacts that dials as fast as it can, and beside one
 * whose carrier takes 1.4 s for every answer.
 */
export interface FairnessOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  /** Contacts that wait in the big tenant's campaign, beside those that are dialled meanwhile. */
  readonly waiting: number;
}

const SMALL = 20;
/** What the big tenant dials meanwhile, at most. */
const BIG = 1_500;
const CALLS_PER_SECOND = 50;
const WITHIN_MS = 120_000;
/** Real ms that the big tenant gets to be at its full speed. */
const HEAD_START_MS = 5_000;
/** Of the design: no delay. Twice as long on a machine that both keep busy is no more than the machine's share. */
const RATIO_MAX = 3;

export async function run(options: FairnessOptions): Promise<BenchResult> {
  const { servers, report } = options;
  const stack = await startStack({ servers, from: AFTERNOON_CN, speed: 1 });
  const small = await addNeighbour(stack, { slug: 'small', callsPerSecond: CALLS_PER_SECOND });
  const big = await addNeighbour(stack, { slug: 'big', callsPerSecond: CALLS_PER_SECOND });
  const slow = await addNeighbour(stack, {
    slug: 'slow',
    callsPerSecond: CALLS_PER_SECOND,
    faults: 'slow=1:1400',
  });
  try {
    let made = 0;
    const numbers = (count: number) => Array.from({ length: count }, () => numberOf(made++));
    const dialSmall = async () => {
      const { campaignId } = await small.addCampaign(numbers(SMALL));
      const beganReal = Date.now();
      await small.start(campaignId);
      const sent = await small.untilSent(campaignId, SMALL, WITHIN_MS);
      return { ms: sent.at(-1)! - beganReal, firstReal: sent[0]!, lastReal: sent.at(-1)! };
    };
    const beside = async (neighbour: Neighbour) => {
      const { campaignId } = await neighbour.addCampaign(numbers(BIG));
      if (neighbour === big) await fillUp(stack, neighbour.tenantId, campaignId, options.waiting);
      await neighbour.start(campaignId);
      await neighbour.untilSent(campaignId, 1, WITHIN_MS);
      await delay(HEAD_START_MS);
      const seen = await dialSmall();
      const sent = await neighbour.sentReal(campaignId);
      await stack.db.inTenant(neighbour.tenantId, (tx) =>
        tx.query(`UPDATE campaigns SET status = 'paused' WHERE tenant_id = $1`, [tx.tenantId]),
      );
      await delay(HEAD_START_MS);
      const between = sent.filter((at) => at >= seen.firstReal && at <= seen.lastReal).length;
      const perSecond = sent.length / ((sent.at(-1)! - sent[0]!) / 1_000);
      return { ...seen, between, perSecond };
    };
    await dialSmall();
    const alone = await dialSmall();
    report(`  fairness, alone: ${alone.ms} ms`);
    const besideBig = await beside(big);
    report(
      `  fairness, beside the big one: ${besideBig.ms} ms, ${besideBig.between} of its calls in between`,
    );
    const besideSlow = await beside(slow);
    report(
      `  fairness, beside the slow carrier: ${besideSlow.ms} ms, ${besideSlow.between} of its calls in between`,
    );
    const waiting = options.waiting.toLocaleString('en-US');
    return {
      name: 'fairness',
      compared: `until the ${SMALL} contacts of a small tenant were dialled, alone and beside its neighbours`,
      on: `one worker, one API; ${waiting} further contacts waiting in the big tenant's campaign; carriers of ${CALLS_PER_SECOND} calls/s each`,
      measures: [
        measure('alone', 'ms', [alone.ms]),
        measure('beside the big tenant', 'ms', [besideBig.ms]),
        measure('beside it ÷ alone', '', [besideBig.ms / alone.ms], atMost(RATIO_MAX)),
        measure("the big tenant's calls between its first and its last", '', [besideBig.between]),
        measure("the big tenant's calls a second", '/s', [besideBig.perSecond]),
        measure('beside the slow carrier', 'ms', [besideSlow.ms]),
        measure('beside the slow carrier ÷ alone', '', [besideSlow.ms / alone.ms], atMost(RATIO_MAX)),
        measure("the slow carrier's calls a second", '/s', [besideSlow.perSecond]),
      ],
      notes: ['from the start of the campaign to the request of its last contact'],
    };
  } finally {
    await Promise.all([small, big, slow].map((neighbour) => neighbour.stop()));
    await stack.stop();
  }
}

/** Contacts that are due as well and behind those that will be dialled: rows, of people whom nothing is known of. */
async function fillUp(stack: Stack, tenantId: string, campaignId: string, count: number): Promise<void> {
  await withClient(stack.databaseUrl, async (client) => {
    await client.query(`SET synchronous_commit = off`);
    await client.query(
      `WITH people AS (
         INSERT INTO persons (tenant_id, id, created_real, updated_real)
         SELECT $1, gen_random_uuid(), now(), now() FROM generate_series(1, $3::int) RETURNING id),
       seen AS (SELECT cohort, rank, ready_at FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 LIMIT 1)
       INSERT INTO contacts (tenant_id, id, campaign_id, person_id, state, rank, priority, cohort, ready_at, admissions,
                             attempts, counted_attempts, workflow_open, wake_pending, created_at, updated_at)
       SELECT $1, gen_random_uuid(), $2, people.id, 'waiting', seen.rank, 5, seen.cohort,
              seen.ready_at + interval '1 ms', 0, 0, 0, false, false, now(), now() FROM people, seen`,
      [tenantId, campaignId, count],
    );
    await client.query('ANALYZE contacts');
  });
}
