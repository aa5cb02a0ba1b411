import type { Clock } from '../../domain/clock.ts';
import type { Database, Tx } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import {
  campaignsWithRules,
  contactsToJudge,
  setRulesPlace,
  storeJudgements,
  takeRulesPlace,
  type ContactToJudge,
  type RulesPlace,
} from '../../db/repositories/campaign-rules.ts';
import type { Vault } from '../../db/vault/index.ts';
import {
  judgedBy,
  judgeOf,
  rulesToJudge,
  type ContactJudgement,
  type Judge,
} from '../../gate/rules/judge.ts';

export interface JudgeDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly vault: Vault;
}

/** Contacts judged in one transaction: some tens of ms, so that nobody waits for it. */
const BATCH = 500;
/** No id comes after it. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** What a contact comes to where no rules are left. */
const UNJUDGED: Judge = () => ({ leftOut: null, fault: null, priority: null, quotas: [], list: null });

/**
 * Judge the contacts of campaigns with rules: new ones once they are imported, all of them once the rules have changed,
 * from the first on. A contact that comes due before its turn waits for it (`campaign.rules_pending`), and none is called
 * by rules that hold no more. Where a worker dies another goes on.
 * @returns whether more is to be done now
 */
export async function judgeContacts(deps: JudgeDeps, tenantId: string): Promise<boolean> {
  const campaigns = await deps.db.single(tenantId, (tx) => campaignsWithRules(tx));
  let more = false;
  for (const campaignId of campaigns) {
    more = (await deps.db.inTenant(tenantId, (tx) => judgeSome(tx, deps, campaignId))) || more;
  }
  return more;
}

async function judgeSome(tx: Tx, deps: JudgeDeps, campaignId: string): Promise<boolean> {
  const now = deps.clock.now();
  const found = await takeRulesPlace(tx, campaignId, now);
  if (found === null) return false;
  const hash = judgedBy(found.definition);
  // From the first on where the rules are not those that contacts were judged by so far.
  const place: Omit<RulesPlace, 'definition'> =
    found.judgedBy === hash ? found : { judgedBy: hash, afterWaiting: null, afterLeftOut: null };
  const pending = await contactsToJudge(tx, campaignId, {
    hash,
    which: 'pending',
    after: null,
    limit: BATCH,
  });
  const waiting = await contactsToJudge(tx, campaignId, {
    hash,
    which: 'waiting',
    after: place.afterWaiting,
    limit: BATCH,
  });
  const leftOut =
    place.afterLeftOut === LAST_ID
      ? []
      : await contactsToJudge(tx, campaignId, {
          hash,
          which: 'left_out',
          after: place.afterLeftOut,
          limit: BATCH,
        });
  const all = [...new Map([...pending, ...waiting, ...leftOut].map((one) => [one.id, one])).values()];
  const freed = await storeJudgements(tx, hash, await judgementsOf(tx, deps, found, all), now);
  const next = {
    judgedBy: hash,
    afterWaiting: waiting.at(-1)?.id ?? place.afterWaiting,
    afterLeftOut: leftOut.length < BATCH ? LAST_ID : leftOut.at(-1)!.id,
  };
  if (
    found.judgedBy !== next.judgedBy ||
    found.afterWaiting !== next.afterWaiting ||
    found.afterLeftOut !== next.afterLeftOut
  ) {
    await setRulesPlace(tx, campaignId, next, now);
  }
  if (freed || all.length > 0) await notifyWork(tx);
  return pending.length === BATCH || waiting.length === BATCH || leftOut.length === BATCH;
}

async function judgementsOf(
  tx: Tx,
  deps: JudgeDeps,
  { definition }: Pick<RulesPlace, 'definition'>,
  contacts: readonly ContactToJudge[],
): Promise<
  { id: string; leftOut: string | null; priority: number | null; quotas: string; list: number | null }[]
> {
  if (contacts.length === 0) return [];
  const rules = rulesToJudge(definition);
  const judge = rules === null ? UNJUDGED : judgeOf(rules);
  const sealers = await deps.vault.sealersOf(
    tx.tenantId,
    rules === null ? [] : [...new Set(contacts.map(({ personId }) => personId))],
  );
  try {
    return contacts.map(({ id, personId, attributes, list }) => {
      const sealer = sealers.get(personId);
      const opened = attributes === null || sealer === undefined ? {} : sealer.openAttributes(id, attributes);
      const { leftOut, priority, quotas, list: mixed }: ContactJudgement = judge(opened, list);
      return { id, leftOut, priority, quotas: JSON.stringify(quotas), list: mixed };
    });
  } finally {
    for (const sealer of sealers.values()) sealer.dispose();
  }
}
