import { armsOf, definitionFor } from '../../domain/arms.ts';
import type { Database, Tx } from '../../db/client.ts';
import { remindedOf } from '../../db/repositories/reminders.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { contactById, type ContactRow } from '../../db/repositories/contacts.ts';
import { previewById } from '../../db/repositories/preview-answers.ts';
import { scriptDocument } from '../../db/repositories/scripts.ts';
import { seatOf } from '../../db/repositories/seat-requests.ts';
import type { SeatRow } from '../../db/repositories/seats.ts';
import { callsBefore, agentCallOf, type EarlierCall } from '../../db/repositories/wrap-ups.ts';
import type { Attributes, PersonSealer, Profile } from '../../db/vault/index.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Form } from '../../domain/form.ts';
import type { ScriptDocument } from '../../domain/script.ts';
import { toIso } from '../../domain/time.ts';
import { STANDARD_CHOICES, type DispositionChoice } from '../../domain/wrap-up.ts';
import type { Written } from '../../domain/written.ts';
import type { ApiVault } from '../deps.ts';
import { openWritten } from './wrap-up.ts';

/** What an agent has before them: a contact that is shown, or a call, with everything they need for it. */
export interface Work {
  /** `offer`: shown before it is called. `call`: it rings, is joined or is up. `wrap_up`: to be written down. */
  readonly kind: 'offer' | 'call' | 'wrap_up';
  readonly previewId: string | null;
  readonly attemptId: string | null;
  /** Of a call: `reserved` (it rings), `connecting`, `connected`, `wrap_up`; null: not called yet. */
  readonly status: string | null;
  /** When an answer, or what was written, is due; null: nothing is. */
  readonly deadline: string | null;
  readonly campaign: { readonly id: string; readonly name: string };
  readonly contact: {
    readonly id: string;
    readonly externalId: string | null;
    /** Opened for this agent alone; null: there are none, or the person was erased. */
    readonly attributes: Attributes | null;
    readonly profile: Profile | null;
  };
  readonly script: ScriptDocument | null;
  readonly dispositions: readonly DispositionChoice[];
  readonly form: Form;
  /** What was written so far. */
  readonly written: Pick<Written, 'disposition' | 'notes' | 'form'> | null;
  readonly history: readonly (Omit<EarlierCall, 'sealedNotes' | 'at'> & {
    readonly at: string;
    readonly notes: string | null;
  })[];
}

/** A callback of theirs that they were reminded of. */
export interface NearCallback {
  readonly id: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly from: string;
  readonly until: string;
  readonly topic: string | null;
}

export interface AgentView {
  readonly seat: SeatRow;
  readonly work: Work | null;
  /** Theirs, near or due, and not called yet. */
  readonly callbacks: readonly NearCallback[];
}

interface ViewDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly vault: ApiVault;
}

/** Earlier calls that are shown. */
const HISTORY = 10;

interface Sealed {
  readonly seat: SeatRow;
  readonly callbacks: readonly NearCallback[];
  readonly contact: ContactRow | null;
  readonly definition: CampaignDefinition | null;
  readonly profile: Buffer | null;
  readonly script: ScriptDocument | null;
  readonly call: Awaited<ReturnType<typeof agentCallOf>>;
  readonly expiresAt: number | null;
  readonly history: readonly EarlierCall[];
}

/**
 * The whole of what an agent has before them now. That a contact's data were shown, and to whom, is recorded in the
 * transaction that reads them; `shown` are those that this agent has been shown already.
 * @returns null when there is no such seat.
 */
export async function viewOfAgent(
  deps: ViewDeps,
  said: Author & { readonly tenantId: string },
  agentId: string,
  shown: Set<string>,
): Promise<AgentView | null> {
  const sealed = await deps.db.inTenant(said.tenantId, (tx) => readSealed(tx, deps, said, agentId, shown));
  if (sealed === null) return null;
  const { seat, contact, definition, callbacks } = sealed;
  if (contact === null || definition === null) return { seat, work: null, callbacks };
  const sealer = (await deps.vault.sealersOf(said.tenantId, [contact.personId])).get(contact.personId);
  try {
    return { seat, work: opened(sealed, contact, definition, sealer), callbacks };
  } finally {
    sealer?.dispose();
  }
}

