import { liftPauses, stopDialling, type StopAck } from '../../db/stop.ts';
import type { Database, Tx } from '../../db/client.ts';
import { holdForComputing } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { lockCampaign, setCampaignStatus, type CampaignRow } from '../../db/repositories/campaigns.ts';
import { carrierByName } from '../../db/repositories/carriers.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import {
  activatePolicySet,
  activePolicySetHash,
  storePolicySet,
  type PolicySetInput,
} from '../../db/repositories/policies.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, conflict, notFound, type Fault } from '../../domain/failures.ts';
import type { CampaignStatus } from '../../domain/vocabulary.ts';
import { currentTraceParent } from '../telemetry.ts';
import { abandonFaults } from './abandon-faults.ts';
import { scriptFaults } from './script-faults.ts';

export interface CampaignActionDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** The set put in force where none is. */
  defaultPolicySet(): PolicySetInput;
}

export interface CampaignAction extends Author {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly reason: string | null;
}

/**
 * Start a draft. Starting one that runs already changes nothing.
 * @throws RightcallError `refused` naming what stands in the way; `conflict` in any other state.
 */
export async function startCampaign(deps: CampaignActionDeps, action: CampaignAction): Promise<CampaignRow> {
  return deps.db.inTenant(action.tenantId, async (tx) => {
    const campaign = await mustLock(tx, action.campaignId);
    if (campaign.status === 'running') return campaign;
    requireStatus(campaign, ['draft'], 'started', campaign.status === 'paused' ? '; resume it instead' : '');
    const at = deps.clock.now();
    const carrier = await carrierByName(tx, campaign.definition.carrier);
    // Before it is held to them; a start that is refused puts nothing in force.
    await requirePolicies(tx, deps, action, at);
    const faults = [
      ...startFaults(campaign, carrier !== null, at),
      ...(await scriptFaults(tx, campaign.definition)),
      ...(await abandonFaults(tx, campaign.definition, at)),
    ];
    if (faults.length > 0) {
      throw new RightcallError('refused', 'the campaign cannot be started as it is defined', { faults });
    }
    const started = await setCampaignStatus(tx, campaign.id, {
      status: 'running',
      reason: action.reason,
      startedAt: at,
      carrierId: carrier!.id,
      traceParent: currentTraceParent(),
    });
    await recordStatus(tx, deps, action, 'startCampaign', campaign, started);
    await notifyWork(tx);
    return started;
  });
}

/** The first start puts the default policies in force where there are none. */
async function requirePolicies(
  tx: Tx,
  deps: CampaignActionDeps,
  { by }: CampaignAction,
  at: number,
): Promise<void> {
  if ((await activePolicySetHash(tx, at)) !== null) return;
  await holdForComputing(tx);
  const set = deps.defaultPolicySet();
  await storePolicySet(tx, set, at);
  await activatePolicySet(tx, set.hash, by, at);
}

/** What keeps a campaign from being started, each with the field of its definition. */
export function startFaults(campaign: CampaignRow, carrierKnown: boolean, at: number): Fault[] {
  const { definition } = campaign;
  const faults: Fault[] = [];
  if (!carrierKnown) {
    const expected = 'the name of a carrier that was added (PUT /v1/carriers/{name})';
    faults.push({
      field: 'carrier',
      fault: `names ${definition.carrier}, which is no carrier here`,
      expected,
    });
  }
  const { endAt } = definition.schedule;
  if (endAt !== null && Date.parse(endAt) <= at) {
    faults.push({
      field: 'schedule.endAt',
      fault: 'is over already',
      expected: 'an instant to come, or null',
    });
  }
  return faults;
}

