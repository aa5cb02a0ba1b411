import { createLineLoad } from '../../activities/calls/line-load.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { createCallWatch } from '../../activities/services/orphans.ts';
import { settlePendingEvents } from '../../activities/services/settle-events.ts';
import { carryOutHangups, sweepAttempts } from '../../activities/services/sweep.ts';
import { reportResults } from '../../activities/services/tell-workflows.ts';
import { pauseCampaign, resumeCampaign, stopCampaign } from '../../api/actions/campaign-life.ts';
import { withdrawConsent } from '../../api/actions/consent.ts';
import { resumeAllDialling, stopAllDialling } from '../../api/actions/kill-switch.ts';
import { stopContact } from '../../api/actions/stop-contact.ts';
import { suppressNumber } from '../../api/actions/suppress.ts';
import { callEndOf } from '../../carriers/simulator/read-end.ts';
import type { WireEvent } from '../../carriers/simulator/wire.ts';
import { pauseCarrier, resumeCarrier } from '../../db/pause-carrier.ts';
import { storeCallEvents } from '../../db/repositories/call-events.ts';
import { RightcallError } from '../../domain/failures.ts';
import { reach } from '../../domain/steps.ts';
import { CHANNELS, PURPOSES } from '../../domain/vocabulary.ts';
import type { Lane } from './ground.ts';
import type { Line } from './line.ts';
import type { Contact, People } from './people.ts';

/** A stop that was acknowledged: whom it binds, and between when and when it was carried out. */
export interface Acknowledged {
  readonly kind: StopKind;
  readonly askedSeq: number;
  readonly seq: number;
  readonly covers: (contact: Contact) => boolean;
}

/** Somebody began to lift stops of this kind. */
export interface Lifted {
  readonly kind: StopKind;
  readonly seq: number;
}

export const STOP_KINDS = [
  'withdraw',
  'suppress',
  'stop contact',
  'pause campaign',
  'stop campaign',
  'pause carrier',
  'kill',
] as const;
export type StopKind = (typeof STOP_KINDS)[number];

export const HELPERS = ['sweep', 'compare calls', 'settle', 'hang up', 'report'] as const;
export type Helper = (typeof HELPERS)[number];

export interface Cast {
  /** Take the contact up, as the pacer does, and pass the gate for that admission. */
  dial(contact: Contact): Promise<unknown>;
  /** Pass it again for the admission there is: an activity that is run again. */
  dialAgain(contact: Contact): Promise<unknown>;
  stop(kind: StopKind): Promise<unknown>;
  lift(kind: StopKind): Promise<unknown>;
  help(helper: Helper): Promise<unknown>;
  /** The carrier's events, as the API stores them. */
  deliver(events: readonly WireEvent[]): Promise<unknown>;
  readonly acknowledged: readonly Acknowledged[];
  readonly lifted: readonly Lifted[];
  /** Results that workflows were told, by contact and admission. */
  readonly told: readonly string[];
}