async function readSealed(
  tx: Tx,
  deps: ViewDeps,
  said: Author,
  agentId: string,
  shown: Set<string>,
): Promise<Sealed | null> {
  const seat = await seatOf(tx, agentId);
  if (seat === null) return null;
  const callbacks = await nearCallbacks(tx, agentId);
  const contact = seat.contactId === null ? null : await contactById(tx, seat.contactId);
  const campaign = contact === null ? null : await campaignById(tx, contact.campaignId);
  if (contact === null || campaign === null) {
    return {
      seat,
      callbacks,
      contact: null,
      definition: null,
      profile: null,
      script: null,
      call: null,
      expiresAt: null,
      history: [],
    };
  }
  const { definition } = campaign;
  const persons = await tx.query<{ profile: Buffer | null }>(
    'SELECT profile FROM persons WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, contact.personId],
  );
  const what = seat.attemptId ?? seat.previewId ?? '';
  if (!shown.has(what)) {
    shown.add(what);
    await recordChange(tx, {
      by: said.by,
      requestId: said.requestId,
      action: 'showContact',
      resource: 'contact',
      resourceId: contact.id,
      before: null,
      after: { fields: ['attributes', 'profile'], for: what },
      at: deps.clock.now(),
    });
  }
  // That of the contact's arm, where scripts are tried out. Definitions of before there were scripts name none.
  const script =
    definitionFor(definition, armsOf(definition, contact.campaignId, contact.id, contact.arms)).script ??
    null;
  return {
    seat,
    callbacks,
    contact,
    definition,
    profile: persons[0]?.profile ?? null,
    script: script === null ? null : await scriptDocument(tx, script.id, script.version),
    call: seat.attemptId === null ? null : await agentCallOf(tx, seat.attemptId),
    expiresAt: seat.previewId === null ? null : ((await previewById(tx, seat.previewId))?.expiresAt ?? null),
    history: await callsBefore(tx, contact.id, seat.attemptId, HISTORY),
  };
}

async function nearCallbacks(tx: Tx, agentId: string): Promise<NearCallback[]> {
  const rows = await remindedOf(tx, agentId);
  return rows.map(({ id, contactId, campaignId, fromAt, untilAt, topic }) => ({
    id,
    contactId,
    campaignId,
    from: toIso(fromAt),
    until: toIso(untilAt),
    topic,
  }));
}

function opened(
  { seat, profile, script, call, expiresAt, history }: Sealed,
  contact: ContactRow,
  definition: CampaignDefinition,
  sealer: PersonSealer | undefined,
): Work {
  const agents = definition.agents ?? null;
  const deadline = seat.state === 'wrap_up' ? seat.wrapUpUntil : expiresAt;
  const written = sealer === undefined || call === null ? null : openWritten(sealer, call);
  return {
    kind: seat.state === 'wrap_up' ? 'wrap_up' : seat.attemptId === null ? 'offer' : 'call',
    previewId: seat.previewId,
    attemptId: seat.attemptId,
    status: call?.state ?? null,
    deadline: deadline === null ? null : toIso(deadline),
    campaign: { id: contact.campaignId, name: definition.name },
    contact: {
      id: contact.id,
      externalId: contact.externalId,
      attributes:
        sealer === undefined || contact.attributes === null
          ? null
          : sealer.openAttributes(contact.id, contact.attributes),
      profile: sealer === undefined || profile === null ? null : sealer.openProfile(profile),
    },
    script,
    dispositions: agents?.dispositions ?? STANDARD_CHOICES,
    form: agents?.form ?? [],
    written:
      written === null
        ? null
        : { disposition: written.disposition, notes: written.notes, form: written.form },
    history: history.map(({ sealedNotes, at, ...rest }) => ({
      ...rest,
      at: toIso(at),
      notes:
        sealer === undefined || sealedNotes === null
          ? null
          : (sealer.openOfCall(rest.attemptId, 'notes', sealedNotes) as string),
    })),
  };
}
