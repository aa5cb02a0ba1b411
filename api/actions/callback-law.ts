import type { Tx } from '../../db/client.ts';
import type { Window } from '../../domain/callback.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError } from '../../domain/failures.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { horizonMsOn } from '../../gate/decide.ts';
import { readDossier } from '../../gate/dossier.ts';
import type { PolicyReader } from '../../gate/policy-source.ts';
import { evaluate } from '../../policies/index.ts';

/** What the policies say today of the beginning of a promised window; the gate decides anew when it comes. */
export interface PromiseWarning {
  readonly verdict: 'defer' | 'deny';
  /** When a call would be allowed, as far as is known; null: not foreseeable. */
  readonly allowedFrom: EpochMs | null;
  readonly reasons: readonly string[];
}

interface LawDeps {
  readonly clock: Clock;
  readonly policies: PolicyReader;
}

/**
 * Whether a call could be made within the window, by the rules and facts of now; stores nothing. A denial is warned of
 * and not refused: it goes by facts, such as a consent that is yet to come, and holds when the window comes.
 * @returns what stands against its beginning; null: nothing does
 * @throws RightcallError `refused` where no instant of it would be allowed, with the next window that would be
 */
export async function requireLegal(
  tx: Tx,
  deps: LawDeps,
  contactId: string,
  window: Window,
): Promise<PromiseWarning | null> {
  const at = Math.max(window.fromAt, deps.clock.now());
  const dossier = await readDossier(tx, contactId, at);
  if (dossier === null) return { verdict: 'deny', allowedFrom: null, reasons: ['number.missing'] };
  const policySet = await deps.policies.forCampaign(tx, dossier.policySetHash, dossier.campaign);
  const horizonMs = horizonMsOn(deps.clock);
  const { verdict, reasons, results } = evaluate({ policySet, facts: dossier.facts, at, horizonMs });
  if (verdict.kind === 'allow') return null;
  // Rules of time stand beside those that deny: the window would be no better once those are met.
  const deferring = results.flatMap(({ outcome, until }) =>
    outcome === 'defer' && until !== null ? [until] : [],
  );
  const allowedFrom = verdict.kind === 'defer' ? verdict.until : Math.max(-Infinity, ...deferring);
  if (allowedFrom >= window.untilAt) throw outside(window, allowedFrom, reasons);
  return { verdict: verdict.kind, allowedFrom: verdict.kind === 'defer' ? allowedFrom : null, reasons };
}

function outside(window: Window, allowedFrom: EpochMs, reasons: readonly string[]): RightcallError {
  const offered = {
    from: toIso(allowedFrom),
    until: toIso(allowedFrom + (window.untilAt - window.fromAt)),
  };
  const fault = {
    field: 'from',
    fault: `leaves no instant of the window at which a call is allowed (${reasons.join(', ')})`,
    expected: `a window that reaches beyond ${offered.from}, from which a call is allowed`,
    offered,
  };
  const text = `no call is allowed in this window; the next one is ${offered.from} to ${offered.until}`;
  return new RightcallError('refused', text, { faults: [fault] });
}
