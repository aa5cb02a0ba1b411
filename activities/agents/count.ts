import type { EpochMs } from '../../domain/time.ts';
import { needsAgents } from '../../domain/campaign.ts';
import type { DialMode, Outcome } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { markCounted } from '../../db/repositories/agent-calls.ts';
import { countCall } from '../../db/repositories/answer-counts.ts';

/**
 * A person answered, and it is known whether an agent came in time: it counts at once, so that no figure is milder than
 * what has happened. An agent who came late is none, as the rules count.
 */
export async function countAnswered(
  tx: Tx,
  attemptId: string,
  answer: { readonly at: EpochMs; readonly abandoned: boolean },
): Promise<void> {
  const [of] = await tx.prepared<{ campaign_id: string; mode: DialMode }>(
    'agent_call_campaign',
    'SELECT campaign_id, mode FROM agent_calls WHERE tenant_id = $1 AND attempt_id = $2',
    [tx.tenantId, attemptId],
  );
  // Who talked to a script and then asked for an agent is none of those whom an agent called.
  if (!needsAgents(of!.mode) || !(await markCounted(tx, attemptId))) return;
  await countCall(tx, { campaignId: of!.campaign_id, ...answer, answered: true, live: true });
}

/** Outcomes of requests that came to nothing at the carrier: no call was made. */
const NOT_CALLS: readonly (Outcome | null)[] = ['congestion', 'carrier_error', null];

/**
 * A call of a mode with agents is over: it counts, unless it did when it was answered.
 * @param hasSide an agent had to do with it
 */
export async function countOver(
  tx: Tx,
  call: {
    readonly attemptId: string;
    readonly campaignId: string;
    readonly outcome: Outcome | null;
    readonly talkS: number;
    readonly at: EpochMs;
    readonly hasSide: boolean;
  },
): Promise<void> {
  if (NOT_CALLS.includes(call.outcome)) return;
  if (call.hasSide && !(await markCounted(tx, call.attemptId))) return;
  const answered = call.talkS > 0;
  await countCall(tx, {
    campaignId: call.campaignId,
    at: call.at,
    answered,
    live: answered && call.outcome === 'answered',
    abandoned: false,
  });
}
