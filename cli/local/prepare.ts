import { campaignById } from '../../db/repositories/campaigns.ts';
import { fixedClock } from '../../domain/clock.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { EpochMs } from '../../domain/time.ts';
import { chooseStart } from './clock-start.ts';
import { ensureCampaign, type LocalEngine } from './engine.ts';
import { instant } from './format.ts';
import { sharesOf, shiftMsOf } from './agents/cast.ts';
import { inMode, once } from './agents/modes.ts';
import type { Inputs } from './inputs.ts';
import type { Interruption } from './interruption.ts';
import type { Run } from './runs.ts';
import type { Screen } from './screen.ts';
import { takeIn } from './take-in.ts';

/** The rehearsal's campaigns: the one that was given, and with agents the same in each mode that has them. */
function campaignsOf(run: Run, inputs: Inputs): { id: string; definition: CampaignDefinition }[] {
  const { definition } = inputs;
  if (run.agents === null) return [{ id: run.campaignId, definition }];
  return [
    { id: run.campaignId, definition: run.goesOn ? definition : once(definition) },
    ...run.inModes.map(({ campaignId, mode }) => ({ id: campaignId, definition: inMode(definition, mode) })),
  ];
}

export interface Preparation {
  readonly engine: LocalEngine;
  readonly screen: Screen;
  readonly interruption: Interruption;
  readonly run: Run;
  readonly inputs: Inputs;
  readonly carrierId: string;
  /** Start that was asked for; null: the contacts' next legal window. */
  readonly from: EpochMs | null;
}

/**
 * Make the campaign, take the files in and choose where the clock begins. The clock cannot run yet, since its start
 * depends on the contacts, so everything is recorded at one instant that is not after that start: the real now, or
 * where this folder's clock stands if that is later, or `--from`. So a consent is on record before the first decision
 * that looks at it, and time on record never goes back.
 *
 * Every step is safe to repeat; what a crash interrupted goes on where it was.
 * @returns the simulated instant to start at
 */
export async function prepare(p: Preparation): Promise<EpochMs> {
  const { engine, screen, run, inputs } = p;
  const clock = fixedClock(run.importedAt);
  const campaigns = campaignsOf(run, inputs);
  const [campaign] = campaigns;
  for (const each of campaigns)
    await ensureCampaign(engine, { ...each, carrierId: p.carrierId }, run.importedAt);
  const row = await engine.db.inTenant(engine.tenantId, (tx) => campaignById(tx, run.campaignId));
  if (row === null) throw new RightcallError('internal', 'the campaign was not stored');

  const shares = sharesOf(run);
  const sharing = campaigns.map(({ id }, n) => ({ id, share: shares[n]! }));
  await takeIn({ engine, screen, interruption: p.interruption, clock, run, inputs, campaigns: sharing });

  const phase = screen.phase('Choosing the start of the simulated clock');
  let start = p.from;
  if (start === null) {
    const withAgents = run.agents !== null;
    start = await p.interruption.guard(
      chooseStart(engine, campaign!, run.importedAt, withAgents ? shiftMsOf(run) : null),
    );
    const where = withAgents
      ? 'when most contacts may be called'
      : "shortly before the contacts' next legal window";
    phase.done(
      start === null
        ? 'No contact has a legal window ahead; the clock starts now, and the report will say why'
        : `Simulated time starts ${instant(start)}, ${where}`,
    );
  } else phase.done(`Simulated time starts ${instant(start)}, as asked`);
  return start ?? run.importedAt;
}
