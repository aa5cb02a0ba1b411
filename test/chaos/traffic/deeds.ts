import type { EpochMs } from '../../../domain/time.ts';
import { HOUR_MS, toIso } from '../../../domain/time.ts';
import type { Seeded } from '../seeded.ts';
import type { ChaosCampaign, ChaosContact, World } from './campaigns.ts';
import type { Answered, ApiClient, Asked } from './client.ts';

/** What clients do while the campaigns run, and how often, relative to each other. */
export const DEED_WEIGHTS = {
  withdraw: 4,
  suppress: 4,
  'stop contact': 4,
  'pause campaign': 2,
  'pause carrier': 0.5,
  'stop everything': 0.5,
  'stop campaign': 0.3,
  callback: 4,
} as const;
export type DeedKind = keyof typeof DEED_WEIGHTS;

/** One deed, chosen by the seed alone: which of the world's contacts and campaigns is a number to count by. */
export interface Deed {
  readonly kind: DeedKind;
  /** Real ms after dialling began. */
  readonly atMs: number;
  readonly which: number;
  /** How long a pause lasts, real ms. */
  readonly forMs: number;
  readonly variant: number;
}

const GAP_MS = { min: 200, max: 1_600 };
const PAUSE_MS = { min: 500, max: 3_500 };

/** About one deed a second for `lengthMs` (real). */
export function planDeeds(draw: Seeded, lengthMs: number, pauseMs = PAUSE_MS): Deed[] {
  const deeds: Deed[] = [];
  let stopped = 0;
  for (let atMs = 1_000; ;) {
    atMs += draw.between(GAP_MS.min, GAP_MS.max);
    if (atMs >= lengthMs) return deeds;
    const kind = draw.weighted(DEED_WEIGHTS);
    // One campaign may be stopped for good, late: something must be left to dial.
    if (kind === 'stop campaign' && (stopped > 0 || atMs < lengthMs * 0.7)) continue;
    if (kind === 'stop campaign') stopped += 1;
    deeds.push({
      kind,
      atMs,
      which: draw.between(0, 1_000_000),
      forMs: draw.between(pauseMs.min, pauseMs.max),
      variant: draw.between(0, 2),
    });
  }
}

export interface DeedDeps {
  readonly client: ApiClient;
  readonly world: World;
  readonly now: () => EpochMs;
  readonly pause: (ms: number) => Promise<void>;
  /** The acknowledgement of a stop, for the page. */
  readonly onStop: (kind: DeedKind, answer: Answered | null) => void;
}

/**
 * Does deeds. One that pauses and resumes what another is pausing is left out, so that each pause ends by its own
 * resumption, who reads the acknowledgements knows when what was allowed, and something is dialled in between.
 */
