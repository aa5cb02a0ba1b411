import { CompleteAsyncError, Context } from '@temporalio/activity';
import { createTurns } from '../domain/turns.ts';
import type { PlaceCallResult } from '../domain/carrier.ts';
import type { CampaignStatus } from '../domain/vocabulary.ts';
import { placeCall, type PlaceCallInput } from './calls/place-call.ts';
import { tracePlaceCall } from './tracing.ts';
import type { CarrierSource } from './calls/carrier-source.ts';
import { drainEndpoint, type DeliverDeps, type DrainResult } from './deliver/drain.ts';
import { closeCampaign } from './pace/close-campaign.ts';
import { paceCampaign, type PacerDeps, type PacerHooks } from './pace/pacer.ts';
import { GATE_PASSES_AT_ONCE, PACERS_AT_ONCE, PACER_TURN_MS } from './places.ts';
import { rejoinHopper } from './pace/rejoin.ts';
import { campaignById } from '../db/repositories/campaigns.ts';
import { keepCallerOf } from '../gate/caller-number.ts';
import type { Vault } from '../db/vault/index.ts';
import type { CampaignKey, EndpointKey } from './workflow-gateway.ts';

export interface ActivityDeps extends PacerDeps, DeliverDeps {
  readonly vault: Vault;
  readonly carriers: CarrierSource;
  readonly waitForWork: PacerHooks['waitForWork'];
}

/** The activities as Temporal calls them: thin, for what they do is in the folders beside this file. */
export function createActivities(deps: ActivityDeps) {
  // Every dial has a place in line: there are only so many (DIALS_AT_ONCE).
  const gate = createTurns({ atOnce: GATE_PASSES_AT_ONCE, waiting: Infinity, waitMs: null });
  let pacers = 0;
  return {
    /**
     * Pass the dial gate for an admission and ring if allowed. While the call is up the activity is left open, to be
     * completed by workflow id and activity id; no worker slot is held. Idempotent: it may be run again at any time.
     */
    placeCall: async (input: PlaceCallInput): Promise<PlaceCallResult> => {
      const first = Context.current().info.attempt === 1;
      const outcome = await tracePlaceCall(input, first, () => placeCall({ ...deps, gate }, input));
      if (outcome.kind === 'pending') throw new CompleteAsyncError();
      return outcome;
    },
    /** A contact's workflow waited longer than planned: see where the contact is, and put it back if it was lost. */
    rejoinHopper: (input: { tenantId: string; contactId: string }): Promise<PlaceCallResult> =>
      deps.db.inTenant(input.tenantId, (tx) => rejoinHopper(tx, deps.clock, input.contactId)),
    /** Keep a campaign's contacts coming until it is paused or over. Runs for as long as the campaign does. */
    pace: async (input: CampaignKey): Promise<{ status: CampaignStatus }> => {
      const context = Context.current();
      // Campaigns that were made by a version before this table have no row in it.
      await deps.db.inTenant(input.tenantId, async (tx) => {
        const campaign = await campaignById(tx, input.campaignId);
        if (campaign !== null) await keepCallerOf(tx, deps.vault, campaign.definition);
      });
      const began = performance.now();
      pacers += 1;
      try {
        return await paceCampaign(deps, input, {
          beat: () => context.heartbeat(),
          cancelled: context.cancellationSignal,
          waitForWork: deps.waitForWork,
          mustGiveWay: () => pacers >= PACERS_AT_ONCE && performance.now() - began > PACER_TURN_MS,
        });
      } finally {
        pacers -= 1;
      }
    },
    /** Deliver an endpoint's outgoing events until none is due. Ends by itself within a minute. */
    deliver: (input: EndpointKey): Promise<DrainResult> => {
      const context = Context.current();
      return drainEndpoint(deps, input, {
        beat: () => context.heartbeat(),
        cancelled: context.cancellationSignal,
      });
    },
    /** End what still waits in a campaign that is over. */
    closeCampaign: async (input: CampaignKey): Promise<{ ended: number }> => {
      const context = Context.current();
      return { ended: await closeCampaign(deps, input, () => context.heartbeat()) };
    },
  };
}
