import type { CampaignDefinition } from './campaign.ts';

/** The arms of its campaign's experiments that a contact is in, by name. */
export interface Arms {
  readonly script?: string;
  readonly retry?: string;
}

interface Weighted {
  readonly name: string;
  readonly weight: number;
}

/**
 * A number in [0, 1) from a text: FNV-1a, mixed as MurmurHash3 ends, since FNV alone hardly moves the upper bits for
 * texts that differ at their end. No secret: who is in which arm may be worked out.
 */
export function unitHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function armFor<T extends Weighted>(arms: readonly T[], text: string): T {
  const total = arms.reduce((sum, arm) => sum + arm.weight, 0);
  let left = unitHash(text) * total;
  for (const arm of arms) {
    left -= arm.weight;
    if (left < 0) return arm;
  }
  return arms.at(-1)!;
}

/**
 * The arms of a contact: those it was put into, as long as they are there, else by its id and the campaign's. Null: the
 * campaign tries nothing.
 */
export function armsOf(
  definition: Pick<CampaignDefinition, 'rules'>,
  campaignId: string,
  contactId: string,
  stored: Arms | null,
): Arms | null {
  // Definitions of before there were rules have none.
  const experiments = (definition as Partial<CampaignDefinition>).rules?.experiments;
  if (experiments === undefined || (experiments.script === null && experiments.retry === null)) return null;
  const pick = (kind: 'script' | 'retry'): Arms => {
    const arms: readonly Weighted[] | null = experiments[kind];
    if (arms === null) return {};
    const kept = arms.find(({ name }) => name === stored?.[kind]);
    return { [kind]: (kept ?? armFor(arms, `${campaignId}/${kind}/${contactId}`)).name };
  };
  return { ...pick('script'), ...pick('retry') };
}

/** The definition as it holds for contacts in these arms. */
export function definitionFor(definition: CampaignDefinition, arms: Arms | null): CampaignDefinition {
  if (arms === null) return definition;
  const experiments = (definition as Partial<CampaignDefinition>).rules?.experiments;
  const script = experiments?.script?.find(({ name }) => name === arms.script)?.script;
  const retry = experiments?.retry?.find(({ name }) => name === arms.retry)?.retry;
  if (script === undefined && retry === undefined) return definition;
  return { ...definition, script: script ?? definition.script, retry: retry ?? definition.retry };
}