export function createDoer(deps: DeedDeps): (deed: Deed) => Promise<void> {
  const { client, world } = deps;
  const held = new Set<string>();
  const stoppedForGood = new Set<string>();

  const alone = async (of: string, work: () => Promise<void>): Promise<void> => {
    if (held.has(of)) return;
    held.add(of);
    await work().finally(() => held.delete(of));
  };
  const stop = async (
    kind: DeedKind,
    asked: Omit<Asked, 'effect'>,
    path: string,
    body: unknown,
  ): Promise<void> => {
    deps.onStop(kind, await client.ask({ ...asked, effect: 'stop' }, path, body));
  };
  const lift = (asked: Omit<Asked, 'effect'>, path: string): Promise<unknown> =>
    client.ask({ ...asked, effect: 'lift' }, path, {});
  const pauseFor = (
    kind: DeedKind,
    deed: Deed,
    target: {
      scope: Asked['scope'];
      targetId: string | null;
      path: string;
      verbs: readonly [string, string, string, string];
    },
  ): Promise<void> =>
    alone(target.path, async () => {
      if (stoppedForGood.has(target.path)) return;
      const { scope, targetId, path, verbs } = target;
      await stop(kind, { operation: verbs[0], scope, targetId }, `${path}/${verbs[1]}`, {});
      await deps.pause(deed.forMs);
      await lift({ operation: verbs[2], scope, targetId }, `${path}/${verbs[3]}`);
    });

  return async (deed) => {
    // The campaigns of the latest wave: those before are mostly over.
    const contacts = world.campaigns
      .filter(({ wave }, _n, all) => wave === all.at(-1)!.wave)
      .flatMap((campaign) => campaign.contacts.map((contact) => ({ campaign, contact })));
    const { campaign, contact } = contacts[deed.which % contacts.length]!;
    switch (deed.kind) {
      case 'withdraw':
        return withdraw(deed, contact);
      case 'suppress':
        return suppress(deed, campaign, contact);
      case 'stop contact':
        return stop(
          deed.kind,
          { operation: 'stopContact', scope: 'contact', targetId: contact.id },
          `/v1/contacts/${contact.id}/stop`,
          {},
        );
      case 'pause campaign':
        return pauseFor(deed.kind, deed, {
          scope: 'campaign',
          targetId: campaign.id,
          path: `/v1/campaigns/${campaign.id}`,
          verbs: ['pauseCampaign', 'pause', 'resumeCampaign', 'resume'],
        });
      case 'pause carrier':
        return pauseFor(deed.kind, deed, {
          scope: 'carrier',
          targetId: world.carrierId,
          path: '/v1/carriers/simulator',
          verbs: ['pauseCarrier', 'pause', 'resumeCarrier', 'resume'],
        });
      case 'stop everything':
        return pauseFor(deed.kind, deed, {
          scope: 'tenant',
          targetId: null,
          path: '/v1/dialling',
          verbs: ['stopDialling', 'stop', 'resumeDialling', 'resume'],
        });
      case 'stop campaign':
        return alone(`/v1/campaigns/${campaign.id}`, async () => {
          stoppedForGood.add(`/v1/campaigns/${campaign.id}`);
          await stop(
            deed.kind,
            { operation: 'stopCampaign', scope: 'campaign', targetId: campaign.id },
            `/v1/campaigns/${campaign.id}/stop`,
            {},
          );
        });
      case 'callback':
        return promise(contact);
    }
  };

  async function withdraw(deed: Deed, contact: ChaosContact): Promise<void> {
    const purposes = [[], ['marketing'], ['survey', 'collection']][deed.variant]!;
    await stop(
      deed.kind,
      { operation: 'withdrawConsent', scope: 'person', targetId: contact.personId, purposes },
      `/v1/persons/${contact.personId}/withdrawals`,
      { source: 'web-form', ...(purposes.length === 0 ? {} : { purposes }) },
    );
  }

  async function suppress(deed: Deed, campaign: ChaosCampaign, contact: ChaosContact): Promise<void> {
    // An entry binds one number. Somebody with two may still be called on the other, so they say it of themselves.
    if (contact.somebody.otherNumber !== null) return withdraw(deed, contact);
    const limit = [
      {},
      { scope: 'purpose', purpose: 'marketing' },
      { scope: 'campaign', campaignId: campaign.id },
    ][deed.variant]!;
    await stop(
      deed.kind,
      {
        operation: 'addSuppression',
        scope: 'number',
        targetId: contact.personId,
        ...(deed.variant === 1 ? { purposes: ['marketing'] } : {}),
        ...(deed.variant === 2 ? { campaignId: campaign.id } : {}),
      },
      '/v1/suppressions',
      { number: contact.somebody.number, ...limit },
    );
  }

  async function promise(contact: ChaosContact): Promise<void> {
    const from = deps.now() + HOUR_MS;
    // Refused where the contact said no meanwhile: that is as it should be.
    await client
      .made('POST', `/v1/contacts/${contact.id}/callbacks`, {
        from: toIso(from),
        until: toIso(from + 2 * HOUR_MS),
      })
      .catch(() => undefined);
  }
}