/** Pause: binding at once, answered when nothing of the campaign is sent any more (I3). */
export async function pauseCampaign(
  deps: CampaignActionDeps,
  action: CampaignAction,
): Promise<{ campaign: CampaignRow; stop: StopAck }> {
  return stopCampaignDialling(deps, action, 'pause', async (tx) => {
    const campaign = await mustLock(tx, action.campaignId);
    requireStatus(campaign, ['running', 'paused'], 'paused');
    const paused = await setCampaignStatus(tx, campaign.id, { status: 'paused', reason: action.reason });
    await recordStatus(tx, deps, action, 'pauseCampaign', campaign, paused);
    return paused;
  });
}

/** Go on with a paused campaign. Resuming one that runs changes nothing. */
export async function resumeCampaign(deps: CampaignActionDeps, action: CampaignAction): Promise<CampaignRow> {
  return deps.db.inTenant(action.tenantId, async (tx) => {
    const campaign = await mustLock(tx, action.campaignId);
    if (campaign.status === 'running') return campaign;
    requireStatus(campaign, ['paused'], 'resumed', campaign.status === 'draft' ? '; start it instead' : '');
    const resumed = await setCampaignStatus(tx, campaign.id, {
      status: 'running',
      reason: action.reason,
      traceParent: currentTraceParent(),
    });
    await liftPauses(tx, campaign.id);
    await recordStatus(tx, deps, action, 'resumeCampaign', campaign, resumed);
    await notifyWork(tx);
    return resumed;
  });
}

/**
 * Stop for good: binding at once, answered when nothing of the campaign is sent any more (I3). Its contacts that still
 * wait are ended as `stopped` by the workers, some at a time. Stopping it again changes nothing.
 */
export async function stopCampaign(
  deps: CampaignActionDeps,
  action: CampaignAction,
): Promise<{ campaign: CampaignRow; stop: StopAck }> {
  return stopCampaignDialling(deps, action, 'stop', async (tx) => {
    const campaign = await mustLock(tx, action.campaignId);
    if (campaign.status === 'stopped') return campaign;
    requireStatus(campaign, ['draft', 'running', 'paused'], 'stopped');
    const endedAt = deps.clock.now();
    const stopped = await setCampaignStatus(tx, campaign.id, {
      status: 'stopped',
      reason: action.reason,
      endedAt,
    });
    await recordStatus(tx, deps, action, 'stopCampaign', campaign, stopped);
    return stopped;
  });
}

async function stopCampaignDialling(
  deps: CampaignActionDeps,
  action: CampaignAction,
  kind: 'pause' | 'stop',
  change: (tx: Tx) => Promise<CampaignRow>,
): Promise<{ campaign: CampaignRow; stop: StopAck }> {
  let campaign: CampaignRow | undefined;
  const stop = await stopDialling(
    deps.db,
    deps.clock,
    {
      tenantId: action.tenantId,
      kind,
      scope: 'campaign',
      targetId: action.campaignId,
      by: action.by,
      detail: action.reason === null ? {} : { reason: action.reason },
    },
    async (tx) => {
      campaign = await change(tx);
      await notifyWork(tx);
    },
  );
  return { campaign: campaign!, stop };
}

/** Who set the campaign's status, in the transaction that set it. */
async function recordStatus(
  tx: Tx,
  deps: CampaignActionDeps,
  action: CampaignAction,
  operationId: string,
  before: CampaignRow,
  after: CampaignRow,
): Promise<void> {
  await recordChange(tx, {
    by: action.by,
    requestId: action.requestId,
    action: operationId,
    resource: 'campaign',
    resourceId: before.id,
    before: { status: before.status },
    after: { status: after.status },
    reason: action.reason,
    at: deps.clock.now(),
  });
}

async function mustLock(tx: Tx, campaignId: string): Promise<CampaignRow> {
  const campaign = await lockCampaign(tx, campaignId);
  if (campaign === null) throw notFound('the campaign');
  return campaign;
}

function requireStatus(
  campaign: CampaignRow,
  allowed: readonly CampaignStatus[],
  done: string,
  hint = '',
): void {
  if (!allowed.includes(campaign.status)) {
    throw conflict(`the campaign is ${campaign.status} and cannot be ${done}${hint}`);
  }
}
