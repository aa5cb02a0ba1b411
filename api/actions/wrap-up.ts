import type { Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { keepByCall } from '../../db/repositories/callback-progress.ts';
import { promisedOf } from '../../db/repositories/callbacks.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { lockSeat, seatFreed } from '../../db/repositories/seats.ts';
import { takeWaiting } from '../../db/repositories/waiting-calls.ts';
import {
  agentCallOf,
  lockAgentCall,
  saveDraft,
  writeDown,
  type CallToWriteDown,
} from '../../db/repositories/wrap-ups.ts';
import { saidStop } from '../../db/said-stop.ts';
import type { PersonSealer } from '../../db/vault/index.ts';
import { RightcallError, conflict, invalidInput, notFound } from '../../domain/failures.ts';
import type { FormData } from '../../domain/form.ts';
import { writtenFaults, type Written } from '../../domain/written.ts';
import { STANDARD_CHOICES, type DispositionChoice } from '../../domain/wrap-up.ts';
import type { CampaignRow } from '../../db/repositories/campaigns.ts';
import type { ApiVault } from '../deps.ts';
import type { PromiseWarning } from './callback-law.ts';
import type { SaidWindow } from './callback-window.ts';
import { promiseWithin, rescheduleWithin, type PromiseDeps } from './callbacks.ts';
import { followUp, lockFollowUp, type FollowUp } from './follow-up.ts';

export interface WrapUp extends Written {
  readonly attemptId: string;
  readonly agentId: string;
  readonly callback: {
    readonly window: SaidWindow;
    readonly topic: string | null;
    readonly owner: string | null;
  } | null;
  /** Save it, and leave the call to be written down. */
  readonly draft: boolean;
}

export interface WrittenDown {
  readonly call: CallToWriteDown;
  /** False: it was saved, and the call is still to be written down. */
  readonly final: boolean;
  /** What the rules say of the promised window today; null: nothing stands in the way, or none is promised. */
  readonly warning: PromiseWarning | null;
  /** The contact's place in the campaign that the disposition names; null: it names none, or this was known before. */
  readonly followUp: FollowUp | null;
}

type WrapUpDeps = PromiseDeps & { readonly vault: ApiVault };
type Said = Author & { readonly tenantId: string };

/**
 * Write a call down. While it goes on, what is written is saved and binds nothing but "do not call me again", which binds
 * at once. Once it is over, its disposition is the attempt's, a promised callback is on record, and the agent is free: all
 * in one transaction. Notes, form and window may be changed within the limit; the disposition is told to others and stays,
 * but for "do not call me again", which can always be put down.
 * @throws RightcallError `not_found` for a call that is not theirs; `invalid_input` naming each field at fault; `conflict`
 * where it cannot be written down now, or any more.
 */
export async function writeCallDown(deps: WrapUpDeps, said: Said, wrapUp: WrapUp): Promise<WrittenDown> {
  const seen = await deps.db.inTenant(said.tenantId, (tx) => agentCallOf(tx, wrapUp.attemptId));
  if (seen === null || seen.agentId !== wrapUp.agentId) throw notFound('the call');
  // The key is looked up first: nobody should wait for a connection while they hold one.
  const sealer = (await deps.vault.sealersOf(said.tenantId, [seen.personId])).get(seen.personId);
  try {
    if (sealer === undefined) throw new RightcallError('refused', 'the person was erased');
    return await deps.db.inTenant(said.tenantId, async (tx) => {
      const target = await lockFollowUp(tx, choiceOf(seen, wrapUp));
      await lockPerson(tx, seen.personId);
      await lockAgentCall(tx, wrapUp.attemptId);
      const call = (await agentCallOf(tx, wrapUp.attemptId))!;
      if (call.agentId !== wrapUp.agentId) throw notFound('the call');
      return write(tx, deps, said, sealer, call, wrapUp, target);
    });
  } finally {
    sealer?.dispose();
  }
}

async function write(
  tx: Tx,
  deps: WrapUpDeps,
  said: Said,
  sealer: PersonSealer,
  call: CallToWriteDown,
  wrapUp: WrapUp,
  target: CampaignRow | null,
): Promise<WrittenDown> {
  const at = deps.clock.now();
  const agents = call.definition.agents ?? null;
  const choices = agents?.dispositions ?? STANDARD_CHOICES;
  const isOver = call.state === 'wrap_up' || call.state === 'over';
  if (!isOver && call.state !== 'connected') {
    throw conflict(`the call is ${call.state}; it can be written down once there was a person on it`);
  }
  if (call.state === 'over' && isSame(sealer, call, wrapUp)) {
    return { call, final: true, warning: null, followUp: null };
  }
  if (call.state === 'over' && (call.wrapUpUntil === null || at >= call.wrapUpUntil)) {
    throw conflict('the call was written down, and the time in which that can be changed is over');
  }
  // What was final stays so: there is no way back to a draft.
  const final = isOver && (call.state === 'over' || !wrapUp.draft);
  const faults = writtenFaults({ choices, form: agents?.form ?? [] }, wrapUp, { final });
  if (faults.length > 0) throw invalidInput(faults);
  const choice = choiceOf(call, wrapUp) ?? null;
  if (call.state === 'over' && wrapUp.disposition !== call.dispositionCode && !isNever(choice)) {
    throw conflict(
      `the call was written down as ${call.dispositionCode ?? 'nothing'}, which stays; notes, form and window may change`,
    );
  }
  await saveDraft(tx, call.attemptId, sealed(sealer, wrapUp));
  if (isNever(choice)) await heedOptOut(tx, deps, said, call);
  if (!final) {
    return { call: (await agentCallOf(tx, call.attemptId))!, final, warning: null, followUp: null };
  }
  await writeDown(tx, call, { disposition: choice!.disposition, by: said.by, at });
  const warning = await keepPromise(tx, deps, said, call, wrapUp);
  const followed = call.state === 'over' ? null : await followUp(tx, said, sealer, call, choice!, target, at);
  await freeAgent(tx, deps, wrapUp);
  await record(tx, said, call, wrapUp, choice!, at);
  await notifyWork(tx);
  return { call: (await agentCallOf(tx, call.attemptId))!, final, warning, followUp: followed };
}

/** The entry of the campaign's list; undefined: there is none. */
function choiceOf({ definition }: CallToWriteDown, { disposition }: WrapUp): DispositionChoice | undefined {
  const choices = definition.agents?.dispositions ?? STANDARD_CHOICES;
  return choices.find((one) => one.code === disposition);
}

/** They said "do not call me again". */
function isNever(choice: DispositionChoice | null): boolean {
  return choice?.disposition === 'opted_out';
}

function sealed(sealer: PersonSealer, { attemptId, disposition, notes, form }: WrapUp) {
  return {
    dispositionCode: disposition,
    sealedNotes: notes === null ? null : sealer.sealOfCall(attemptId, 'notes', notes),
    sealedForm: Object.keys(form).length === 0 ? null : sealer.sealOfCall(attemptId, 'form', form),
  };
}

/** What was written of a call, opened. */
export function openWritten(
  sealer: PersonSealer,
  call: Pick<CallToWriteDown, 'attemptId' | 'dispositionCode' | 'sealedNotes' | 'sealedForm'>,
): Written {
  return {
    disposition: call.dispositionCode,
    notes:
      call.sealedNotes === null
        ? null
        : (sealer.openOfCall(call.attemptId, 'notes', call.sealedNotes) as string),
    form:
      call.sealedForm === null
        ? {}
        : (sealer.openOfCall(call.attemptId, 'form', call.sealedForm) as FormData),
    hasCallback: false,
  };
}

/** Said again, word by word: a promise may have been moved since, and is left as it is. */
function isSame(sealer: PersonSealer, call: CallToWriteDown, wrapUp: WrapUp): boolean {
  const { disposition, notes, form } = openWritten(sealer, call);
  const text = (of: FormData) => JSON.stringify(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)));
  return disposition === wrapUp.disposition && notes === wrapUp.notes && text(form) === text(wrapUp.form);
}

