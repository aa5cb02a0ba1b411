import type { Tx } from '../../db/client.ts';
import { apportion, estimate } from '../estimate.ts';
import { readLists } from '../facts-batch.ts';
import { campaignNow, campaignsOf, PairSource } from './campaigns.ts';
import { CHANGES } from './change.ts';
import { compareContacts, ContactReader } from './contacts.ts';
import { movesOf, type PreviewSample } from './result.ts';
import { PreviewTally } from './tally.ts';
import type { PreviewQuestion } from './work.ts';

/** Contacts asked about in one reading; each part of a random order is a random sample. */
const PART = 100;

/**
 * A first answer while the whole is worked out: a simple random sample of the open contacts, as large as there is time
 * for. The transaction should be one that sees one state throughout.
 * @param options.size contacts at most; options.forMs (real) after which no further part is begun
 */
export async function samplePreview(
  tx: Tx,
  question: PreviewQuestion,
  options: { readonly size: number; readonly forMs: number },
): Promise<PreviewSample> {
  const since = performance.now();
  const { at } = question;
  const campaigns = await campaignsOf(tx, question.campaignId);
  const total = campaigns.reduce((sum, { contacts }) => sum + contacts, 0);
  const chosen = await tx.query<{ id: string; campaign_id: string }>(
    `SELECT id, campaign_id FROM contacts
     WHERE tenant_id = $1 AND campaign_id = ANY ($2::uuid[]) AND state IN ('waiting', 'admitted')
     ORDER BY random() LIMIT $3`,
    [tx.tenantId, campaigns.map(({ id }) => id), options.size],
  );
  const tally = new PreviewTally();
  const pairs = new PairSource(question.documents);
  for (let from = 0; from < chosen.length; from += PART) {
    if (from > 0 && performance.now() - since > options.forMs) break;
    const part = chosen.slice(from, from + PART);
    for (const campaignId of new Set(part.map((one) => one.campaign_id))) {
      const ids = part.flatMap((one) => (one.campaign_id === campaignId ? [one.id] : []));
      await tallyThese(tx, question, pairs, tally, campaignId, ids);
    }
  }
  return {
    at,
    total,
    evaluated: tally.total,
    exact: tally.total === total,
    changes: scaled(tally, total),
    moves: movesOf(tally),
    passages: tally.passages,
    samples: CHANGES.flatMap((kind) => tally.samples(kind)),
  };
}

async function tallyThese(
  tx: Tx,
  question: PreviewQuestion,
  pairs: PairSource,
  tally: PreviewTally,
  campaignId: string,
  ids: readonly string[],
): Promise<void> {
  const { at, horizonMs } = question;
  const campaign = await campaignNow(tx, campaignId, at);
  const pair = pairs.forCampaign(campaign);
  const batch = await new ContactReader(campaign, pair, await readLists(tx)).these(tx, ids, at);
  for (const [jurisdiction, count] of batch.same) tally.addUnchanged({ campaignId, jurisdiction }, count);
  for await (const compared of compareContacts(campaign, pair, batch.asked, at, horizonMs)) {
    tally.add(compared, (side, one) => pair.nameRule(side, one[side].rule));
  }
}

function scaled(tally: PreviewTally, total: number): PreviewSample['changes'] {
  const evaluated = tally.total;
  const { changes } = tally;
  const counts = apportion(
    total,
    CHANGES.map((kind) => changes[kind]),
  );
  return Object.fromEntries(
    CHANGES.map((kind, i) => [kind, estimate(counts[i]!, changes[kind], evaluated, total)]),
  ) as PreviewSample['changes'];
}
