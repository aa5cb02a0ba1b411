import { z } from 'zod';
import { RightcallError, notFound } from '../../domain/failures.ts';
import type { ApiClient } from './http.ts';

interface CampaignPage {
  readonly items: readonly { readonly id: string; readonly name: string }[];
  readonly next: string | null;
}

/** People know campaigns by name: the id of the one campaign of this name, or the id itself. */
export async function campaignIdOf(api: ApiClient, given: string): Promise<string> {
  if (z.guid().safeParse(given).success) return given;
  const found: string[] = [];
  let after: string | undefined;
  do {
    const page: CampaignPage = await api.send('GET', '/v1/campaigns', { query: { limit: 500, after } });
    found.push(...page.items.filter((campaign) => campaign.name === given).map((campaign) => campaign.id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  if (found.length === 0) throw notFound(`a campaign named ${given}`);
  if (found.length > 1) {
    throw new RightcallError(
      'conflict',
      `${found.length} campaigns have this name; name one by id: ${found.join(', ')}`,
    );
  }
  return found[0]!;
}