/** "Do not call me again" binds when it is heard; the call that it was said in goes on. */
async function heedOptOut(tx: Tx, deps: WrapUpDeps, said: Said, call: CallToWriteDown): Promise<void> {
  await saidStop(tx, deps.clock, {
    personId: call.personId,
    numberHash: call.numberHash,
    by: 'agent',
    basis: 'opt_out_in_call',
    evidence: `attempt ${call.attemptId}`,
    saidAt: deps.clock.now(),
    exceptAttemptId: call.attemptId,
    recordedBy: said.by,
  });
}

/** The promise that the call leaves behind: made, or moved. */
async function keepPromise(
  tx: Tx,
  deps: WrapUpDeps,
  said: Said,
  call: CallToWriteDown,
  { callback, agentId }: WrapUp,
): Promise<PromiseWarning | null> {
  if (callback === null) return null;
  const standing = await promisedOf(tx, call.contactId);
  // Called as promised, and promised another call in it.
  const isKept =
    standing !== null && (await keepByCall(tx, standing, call.attemptId, deps.clock.now())) !== null;
  const promised = isKept ? null : standing;
  const { window, topic } = callback;
  const owner = callback.owner ?? `agent:${agentId}`;
  const made = await withinField('callback', () =>
    promised === null
      ? promiseWithin(tx, deps, said, { contactId: call.contactId, window, topic, owner, askedBy: 'agent' })
      : rescheduleWithin(tx, deps, said, {
          id: promised.id,
          ifRevision: promised.revision,
          window,
          patch: { topic, owner },
        }),
  );
  return made.warning;
}

/** Faults of a part of the body are named as they stand in it; what is so of the contact is one of the whole part. */
async function withinField<T>(field: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RightcallError) || error.faults.length === 0) throw error;
    const faults = error.faults.map((fault) => ({
      ...fault,
      field: fault.field === 'contactId' ? field : `${field}.${fault.field}`,
    }));
    throw error.code === 'invalid_input'
      ? invalidInput(faults)
      : new RightcallError(error.code, error.message, { faults });
  }
}

/** The agent is free, and takes what waits. */
async function freeAgent(tx: Tx, deps: WrapUpDeps, { agentId, attemptId }: WrapUp): Promise<void> {
  const seat = await lockSeat(tx, agentId);
  if (seat?.state !== 'wrap_up' || seat.attemptId !== attemptId) return;
  await seatFreed(tx, { agentId, attemptId }, { worked: true, at: deps.clock.now() });
  if (seat.nextState === null) await takeWaiting(tx, deps.clock, agentId);
}

/** That it was written down, and as what; never what was written. */
async function record(
  tx: Tx,
  said: Said,
  call: CallToWriteDown,
  wrapUp: WrapUp,
  choice: DispositionChoice,
  at: number,
): Promise<void> {
  await recordChange(tx, {
    by: said.by,
    requestId: said.requestId,
    action: 'writeCallDown',
    resource: 'call',
    resourceId: call.attemptId,
    before: { state: call.state, disposition: call.state === 'over' ? call.dispositionCode : null },
    after: {
      state: 'over',
      disposition: choice.code,
      means: choice.disposition,
      notes: wrapUp.notes !== null,
      form: Object.keys(wrapUp.form).sort(),
    },
    at,
  });
}
