import type { ContactState } from '../../domain/vocabulary.ts';
import type { Tx } from '../client.ts';
import { FIGURES, type AttemptFigures } from './report-attempts.ts';

/** Figures of one campaign among others. */
export interface CampaignFigures {
  /** Every state with how many contacts are in it; states of none are absent. */
  readonly byState: Readonly<Partial<Record<ContactState, number>>>;
  readonly attempts: AttemptFigures;
}

const NO_ATTEMPTS: AttemptFigures = {
  attempts: 0,
  notSent: 0,
  ended: 0,
  answered: 0,
  reached: 0,
  converted: 0,
  talkS: 0,
};

/** Figures of these campaigns side by side, in two statements; by campaign id, each there. */
export async function reportCampaigns(
  tx: Tx,
  campaignIds: readonly string[],
): Promise<Map<string, CampaignFigures>> {
  const states = await tx.query<{ id: string; state: ContactState; n: number }>(
    `SELECT campaign_id AS id, state, count(*) AS n FROM contacts
     WHERE tenant_id = $1 AND campaign_id = ANY($2::uuid[]) GROUP BY 1, 2`,
    [tx.tenantId, campaignIds],
  );
  const attempts = await tx.query<AttemptFigures & { id: string }>(
    `SELECT a.campaign_id AS id, ${FIGURES}
     FROM attempts a LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.campaign_id = ANY($2::uuid[]) GROUP BY 1`,
    [tx.tenantId, campaignIds],
  );
  const figures = new Map(attempts.map(({ id, ...rest }) => [id, rest]));
  return new Map(
    campaignIds.map((id) => [
      id,
      {
        byState: Object.fromEntries(states.filter((row) => row.id === id).map(({ state, n }) => [state, n])),
        attempts: figures.get(id) ?? NO_ATTEMPTS,
      },
    ]),
  );
}