/** The real code of everyone who takes part, on one lane. */
export function castOf(lane: Lane, people: People, line: Line, nextSeq: () => number): Cast {
  const { tenantId, carrierId } = lane;
  const acknowledged: Acknowledged[] = [];
  const lifted: Lifted[] = [];
  const told: string[] = [];
  // A line that fails does not rest here: there would be little to see.
  const load = createLineLoad(() => Number.MAX_SAFE_INTEGER);
  const deps = {
    ...lane,
    carriers: {
      lineOf: async () => ({ carrier: line.carrier, callsPerSecond: 1_000, maxConcurrentCalls: 1_000, load }),
      close: async () => undefined,
    },
    workflows: {
      admit: async () => undefined,
      close: async () => undefined,
      reportCall: async (_campaign: unknown, contactId: string, admission: number) => {
        told.push(`${contactId}/${admission}`);
      },
      ensureCampaign: async () => undefined,
      campaignChanged: async () => undefined,
      deliver: async () => undefined,
    },
    defaultPolicySet: () => {
      throw new Error('one is in force');
    },
  };
  const said = { tenantId, by: 'test', requestId: null, reason: null };
  const [first] = people.campaigns;
  const { ann } = people;
  const ann1 = people.contacts[0]!;
  const all = () => true;
  const annOnly = ({ personId }: Contact) => personId === ann.personId;
  const inFirst = ({ campaignId }: Contact) => campaignId === first;

  const stops: Readonly<Record<StopKind, { covers: (c: Contact) => boolean; run: () => Promise<unknown> }>> =
    {
      withdraw: {
        covers: annOnly,
        run: () =>
          withdrawConsent(deps, said, {
            personId: ann.personId,
            purposes: [...PURPOSES],
            channels: [...CHANNELS],
            source: 'request',
            evidenceHash: null,
            occurredAt: lane.clock.now(),
          }),
      },
      suppress: {
        covers: annOnly,
        run: () =>
          suppressNumber(deps, said, {
            numberHash: ann.numberHash,
            list: 'internal',
            scope: 'tenant',
            campaignId: null,
            purpose: null,
            source: 'request',
            requestedByPerson: true,
            validFrom: lane.clock.now(),
            validUntil: null,
          }),
      },
      'stop contact': {
        covers: ({ contactId }) => contactId === ann1.contactId,
        run: () => stopContact(deps, { ...said, contactId: ann1.contactId }),
      },
      'pause campaign': { covers: inFirst, run: () => pauseCampaign(deps, { ...said, campaignId: first }) },
      'stop campaign': { covers: inFirst, run: () => stopCampaign(deps, { ...said, campaignId: first }) },
      'pause carrier': { covers: all, run: () => pauseCarrier(deps, { ...said, carrierId }) },
      kill: { covers: all, run: () => stopAllDialling(deps, said) },
    };
  const watch = createCallWatch(deps);
  const helpers: Readonly<Record<Helper, () => Promise<unknown>>> = {
    sweep: () => sweepAttempts(deps, tenantId),
    // One look is not believed: the second, later, is.
    'compare calls': () => watch.round(tenantId, carrierId),
    settle: () => settlePendingEvents(deps, tenantId),
    'hang up': () => carryOutHangups(deps, tenantId),
    report: () => reportResults(deps, tenantId),
  };
  const place = (contact: Contact, admission: number) =>
    placeCall(deps, { tenantId, campaignId: contact.campaignId, contactId: contact.contactId, admission });

  return {
    acknowledged,
    lifted,
    told,
    dial: async (contact) => {
      const rows = await lane.db.single(tenantId, (tx) =>
        tx.query<{ admissions: number }>(
          `UPDATE contacts SET state = 'admitted', admissions = admissions + 1, admitted_real = clock_timestamp()
           WHERE tenant_id = $1 AND id = $2 AND state = 'waiting' RETURNING admissions`,
          [tenantId, contact.contactId],
        ),
      );
      if (rows[0] !== undefined) await place(contact, rows[0].admissions);
    },
    dialAgain: async (contact) => {
      const rows = await lane.db.single(tenantId, (tx) =>
        tx.query<{ admissions: number }>('SELECT admissions FROM contacts WHERE tenant_id = $1 AND id = $2', [
          tenantId,
          contact.contactId,
        ]),
      );
      if (rows[0]!.admissions > 0) await place(contact, rows[0]!.admissions);
    },
    stop: async (kind) => {
      const { covers, run } = stops[kind];
      const askedSeq = nextSeq();
      if (await refused(run)) return;
      acknowledged.push({ kind, askedSeq, seq: nextSeq(), covers });
    },
    lift: async (kind) => {
      // From the moment on at which somebody asks for it, what is sent is not against it.
      lifted.push({ kind, seq: nextSeq() });
      if (kind === 'pause campaign')
        await refused(() => resumeCampaign(deps, { ...said, campaignId: first }));
      else if (kind === 'pause carrier') await resumeCarrier(deps, { ...said, carrierId });
      else if (kind === 'kill') await resumeAllDialling(deps, said);
    },
    help: (helper) => helpers[helper](),
    deliver: async (events) => {
      const about = events[0]?.attemptId ?? '';
      await reach('event.store', about);
      await lane.db.inTenant(tenantId, (tx) =>
        storeCallEvents(
          tx,
          carrierId,
          events.map(({ end, ...event }) => ({
            ...event,
            end: end === null ? null : callEndOf(event.at, end),
          })),
        ),
      );
      await reach('event.stored', about);
    },
  };
}

/** Whether the action was refused for the state that things are in, as a user is told. */
async function refused(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (error) {
    if (error instanceof RightcallError && error.code === 'conflict') return true;
    throw error;
  }
}
