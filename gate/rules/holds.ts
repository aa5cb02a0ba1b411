import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { ContactState } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { RULES_PENDING } from '../../db/repositories/campaign-rules.ts';
import type { Vault } from '../../db/vault/index.ts';
import type { CampaignBlock } from '../campaign-blocks.ts';
import { compile, environmentOf, partsOf, valuesOf } from './expression.ts';
import { isRulesPending, RULES_PENDING_DELAY_MS } from './pending.ts';
import { countQuotas, holdsOf, quotasOf, type QuotaHold } from './quotas.ts';

/** What an explanation may say of a contact's attributes, which are sealed. */
export interface AttributeAccess {
  readonly vault: Pick<Vault, 'sealersOf'>;
  /** Whoever asks may see what they hold, and not only which ones a filter looked at. */
  readonly showsValues: boolean;
}

/** As much of a contact as its campaign's rules go by. */
interface HeldContact {
  readonly id: string;
  readonly personId: string;
  readonly state: ContactState;
  readonly stateReason: string | null;
  readonly updatedAt: EpochMs;
  readonly attributes: Buffer | null;
  readonly judgedBy: string | null;
  readonly quotas: readonly string[] | null;
}

type Held = Pick<CampaignBlock, 'code' | 'detail'>;

/** Codes of what the functions below say, in the order in which they are met. */
export const RULE_BLOCKS = [
  'campaign.filter',
  'campaign.filter_fault',
  'campaign.rules_pending',
  'campaign.quota',
  'campaign.quota_day',
  'campaign.quota_busy',
] as const;

/** What its campaign's rules have against calling a contact at `at`: which filter, quota and attribute it is. */
export async function ruleBlocks(
  tx: Tx,
  deps: { readonly clock: Clock; readonly attributes?: AttributeAccess },
  campaign: { readonly id: string; readonly definition: CampaignDefinition },
  contact: HeldContact,
  { at, now }: { readonly at: EpochMs; readonly now: EpochMs },
): Promise<CampaignBlock[]> {
  const { definition } = campaign;
  const blocks: CampaignBlock[] = [];
  if (contact.stateReason === 'campaign.filter' || contact.stateReason === 'campaign.filter_fault') {
    // What its attributes were before they were changed is not on record.
    const access = at >= now || contact.updatedAt <= at ? (deps.attributes ?? null) : null;
    const held = await heldByFilter(tx.tenantId, definition, contact, access);
    blocks.push({ ...held, until: null });
  }
  // Earlier judgements and counters are not on record either.
  if (at < now) return blocks;
  if (contact.state === 'waiting' || contact.state === 'admitted') {
    if (isRulesPending(definition, contact)) {
      const until = at + Math.ceil(RULES_PENDING_DELAY_MS * deps.clock.speed);
      blocks.push({ code: RULES_PENDING, until, detail: {} });
    }
  } else if (contact.stateReason !== 'campaign.quota') return blocks;
  const quotas = await countQuotas(
    tx,
    campaign.id,
    quotasOf(definition, { quotas: contact.quotas ?? [] }, at),
  );
  return [...blocks, ...holdsOf(quotas, at).map((hold) => ({ ...heldByQuota(hold), until: hold.until }))];
}

/** Characters of an attribute that are told. */
const VALUE_MAX = 200;

async function heldByFilter(
  tenantId: string,
  definition: CampaignDefinition,
  { id, personId, stateReason, attributes }: HeldContact,
  access: AttributeAccess | null,
): Promise<Held> {
  const code = stateReason!;
  // Definitions of before there were rules have none.
  const rules = (definition as Partial<CampaignDefinition>).rules;
  // It was taken away, and whom it left out is about to come back.
  if (rules === undefined || rules.filter === null) return { code, detail: {} };
  const { filter, attributes: types } = rules;
  const opened = access === null ? null : await openedOf(access, tenantId, personId, id, attributes);
  if (opened === null) return { code, detail: { filter } };
  const env = environmentOf(types);
  const unmet = partsOf(env, filter).conditions.filter((condition) => {
    const compiled = compile(env, types, condition);
    const outcome = 'expression' in compiled ? compiled.expression.evaluate(opened) : null;
    return outcome?.kind !== 'value' || !outcome.value;
  });
  const named = [...new Set(unmet.flatMap((condition) => partsOf(env, condition).attributes))];
  const readable = valuesOf(types, opened);
  const told = (name: string) =>
    Object.hasOwn(readable, name) ? String(opened[name]).slice(0, VALUE_MAX) : null;
  return {
    code,
    detail: {
      filter,
      unmet: unmet.join('; '),
      attributes: named.join(', '),
      ...(access!.showsValues
        ? Object.fromEntries(named.map((name) => [`contact.${name}`, told(name)]))
        : {}),
    },
  };
}

/** Null: the person was erased. */
async function openedOf(
  { vault }: AttributeAccess,
  tenantId: string,
  personId: string,
  contactId: string,
  sealed: Buffer | null,
): Promise<Readonly<Record<string, unknown>> | null> {
  if (sealed === null) return {};
  const sealer = (await vault.sealersOf(tenantId, [personId])).get(personId);
  if (sealer === undefined) return null;
  try {
    return sealer.openAttributes(contactId, sealed);
  } finally {
    sealer.dispose();
  }
}

export function heldByQuota({ of: { quota, counted, open }, reason }: QuotaHold): Held {
  const { name, counts, per, max } = quota;
  return { code: reason, detail: { quota: name, counts, per, max, counted, open } };
}
